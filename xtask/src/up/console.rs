//! The console of an `up`: where it listens, and the token of this run.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::Options;
use super::data::DataDir;

/// Octets of the token, at random; it is written in hex.
const TOKEN_OCTETS: usize = 24;

#[derive(Debug)]
pub(super) struct Console {
    folder: PathBuf,
    token: String,
    token_file: PathBuf,
    /// Of the first proxy; `None` where the system chooses at each start: with `--watch`, for a replaced proxy has its
    /// address until it has drained.
    address: Option<SocketAddr>,
}

impl Console {
    /// Makes a token for this run, which nobody else on this machine can read, and chooses an address.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(super) fn prepare(options: &Options, data: &DataDir, folder: PathBuf) -> Result<Self> {
        let (token, token_file) = (random()?, data.join("console-token"));
        // One that is there might be open to others, whose it stays.
        let _ = fs::remove_file(&token_file);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&token_file);
        file.and_then(|mut file| writeln!(file, "{token}"))
            .with_context(|| format!("cannot write {}", token_file.display()))?;
        let address = (!options.watch).then(|| beside(options.listen.port()));
        Ok(Self { folder, token, token_file, address })
    }

    /// What the proxy of this number is told.
    pub(super) fn arguments(&self, number: u16) -> Vec<OsString> {
        let address = self.address.filter(|_| number == 1).map(|address| address.to_string());
        let address = address.unwrap_or_else(|| super::plan::ANY_PORT.to_owned());
        let (folder, token_file) = (self.folder.clone().into(), self.token_file.clone().into());
        let [listen, folder_of, token_of] =
            ["--admin-listen", "--console-dir", "--console-token-file"].map(OsString::from);
        vec![listen, address.into(), folder_of, folder, token_of, token_file]
    }

    /// What people are told.
    pub(super) fn line(&self) -> String {
        let token = &self.token;
        match self.address {
            Some(address) => format!("http://{address}/console/ (in a browser; token: {token})"),
            None => format!("/console/ at the address that proxy-1 has for operators (token: {token})"),
        }
    }
}

/// The port behind the one for clients, so that it is the same each time; another one if that is taken.
fn beside(port: u16) -> SocketAddr {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let next = port.checked_add(1).map(at).filter(|address| TcpListener::bind(address).is_ok());
    next.unwrap_or_else(|| at(test_support::free_port()))
}

fn random() -> Result<String> {
    let mut octets = [0; TOKEN_OCTETS];
    fs::File::open("/dev/urandom")?.read_exact(&mut octets)?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Up {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn each_run_has_a_token_of_its_own_that_others_cannot_read() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(Some(folder.path().join("data"))).unwrap();
        let options = Up::parse_from(["up", "--listen", "127.0.0.1:0"]).options;
        let prepare = || Console::prepare(&options, &data, folder.path().to_path_buf()).unwrap();
        let (first, second) = (prepare(), prepare());
        assert_ne!(first.token, second.token);
        assert_eq!(fs::read_to_string(&second.token_file).unwrap(), format!("{}\n", second.token));
        let mode = second.token_file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(second.line().contains(&second.token));
        let own = second.address.unwrap().to_string();
        assert_eq!(second.arguments(1)[1], *own);
        assert_eq!(second.arguments(2)[1], *"127.0.0.1:0");
    }

    #[test]
    fn a_port_that_is_taken_is_not_chosen() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let held = TcpListener::bind(taken).unwrap();
        assert_ne!(beside(taken.port() - 1), held.local_addr().unwrap());
        assert_ne!(beside(u16::MAX).port(), 0);
    }
}

//! The NATS server: our own, or one that is already there.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use test_support::tools::{self, Tool};

use super::data::DataDir;
use super::team::{Role, Spec, Team};

/// nats-server's log says this when it takes connections.
const READY: &str = "Server is ready";
/// How long a server that is not ours may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const DEFAULT_PORT: u16 = 4222;

#[derive(Debug)]
pub(super) enum Nats {
    /// We start it.
    Own { tool: Tool, port: u16, monitor_port: u16, url: String },
    /// `--nats-url`.
    Existing { url: String },
}

impl Nats {
    pub(super) fn find(url: Option<String>) -> Result<Self> {
        if let Some(url) = url {
            return Ok(Self::Existing { url });
        }
        let tool = tools::nats_server()?;
        let port = test_support::free_port();
        let monitor_port = test_support::free_port();
        Ok(Self::Own { tool, port, monitor_port, url: format!("nats://127.0.0.1:{port}") })
    }

    /// Starts ours, or sees whether the other one answers.
    pub(super) fn start(&self, data: &DataDir, team: &mut Team) -> Result<()> {
        match self {
            Self::Own { tool, port, monitor_port, .. } => {
                let (port, monitor_port) = (port.to_string(), monitor_port.to_string());
                let mut arguments: Vec<_> =
                    ["-a", "127.0.0.1", "-p", &port, "-m", &monitor_port, "-n", "uptake", "-js", "-sd"]
                        .map(Into::into)
                        .to_vec();
                arguments.push(data.join("nats").into_os_string());
                let (program, ready) = (tool.path.clone(), vec![READY.to_owned()]);
                team.start_all(vec![Spec {
                    name: "nats".to_owned(),
                    role: Role::Nats,
                    program,
                    arguments,
                    variables: Vec::new(),
                    cluster: None,
                    reads: None,
                    ready,
                }])
            }
            Self::Existing { url } => {
                // Several, separated by commas, are one cluster: the first that answers is enough.
                let mut last = None;
                for one in url.split(',') {
                    match greet(one) {
                        Ok(()) => return Ok(()),
                        Err(error) => last = Some(error.context(format!("no NATS server at {}", shown(one)))),
                    }
                }
                last.map_or_else(|| bail!("--nats-url is empty"), Err)
            }
        }
    }

    pub(super) fn url(&self) -> &str {
        match self {
            Self::Own { url, .. } | Self::Existing { url } => url,
        }
    }

    /// The URL without a password in it.
    pub(super) fn shown_url(&self) -> String {
        self.url().split(',').map(shown).collect::<Vec<_>>().join(",")
    }

    pub(super) fn monitor_url(&self) -> Option<String> {
        match self {
            Self::Own { monitor_port, .. } => Some(format!("http://127.0.0.1:{monitor_port}")),
            Self::Existing { .. } => None,
        }
    }

    pub(super) fn description(&self) -> String {
        match self {
            Self::Own { tool, port, .. } => {
                format!("nats-server {} ready on 127.0.0.1:{port}", tool.version)
            }
            Self::Existing { .. } => format!("NATS server at {} answers", self.shown_url()),
        }
    }
}

/// Connects and reads the first line; a look at whether it is NATS, not at whether we may use it.
fn greet(url: &str) -> Result<()> {
    let (host, port) = host_and_port(url)?;
    let addresses = (host, port).to_socket_addrs().with_context(|| format!("{host} has no address"))?;
    let mut last = None;
    for address in addresses {
        match TcpStream::connect_timeout(&address, ANSWER_WITHIN) {
            Ok(stream) => {
                stream.set_read_timeout(Some(ANSWER_WITHIN))?;
                let mut line = String::new();
                BufReader::new(stream).read_line(&mut line).context("it says nothing")?;
                if !line.starts_with("INFO ") {
                    bail!("what answers there is no NATS server");
                }
                return Ok(());
            }
            Err(error) => last = Some(error),
        }
    }
    last.map_or_else(|| bail!("{host} has no address"), |error| Err(error.into()))
}

fn host_and_port(url: &str) -> Result<(&str, u16)> {
    let rest = url.trim().split_once("://").map_or(url.trim(), |(_scheme, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_user, rest)| rest).trim_end_matches('/');
    // [::1]:4222, ::1, host:4222, host
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None if rest.matches(':').count() > 1 => (rest, None),
        None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let port = port
        .map_or(Ok(DEFAULT_PORT), str::parse)
        .with_context(|| format!("{} has no valid port", shown(url)))?;
    Ok((host, port))
}

fn shown(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map_or("nats", |(scheme, _)| scheme);
            format!("{scheme}://…@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_host_and_port_of_a_url() {
        for (url, expected) in [
            ("nats://127.0.0.1:4333", ("127.0.0.1", 4333)),
            ("tls://user:p@ss@nats.example.com/", ("nats.example.com", 4222)),
            ("localhost", ("localhost", 4222)),
            ("nats://[::1]:5222", ("::1", 5222)),
        ] {
            assert_eq!(host_and_port(url).unwrap(), expected, "{url}");
        }
        assert!(host_and_port("nats://host:many").is_err());
    }

    #[test]
    fn shows_no_password() {
        assert_eq!(shown("nats://me:secret@host:4222"), "nats://…@host:4222");
        assert_eq!(shown("nats://host"), "nats://host");
    }
}

//! Settings of the console.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// Fewer octets can be guessed.
const MIN_TOKEN_OCTETS: usize = 16;
/// More octets are no token, but a file that was named by mistake.
const MAX_TOKEN_OCTETS: usize = 512;

/// A page for operators, at /console of the private listener.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Console")]
pub(crate) struct ConsoleConfig {
    /// Folder with the console, as its build leaves it. It is read at the start; without it, there is none.
    #[arg(long, env = "PROXY_CONSOLE_DIR", value_name = "FOLDER", requires = "console_token_file")]
    console_dir: Option<PathBuf>,
    /// File with the token by which operators sign in: one line of at least 16 octets, the same for all proxies.
    #[arg(long, env = "PROXY_CONSOLE_TOKEN_FILE", value_name = "FILE", requires = "console_dir")]
    console_token_file: Option<PathBuf>,
}

impl ConsoleConfig {
    /// The folder and the token, if there is to be a console.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no token.
    pub(super) fn folder_and_token(&self) -> anyhow::Result<Option<(&Path, String)>> {
        // clap knows that each requires the other.
        let (Some(folder), Some(file)) = (&self.console_dir, &self.console_token_file) else {
            return Ok(None);
        };
        let token = token(file).with_context(|| {
            format!("--console-token-file (PROXY_CONSOLE_TOKEN_FILE): {}", file.display())
        })?;
        Ok(Some((folder, token)))
    }
}

fn token(file: &Path) -> anyhow::Result<String> {
    let octets = std::fs::read(file)?;
    let token = str::from_utf8(&octets).context("it is not in UTF-8")?.trim();
    ensure!(token.len() >= MIN_TOKEN_OCTETS, "it holds fewer than {MIN_TOKEN_OCTETS} octets");
    ensure!(token.len() <= MAX_TOKEN_OCTETS, "it holds more than {MAX_TOKEN_OCTETS} octets");
    ensure!(!token.contains(char::is_control), "it holds more than one line, or a control character");
    Ok(token.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::config::Config;

    #[test]
    fn there_is_a_console_only_with_folder_and_token() {
        let settings = |arguments: &[&str]| Config::try_parse_from([&["proxy"], arguments].concat());
        assert!(settings(&[]).unwrap().console.folder_and_token().unwrap().is_none());
        for (alone, missing) in [
            ("--console-dir=dist", "--console-token-file <FILE>"),
            ("--console-token-file=token", "--console-dir <FOLDER>"),
        ] {
            let error = settings(&[alone]).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
    }

    #[test]
    fn a_token_is_a_line_that_nobody_guesses() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let token_in = |octets: &[u8]| {
            std::fs::write(file.path(), octets).unwrap();
            token(file.path()).map_err(|error| error.to_string())
        };
        assert_eq!(token_in(b" 0123456789abcdef\r\n").as_deref(), Ok("0123456789abcdef"));
        for (octets, reason) in [
            (&b""[..], "fewer than 16 octets"),
            (b"  0123456789abcde \n", "fewer than 16 octets"),
            (&[b'x'; 513], "more than 512 octets"),
            (b"0123456789\nabcdef\n", "more than one line"),
            (b"0123456789abcdef\xff", "not in UTF-8"),
        ] {
            assert!(token_in(octets).unwrap_err().contains(reason), "{reason}");
        }
        assert!(token(Path::new("/no/such/file")).is_err());
    }
}

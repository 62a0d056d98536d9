//! The command line `uptake`, run to its end.

use std::process::{Command, Stdio};

use test_support::{NatsServer, workspace_bin};

/// What a command has printed, and how it ended.
#[derive(Clone, Debug)]
pub struct Printed {
    /// Its exit code; `None` if a signal has ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Printed {
    /// Standard output as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, if it ended well.
    ///
    /// # Panics
    ///
    /// When it did not.
    #[must_use]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

/// Runs `uptake` with the words of a line, without a terminal.
///
/// # Panics
///
/// When it cannot be started.
pub async fn uptake(server: &NatsServer, line: &str) -> Printed {
    uptake_with(server, line, &[]).await
}

/// The same with variables.
///
/// # Panics
///
/// As [`uptake()`].
pub async fn uptake_with(server: &NatsServer, line: &str, variables: &[(&str, &str)]) -> Printed {
    let mut command = Command::new(workspace_bin("uptake"));
    command.args(line.split_whitespace()).stdin(Stdio::null());
    command.env("NATS_URL", server.url()).env("RUST_LOG", "warn").env("RUST_BACKTRACE", "0");
    command.envs(variables.iter().copied());
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let output = ended.map_err(std::io::Error::other).and_then(|output| output);
    let output = output.unwrap_or_else(|error| panic!("uptake cannot be started: {error}"));
    let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
    Printed { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

//! A program under test. It logs to a file, as in production: a pipe would make its reader part of what is measured.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use test_support::{OwnedChild, guard::Mode};

/// How long a program may take to be ready.
const READY_TIMEOUT: Duration = Duration::from_secs(20);
const LOOK_PERIOD: Duration = Duration::from_millis(50);

pub(crate) struct Program {
    name: &'static str,
    child: OwnedChild,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Program {
    pub(crate) fn start(
        folder: &Path,
        name: &'static str,
        arguments: &[&str],
        variables: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let logs = tempfile::tempdir()?;
        let log = logs.path().join("log");
        let mut command = Command::new(folder.join(name));
        command.args(arguments).envs(variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let child = OwnedChild::spawn(&mut command, Mode::Kill, Some(logs.path()))
            .with_context(|| format!("cannot start {name} from {}", folder.display()))?;
        Ok(Self { name, child, log, _folder: logs })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Waits for a line of the log.
    pub(crate) async fn wait_for(&self, pattern: &str) -> anyhow::Result<String> {
        let looked = tokio::time::timeout(READY_TIMEOUT, async {
            loop {
                let log = fs::read_to_string(&self.log)?;
                if let Some(line) = log.lines().find(|line| line.contains(pattern)) {
                    return anyhow::Ok(line.to_owned());
                }
                tokio::time::sleep(LOOK_PERIOD).await;
            }
        });
        match looked.await {
            Ok(line) => line,
            Err(_) => bail!("{} does not log {pattern:?}: {}", self.name, fs::read_to_string(&self.log)?),
        }
    }

    /// The address that a line of the log names.
    pub(crate) async fn address_in(&self, pattern: &str) -> anyhow::Result<String> {
        let line = self.wait_for(pattern).await?;
        let address = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next());
        Ok(address.with_context(|| format!("{} logs no address", self.name))?.to_owned())
    }
}

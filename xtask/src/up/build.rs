//! Builds the programs and the page, and builds them again.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result, bail};

use super::page;
use super::plan::PACKAGES;
use super::team::{Interrupted, Team, Wish};
use super::{Options, TICK};
use crate::process::{binaries, cargo, typed};
use crate::progress::Style;

pub(super) struct Build {
    release: bool,
    /// Whether the services that are broken on purpose are wanted.
    broken: bool,
    binaries: PathBuf,
    /// The folder with the page that proxies serve, if it could be built at the start.
    page: Option<PathBuf>,
}

impl Build {
    pub(super) fn new(options: &Options) -> Result<Self> {
        let Options { release, broken, .. } = options;
        Ok(Self { release: *release, broken: broken.is_some(), binaries: binaries(*release)?, page: None })
    }

    /// The folder with the programs.
    pub(super) fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// The folder with the page.
    pub(super) fn page(&self) -> Option<&Path> {
        self.page.as_deref()
    }

    pub(super) fn typed(&self) -> String {
        typed(&self.command())
    }

    /// Builds with cargo's own progress.
    pub(super) fn run(&self, team: &mut Team) -> Result<()> {
        let (status, _) = attend(&mut self.command(), team)?;
        if !status.success() {
            bail!("the build has failed");
        }
        team.nobody_died()
    }

    /// Builds the page, if that is possible here.
    pub(super) fn run_page(&mut self, team: &mut Team) -> Result<()> {
        self.page = page::build(team)?;
        team.nobody_died()
    }

    /// Builds what has changed, and replaces the processes of the programs that are new. A build that
    /// fails changes nothing.
    pub(super) fn again(&self, team: &mut Team) -> Result<()> {
        loop {
            team.note(Style::Bold, "a file has changed: building …");
            let (status, changed) = attend(self.command().arg("--quiet"), team)?;
            let page = match (&self.page, changed) {
                (Some(_), false) => page::refresh(team),
                _ => Ok(changed),
            };
            match page {
                Ok(true) => continue,
                Ok(false) if status.success() => team.replace_changed(),
                Err(error) if error.is::<Interrupted>() => return Err(error),
                _ => team.note(Style::Red, "the build has failed; what runs goes on as it is"),
            }
            return Ok(());
        }
    }

    fn command(&self) -> Command {
        let mut command = cargo(&["build"]);
        if self.release {
            command.arg("--release");
        }
        for package in PACKAGES {
            command.args(["--package", package]);
        }
        if self.broken {
            command.args(["--package", "integration", "--bins"]);
        }
        command
    }
}

/// Runs cargo or npm in the foreground, in our process group, while the team is looked after. Tells also
/// whether a file has changed meanwhile.
pub(super) fn attend(command: &mut Command, team: &mut Team) -> Result<(ExitStatus, bool)> {
    let mut child = command.spawn().with_context(|| format!("cannot run {}", typed(command)))?;
    let mut changed = false;
    loop {
        match team.pump(TICK) {
            Some(Wish::Rebuild) => changed = true,
            Some(Wish::Stop) => {
                // Ctrl-C has reached it as well, SIGTERM has not. A build that is killed is resumed
                // by the next one.
                let _ = child.kill();
                let _ = child.wait();
                return Err(Interrupted.into());
            }
            None => {}
        }
        team.tend_if_up();
        if let Some(status) = child.try_wait()? {
            return Ok((status, changed));
        }
    }
}

//! Builds the page that the proxies serve.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use test_support::tools;

use super::build::attend;
use super::team::{Interrupted, Team};
use crate::frontend::{FRONTEND, Sources, built};
use crate::process::typed;
use crate::progress::Style;

/// Builds it if its sources have changed, and tells in which folder it is. Where it cannot be built, as without Node.js,
/// the platform comes up without it.
///
/// # Errors
///
/// When the user does not want any more.
pub(super) fn build(team: &mut Team) -> Result<Option<PathBuf>> {
    match refresh(team) {
        Ok(_) => Ok(Some(built())),
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) => {
            team.note(Style::Yellow, &format!("no page is served: {error:#}"));
            Ok(None)
        }
    }
}

/// The same while proxies run that serve it. Tells whether a file has changed meanwhile.
///
/// # Errors
///
/// When the user does not want any more, or the build fails.
pub(super) fn refresh(team: &mut Team) -> Result<bool> {
    let sources = Sources::now()?;
    if sources.are_built() {
        return Ok(false);
    }
    tools::node()?;
    let mut changed = false;
    for mut command in FRONTEND.install().into_iter().chain([FRONTEND.npm(&["run", "build"])]) {
        let (status, meanwhile) = attend(&mut command, team)?;
        ensure!(status.success(), "{} has failed", typed(&command));
        changed |= meanwhile;
    }
    sources.note_built()?;
    Ok(changed)
}

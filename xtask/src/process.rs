//! Commands in the foreground: cargo, and what it has built.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context as _, Result};
use test_support::tools::{self, workspace_root};

use crate::progress::{Screen, Style};

/// The cargo that runs us, in the root of the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = plain(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.args(arguments);
    command
}

/// A program in the root of the workspace.
pub(crate) fn plain(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace_root());
    // What `cargo run` tells us about ourselves is not meant for another cargo: the build script of
    // `ring` runs again whenever one of these changes, and with it everything that stands on TLS.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OUR_OWN.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Starts of the names of variables that cargo sets for the program that it runs.
const OUR_OWN: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

/// Where cargo puts binaries of a profile: `target/debug`. We lie in such a folder ourselves, which is
/// right also where `CARGO_TARGET_DIR` or a configuration says otherwise.
pub(crate) fn binaries(release: bool) -> Result<PathBuf> {
    let own = std::env::current_exe().context("own path unknown")?;
    let target = own.ancestors().nth(2).context("own path has no target folder")?;
    Ok(target.join(if release { "release" } else { "debug" }))
}

/// A command as one would type it.
pub(crate) fn typed(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.display(), quoted(&value.to_string_lossy())));
        }
    }
    let program = PathBuf::from(command.get_program());
    words.push(program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned());
    words.extend(command.get_args().map(|argument| quoted(&argument.to_string_lossy())));
    words.join(" ")
}

/// Runs a command to its end; its input and outputs are ours.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    command.status().with_context(|| format!("cannot run {}", typed(command)))
}

/// Builds `program`, of the crate `integration`, and the programs of `packages` that it starts; and runs it in our place, so
/// that Ctrl-C and the exit code are its own. Returns only where something fails.
pub(crate) fn run_built<'a>(
    program: &str,
    packages: &[&str],
    release: bool,
    arguments: impl Iterator<Item = &'a OsString>,
) -> Result<ExitCode> {
    let screen = Screen::stderr();
    let nats_server = tools::nats_server()?;
    let packages: Vec<_> = packages.iter().flat_map(|package| ["-p", package]).collect();
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let own = [&["build"], profile, &["--package", "integration", "--bin", program]].concat();
    let others = [&["build"], profile, &["--bins"], &packages].concat();
    for words in [own, others] {
        let mut build = cargo(&words);
        screen.line(&screen.paint(Style::Bold, &typed(&build)));
        let status = run(&mut build)?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    let mut command = Command::new(binaries(release)?.join(program));
    command.args(arguments).env(tools::NATS_SERVER_BIN, &nats_server.path);
    screen.line(&screen.paint(Style::Bold, &typed(&command)));
    Err(command.exec()).with_context(|| format!("cannot run {}", typed(&command)))
}

/// The exit code by which we pass on a failure of `status`.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains([' ', '\'', '"', '$', '*', '?', '&', ';', '#']) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_a_command_as_one_would_type_it() {
        let mut command = Command::new("/opt/bin/cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(typed(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}

//! `cargo xtask fuzz`: runs the fuzz targets of `fuzz/`, which need a nightly compiler.

use std::fs;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use test_support::tools::workspace_root;

use crate::process::{exit_code, plain, run as run_command, typed};
use crate::progress::{Screen, Style};

/// What must be there besides the toolchain of the repository: how to see it, and how to get it.
const NEEDED: [(&[&str], &str); 2] = [
    (&["rustc", "--version"], "rustup toolchain install nightly --profile minimal"),
    (&["cargo", "fuzz", "--version"], "cargo install cargo-fuzz --locked"),
];

/// Throw random octets at what decodes foreign ones, for a while.
///
/// Needs a nightly compiler and cargo-fuzz, and says how to get them. Begins with the seeds in `fuzz/seeds` and with
/// what earlier runs have kept in `fuzz/corpus`; a finding is kept in `fuzz/artifacts`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Targets, one after the other [default: all].
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let screen = Screen::stderr();
    for (command, remedy) in NEEDED {
        let there = nightly(command).stdout(Stdio::null()).stderr(Stdio::null()).status();
        ensure!(there.is_ok_and(|status| status.success()), "not installed; install it with: {remedy}");
    }
    let targets = chosen(&options.targets, targets()?)?;
    for target in &targets {
        // cargo-fuzz wants the folder that findings are added to.
        fs::create_dir_all(workspace_root().join("fuzz/corpus").join(target))?;
        let mut fuzz = fuzz(target, options.seconds);
        screen.line(&screen.paint(Style::Bold, &typed(&fuzz)));
        let status = run_command(&mut fuzz)?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    screen.line(&screen.paint(Style::Green, &format!("no finding in {}", targets.join(", "))));
    Ok(ExitCode::SUCCESS)
}

fn nightly(arguments: &[&str]) -> Command {
    let mut command = plain("rustup");
    command.args(["run", "nightly"]).args(arguments);
    command
}

/// No sanitizer: none of our code is unsafe, and without it there are many more executions.
fn fuzz(target: &str, seconds: u32) -> Command {
    let (corpus, seeds) = (format!("fuzz/corpus/{target}"), format!("fuzz/seeds/{target}"));
    let mut command = nightly(&["cargo", "fuzz", "run", "--sanitizer", "none", target, &corpus, &seeds]);
    command.args(["--", "-dict=fuzz/wire.dict", &format!("-max_total_time={seconds}")]);
    command
}

/// All targets, by name.
fn targets() -> Result<Vec<String>> {
    let folder = workspace_root().join("fuzz/fuzz_targets");
    let files = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let stem = |entry: fs::DirEntry| Some(entry.path().file_stem()?.to_str()?.to_owned());
    let mut targets: Vec<_> = files.flatten().filter_map(stem).collect();
    targets.sort();
    Ok(targets)
}

fn chosen(wanted: &[String], all: Vec<String>) -> Result<Vec<String>> {
    if let Some(unknown) = wanted.iter().find(|target| !all.contains(target)) {
        bail!("there is no fuzz target {unknown:?}; there are {}", all.join(", "));
    }
    Ok(if wanted.is_empty() { all } else { wanted.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_and_is_known_to_cargo() {
        let manifest = fs::read_to_string(workspace_root().join("fuzz/Cargo.toml")).unwrap();
        for target in targets().unwrap() {
            let seeds = fs::read_dir(workspace_root().join("fuzz/seeds").join(&target));
            assert!(seeds.is_ok_and(|seeds| seeds.count() > 0), "fuzz/seeds/{target} is empty");
            assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not in fuzz/Cargo.toml");
        }
    }

    #[test]
    fn runs_what_is_named_or_all() {
        let all = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(chosen(&[], all()).unwrap(), ["a", "b"]);
        assert_eq!(chosen(&["b".to_owned()], all()).unwrap(), ["b"]);
        assert_eq!(
            chosen(&["c".to_owned()], all()).unwrap_err().to_string(),
            "there is no fuzz target \"c\"; there are a, b"
        );
    }

    #[test]
    fn begins_with_the_corpus_and_the_seeds() {
        let typed = typed(&fuzz("a", 7));
        assert_eq!(
            typed,
            "rustup run nightly cargo fuzz run --sanitizer none a fuzz/corpus/a fuzz/seeds/a -- -dict=fuzz/wire.dict -max_total_time=7"
        );
    }
}

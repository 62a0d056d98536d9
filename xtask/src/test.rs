//! `cargo xtask test`: everything that has to hold before a change goes in.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Result;
use test_support::tools;

use crate::frontend::{BROWSER, FRONTEND};
use crate::process::{binaries, cargo, exit_code, plain, run as run_command, typed};
use crate::progress::{Screen, Style, duration};

/// Check everything: format, lints, docs, tests. The only command that CI runs, nightly with `--full`.
///
/// Needs nothing but Rust, Python 3 with pip and Node.js 20.19 or newer with npm: the tests fetch their tools and start
/// their own servers. The first step that fails ends it, and says how to run that step alone.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Also run the tests that take long (`#[ignore = "long: …"]`), and the images as containers.
    #[arg(long)]
    full: bool,
    /// Check only this package, while working on it, and not the frontend; may be given several times.
    #[arg(short, long = "package", value_name = "PACKAGE")]
    packages: Vec<String>,
}

/// Tells the tests in a browser where our programs are.
const BIN_DIR: &str = "UPTAKE_BIN_DIR";

/// A step, and the command that does it.
struct Step {
    name: &'static str,
    command: Command,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    // Standard output belongs to cargo, whose `test result:` lines come last on it.
    let screen = Screen::stderr();
    let started = Instant::now();
    let nats_server = tools::nats_server()?;
    let postgres = tools::postgres()?;
    let (schemathesis, generator) = (tools::schemathesis()?, tools::client_generator()?);
    let (node, k6, rotel) = (tools::node()?, tools::k6()?, tools::rotel()?);
    let (prometheus, hadolint) = (tools::prometheus()?, tools::hadolint()?);
    let paths = Paths {
        nats_server: nats_server.path.as_os_str(),
        postgres: postgres.bin_dir.as_os_str(),
        binaries: &binaries(false)?,
        hadolint: hadolint.path.as_os_str(),
        containers: crate::images::can_run(),
    };
    let steps = steps(options, &paths);
    let count = steps.len();
    screen.line(&format!("nats-server {} ({})", nats_server.version, nats_server.path.display()));
    screen.line(&format!("PostgreSQL {} ({})", postgres.version, postgres.bin_dir.display()));
    screen.line(&format!("Node.js {} ({})", node.version, node.path.display()));
    screen.line(&format!("k6 {} ({})", k6.version, k6.path.display()));
    screen.line(&format!("Prometheus {} ({})", prometheus.version, prometheus.prometheus.display()));
    screen.line(&format!("hadolint {} ({})", hadolint.version, hadolint.path.display()));
    screen.line(&format!("rotel {} ({})", rotel.version, rotel.path.display()));
    screen.line(&format!("schemathesis {} ({})", schemathesis.version, schemathesis.path.display()));
    screen.line(&format!("openapi-typescript {} ({})", generator.version, generator.path.display()));

    if options.full && !paths.containers {
        screen
            .line("left out: the images as containers, which root alone can run (cargo xtask images --run)");
    }
    let mut times = Vec::new();
    for (number, mut step) in steps.into_iter().enumerate() {
        let title = format!("[{}/{count}] {}", number + 1, typed(&step.command));
        screen.line(&screen.paint(Style::Bold, &title));
        let step_started = Instant::now();
        let status = run_command(&mut step.command)?;
        let took = step_started.elapsed();
        times.push((step.name, took));
        if !status.success() {
            let failed = format!("[{}/{count}] {} failed after {}", number + 1, step.name, duration(took));
            screen.line(&screen.paint(Style::Red, &failed));
            screen.line(&format!("To run it alone: {}", typed(&step.command)));
            return Ok(exit_code(status));
        }
    }
    summary(screen, &times, started.elapsed());
    Ok(ExitCode::SUCCESS)
}

/// What the tests are told to use.
struct Paths<'a> {
    nats_server: &'a OsStr,
    postgres: &'a OsStr,
    /// The folder with our own programs.
    binaries: &'a Path,
    hadolint: &'a OsStr,
    /// Whether containers can be run.
    containers: bool,
}

fn steps(options: &Options, paths: &Paths<'_>) -> Vec<Step> {
    let chosen: Vec<_> = options.packages.iter().flat_map(|package| ["-p", package.as_str()]).collect();
    let of = |all: &'static str| if chosen.is_empty() { vec![all] } else { chosen.clone() };
    let step = |name, words: &[&str], all, more: &[&str]| Step {
        name,
        command: cargo(&[words, &of(all), more].concat()),
    };
    let mut docs = step("docs", &["doc"], "--workspace", &["--no-deps", "--locked"]);
    docs.command.env("RUSTDOCFLAGS", "-D warnings");
    let ignored: &[&str] =
        if options.full { &["--locked", "--", "--include-ignored"] } else { &["--locked"] };
    let mut tests = step("tests", &["test"], "--workspace", ignored);
    tests.command.env(tools::NATS_SERVER_BIN, paths.nats_server).env(tools::POSTGRES_BIN_DIR, paths.postgres);
    let mut steps = vec![
        step("format", &["fmt"], "--all", &["--check"]),
        step("lints", &["clippy"], "--workspace", &["--all-targets", "--locked", "--", "-D", "warnings"]),
        docs,
        // The whole-platform tests start these binaries; `cargo test` alone does not refresh them all.
        step("build", &["build"], "--workspace", &["--bins", "--locked"]),
        tests,
    ];
    if chosen.is_empty() {
        // First, for it takes seconds.
        steps.splice(1..1, frontend());
        let mut dockerfile = plain(paths.hadolint);
        dockerfile.arg("deploy/images/Dockerfile");
        steps.insert(1, Step { name: "checks of the Dockerfile", command: dockerfile });
        steps.extend(browser(paths));
        if options.full && paths.containers {
            steps.push(Step {
                name: "images, run as containers",
                command: cargo(&["xtask", "images", "--run"]),
            });
        }
    }
    steps
}

/// Checks, tests and builds the frontend; the build also tells whether its first page is too large.
fn frontend() -> Vec<Step> {
    let step = |name, arguments: &[&str]| Step { name, command: FRONTEND.npm(arguments) };
    let packages = FRONTEND.install().map(|command| Step { name: "packages of the frontend", command });
    let steps = [
        step("checks of the frontend", &["run", "check"]),
        step("tests of the frontend", &["test"]),
        step("build of the frontend", &["run", "build"]),
    ];
    packages.into_iter().chain(steps).collect()
}

/// Plays the frontend in a browser, before the programs that were built.
fn browser(paths: &Paths<'_>) -> Vec<Step> {
    let packages = BROWSER.install().map(|command| Step { name: "packages of the browser", command });
    let checks = Step { name: "checks of the tests in a browser", command: BROWSER.npm(&["run", "check"]) };
    let mut tests = Step { name: "tests in a browser", command: BROWSER.npm(&["test"]) };
    tests.command.env(tools::NATS_SERVER_BIN, paths.nats_server).env(BIN_DIR, paths.binaries);
    packages.into_iter().chain([checks, tests]).collect()
}

fn summary(screen: Screen, times: &[(&str, Duration)], total: Duration) {
    let mut lines = vec![screen.paint(Style::Green, "everything holds")];
    let width = times.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    lines.extend(times.iter().map(|(name, took)| format!("{name:<width$}{:>14}", duration(*took))));
    lines.push(format!("{:<width$}{:>14}", "total", duration(total)));
    screen.framed(&lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed_steps(full: bool, packages: &[&str]) -> Vec<String> {
        let packages = packages.iter().copied().map(str::to_owned).collect();
        let paths = Paths {
            nats_server: "bin".as_ref(),
            postgres: "dir".as_ref(),
            binaries: "ours".as_ref(),
            hadolint: "lint".as_ref(),
            containers: true,
        };
        let steps = steps(&Options { full, packages }, &paths);
        // Whether something is to be installed depends on what is.
        let typed = steps.iter().map(|step| typed(&step.command));
        typed.filter(|step| !step.ends_with(" ci")).collect()
    }

    #[test]
    fn checks_the_whole_workspace() {
        assert_eq!(
            typed_steps(false, &[]),
            [
                "cargo fmt --all --check",
                "lint deploy/images/Dockerfile",
                "npm --prefix frontend run check",
                "npm --prefix frontend test",
                "npm --prefix frontend run build",
                "cargo clippy --workspace --all-targets --locked -- -D warnings",
                "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked",
                "cargo build --workspace --bins --locked",
                "NATS_SERVER_BIN=bin POSTGRES_BIN_DIR=dir cargo test --workspace --locked",
                "npm --prefix frontend/browser run check",
                "NATS_SERVER_BIN=bin UPTAKE_BIN_DIR=ours npm --prefix frontend/browser test",
            ]
        );
    }

    #[test]
    fn full_runs_the_ignored_tests_and_the_images_too() {
        assert_eq!(typed_steps(true, &[]).last().unwrap(), "cargo xtask images --run");
        assert_eq!(
            typed_steps(true, &["xtask", "hello"]).last().unwrap(),
            "NATS_SERVER_BIN=bin POSTGRES_BIN_DIR=dir cargo test -p xtask -p hello --locked -- --include-ignored"
        );
    }
}

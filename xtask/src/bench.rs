//! `cargo xtask bench`: measures the platform, built for release.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use test_support::tools;

use crate::process::{binaries, cargo, exit_code, run as run_command, typed};
use crate::progress::{Screen, Style};

/// The program that measures, of the crate `integration`.
const BENCH: &str = "uptake-bench";

/// Measure rates, latencies and memory of the platform on this machine.
///
/// Builds `uptake-bench`, proxy and services in the release profile, then runs it with the arguments given
/// here: `cargo xtask bench -- --help` shows them. It starts its own servers, proxies and workers.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Arguments for `uptake-bench`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let screen = Screen::stderr();
    let nats_server = tools::nats_server()?;
    for arguments in [
        &["build", "--release", "--package", "integration", "--bin", BENCH][..],
        &["build", "--release", "--bins", "-p", "http-to-nats-proxy", "-p", "hello", "-p", "rating-service"],
    ] {
        let mut build = cargo(arguments);
        screen.line(&screen.paint(Style::Bold, &typed(&build)));
        let status = run_command(&mut build)?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    let binaries = binaries(true)?;
    let mut bench = Command::new(binaries.join(BENCH));
    bench
        .arg("--bin-dir")
        .arg(&binaries)
        .args(&options.arguments)
        .env(tools::NATS_SERVER_BIN, &nats_server.path);
    screen.line(&screen.paint(Style::Bold, &typed(&bench)));
    // In our place, so that Ctrl-C and the exit code are the program's own.
    Err(bench.exec()).with_context(|| format!("cannot run {}", typed(&bench)))
}

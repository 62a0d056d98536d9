//! `cargo xtask bench`: measures the platform, built for release.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{binaries, run_built};

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
    let folder = binaries(true)?;
    let more = [OsString::from("--bin-dir"), folder.into_os_string()];
    run_built(
        BENCH,
        &["http-to-nats-proxy", "hello", "rating-service"],
        true,
        more.iter().chain(&options.arguments),
    )
}

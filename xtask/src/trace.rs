//! `cargo xtask trace`: draws the trace of one real request.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use test_support::tools::workspace_root;

use crate::process::run_built;

/// The program that draws, of the crate `integration`.
const TRACE: &str = "uptake-trace";

/// Draw where the time of one real request goes, as its trace tells.
///
/// Builds `uptake-trace`, proxy and rating-service. It starts a platform of its own and a collector, makes one request with
/// an idempotency key, which writes to the database, and draws its trace as SVG.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the picture is written [default: docs/images/trace.svg of the repository].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Build in the release profile: nearer to what a deployment takes, and long to build.
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let output = match &options.output {
        Some(output) => std::path::absolute(output).context("own folder unknown")?,
        None => workspace_root().join("docs/images/trace.svg"),
    };
    let arguments = ["--output".into(), output.into_os_string()];
    run_built(TRACE, &["http-to-nats-proxy", "rating-service"], options.release, arguments.iter())
}

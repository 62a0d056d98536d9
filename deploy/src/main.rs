//! The binary: renders and checks manifests. `deploy --help` explains.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    deploy::cli::run(&deploy::cli::Cli::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

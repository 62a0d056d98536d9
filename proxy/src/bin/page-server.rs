//! The binary that serves a web frontend without a proxy, as in a cluster whose gateway tells them apart by path.

use std::process::ExitCode;

use clap::Parser as _;
use http_to_nats_proxy::page::{self, Config, NAME};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match page::run(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{NAME}: {}", uptake::telemetry::causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

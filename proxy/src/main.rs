//! The binary of the proxy.

use std::process::ExitCode;

use clap::Parser as _;
use http_to_nats_proxy::{Config, NAME};

/// A request makes some dozens of small, short-lived allocations: worth a fast allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Of each idle connection's buffers little is touched; huge pages would make all of them resident.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    match http_to_nats_proxy::run(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{NAME}: {}", uptake::telemetry::causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

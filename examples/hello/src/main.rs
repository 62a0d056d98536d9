//! The smallest service. `routes.rs` holds what the tests of the platform ask for.

mod routes;

use axum::{Router, routing::get};
use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A service that says hello, pulled from NATS JetStream.
#[derive(clap::Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    worker: uptake::WorkerConfig,
    #[command(flatten)]
    telemetry: uptake::TelemetryConfig,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    let _telemetry = uptake::telemetry::init(&config.telemetry, "hello", env!("CARGO_PKG_VERSION"))?;
    let mut stop = Box::pin(uptake::shutdown_signal());
    let worker = tokio::select! {
        connected = uptake::Worker::connect(config.worker.for_service("hello", &["/hello"])) => connected?,
        () = &mut stop => return Ok(()),
    };
    let router = Router::new().route("/hello", get(|| async { "Hello, world!\n" }));
    let router = router.merge(routes::for_tests(worker.client(), || std::process::abort()));
    worker.serve(router).with_graceful_shutdown(stop).await?;
    Ok(())
}

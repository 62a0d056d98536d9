//! Runs the rating service: pulling from its stream, or, with `--http`, on TCP.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use rating_service::{Config, Db, config::worker, router, seed_example_data, serve_http};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rating-service: {}", uptake::telemetry::causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    uptake::telemetry::init(&config.log)?;
    let db = Db::open(&config.database).await?;
    if config.seed_example_data {
        seed_example_data(&db).await.context("cannot fill in the example data")?;
    }
    let router = router(db.clone());
    match config.http {
        Some(address) => serve_http(address, router).await?,
        None => {
            let worker = uptake::Worker::connect(worker(config.worker)).await?;
            worker.serve(router).with_graceful_shutdown(uptake::shutdown_signal()).await?;
        }
    }
    db.close().await;
    Ok(())
}

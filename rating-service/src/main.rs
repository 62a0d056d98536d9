//! Runs the rating service: pulling from its stream, or, with `--http`, on TCP.

use std::process::ExitCode;

use anyhow::Context as _;
use axum::Router;
use clap::Parser as _;
use rating_service::{Config, Db, config::worker, router, seed_example_data, serve_http};

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(Config::parse())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rating-service: {}", uptake::telemetry::causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let _telemetry = uptake::telemetry::init(&config.telemetry, "rating-service", env!("CARGO_PKG_VERSION"))?;
    let db = Db::open(&config.database).await?;
    if config.seed_example_data {
        seed_example_data(&db).await.context("cannot fill in the example data")?;
    }
    tokio::select! {
        served = serve(config, router(db.clone())) => served?,
        never = db.purge_inbox() => match never {},
    }
    db.close().await;
    Ok(())
}

async fn serve(config: Config, router: Router) -> anyhow::Result<()> {
    match config.http {
        Some(address) => serve_http(address, router).await?,
        None => {
            let config = worker(config.worker, config.database.inbox);
            let worker = uptake::Worker::connect(config).await?;
            worker.serve(router).with_graceful_shutdown(uptake::shutdown_signal()).await?;
        }
    }
    Ok(())
}

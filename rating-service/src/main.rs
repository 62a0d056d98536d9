//! Runs the rating service: pulling from its stream, or, with `--http`, on TCP; or its migrations alone.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use rating_service::{
    Config, Db,
    config::{Migrations, worker},
    router, seed_example_data, serve_http,
};

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
    if config.database.migrations == Migrations::Only {
        tracing::info!("the database is up to date");
    } else {
        tokio::select! {
            served = serve(config, &db) => served?,
            never = db.purge_inbox() => match never {},
        }
    }
    db.close().await;
    Ok(())
}

async fn serve(config: Config, db: &Db) -> anyhow::Result<()> {
    match config.http {
        Some(address) => serve_http(address, router(db.clone())).await?,
        None => {
            let config = worker(config.worker, config.database.inbox);
            let worker = uptake::Worker::connect(config).await?;
            worker.serve(router(db.clone())).with_graceful_shutdown(uptake::shutdown_signal()).await?;
        }
    }
    Ok(())
}

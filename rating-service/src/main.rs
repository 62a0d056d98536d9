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
    // Heard from here on: while it waits for its database or its stream, nothing else would end process 1 of a container.
    let mut stop = Box::pin(uptake::shutdown_signal());
    let db = tokio::select! {
        opened = open(&config) => opened?,
        // A failure, for whoever runs the migrations alone must not take them for done.
        () = &mut stop => anyhow::bail!("asked to end before the database was open and up to date"),
    };
    if config.database.migrations == Migrations::Only {
        tracing::info!("the database is up to date");
    } else {
        tokio::select! {
            served = serve(config, &db, stop) => served?,
            never = db.purge_inbox() => match never {},
        }
    }
    db.close().await;
    Ok(())
}

async fn open(config: &Config) -> anyhow::Result<Db> {
    let db = Db::open(&config.database).await?;
    if config.seed_example_data {
        seed_example_data(&db).await.context("cannot fill in the example data")?;
    }
    Ok(db)
}

async fn serve(
    config: Config,
    db: &Db,
    mut stop: impl Future<Output = ()> + Send + Unpin + 'static,
) -> anyhow::Result<()> {
    match config.http {
        Some(address) => serve_http(address, router(db.clone()), stop).await?,
        None => {
            let config = worker(config.worker, config.database.inbox);
            let worker = tokio::select! {
                connected = uptake::Worker::connect(config) => connected?,
                () = &mut stop => return Ok(()),
            };
            worker.serve(router(db.clone())).with_graceful_shutdown(stop).await?;
        }
    }
    Ok(())
}

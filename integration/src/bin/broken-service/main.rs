//! A service that is nearly `rating-service` or `hello`, but broken in one way that is chosen: load tests have to notice.

mod breaks;
mod hello;

use anyhow::Result;
use axum::{Router, middleware};
use clap::Parser as _;
use rating_service::{Db, config::DatabaseConfig, config::worker};

/// Serves what a real service does, and breaks it.
#[derive(clap::Parser)]
#[command(version)]
struct Config {
    /// Which service to be.
    service: Service,
    /// What to break.
    #[arg(long = "break", value_name = "KIND")]
    kind: breaks::Kind,
    /// Of no effect: there is example data where rating-service is asked for it.
    #[arg(long)]
    seed_example_data: bool,
    #[command(flatten)]
    database: DatabaseConfig,
    #[command(flatten)]
    worker: uptake::WorkerConfig,
    #[command(flatten)]
    telemetry: uptake::TelemetryConfig,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Service {
    Hello,
    RatingService,
}

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::parse();
    let _telemetry = uptake::telemetry::init(&config.telemetry, "broken-service", env!("CARGO_PKG_VERSION"))?;
    let (router, worker) = match config.service {
        Service::Hello => (hello::router(), config.worker.for_service("hello", &["/hello"])),
        Service::RatingService => {
            let db = Db::open(&config.database).await?;
            if config.seed_example_data {
                rating_service::seed_example_data(&db).await?;
            }
            (rating_service::router(db), worker(config.worker, config.database.inbox))
        }
    };
    let router: Router =
        router.layer(middleware::from_fn_with_state(breaks::Stage::new(config.kind), breaks::apply));
    uptake::Worker::connect(worker)
        .await?
        .serve(router)
        .with_graceful_shutdown(uptake::shutdown_signal())
        .await?;
    Ok(())
}

//! One scrape of a proxy that has answered many routes with several statuses.

use std::{
    future::IntoFuture as _,
    time::{Duration, Instant},
};

use anyhow::ensure;
use axum::{Router, extract::Path, http::StatusCode, routing::get};
use clap::Parser as _;

use crate::{
    Args,
    load::client::{Client, request},
    report::{Row, Target},
    stage::Stage,
    stats::percentile_ms,
};

const ROUTES: usize = 200;
const STATUSES: [u16; 3] = [200, 201, 202];
const SCRAPES: usize = 100;

/// A worker of this very process: its own figures are not asked for.
#[derive(clap::Parser)]
struct Config {
    #[command(flatten)]
    worker: uptake::WorkerConfig,
}

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start(args).await?;
    let config = Config::parse_from(["routes", "--nats-url", stage.url()]).worker;
    let worker = uptake::Worker::connect(config.for_service("routes", &["/routes"])).await?;
    let serving = tokio::spawn(worker.serve(router()).into_future());
    let proxy = stage.proxy(&[]).await?;
    let admin = proxy.program.address_in("listening for=\"operators\"").await?;

    let mut client = Client::connect(&proxy.address).await?;
    for route in 0..ROUTES {
        for status in STATUSES {
            client.ask(&request("GET", &format!("/routes/r{route}/{status}"), "")).await?;
        }
    }
    let mut operator = Client::connect(&admin).await?;
    let (mut times, mut octets): (Vec<Duration>, _) = (Vec::new(), 0);
    for _ in 0..SCRAPES {
        let began = Instant::now();
        let text = operator.ask(&request("GET", "/metrics", "")).await?;
        times.push(began.elapsed());
        octets = text.len();
        let series = std::str::from_utf8(text)?.lines().filter(|line| {
            line.starts_with("http_server_request_duration_seconds_count{") && line.contains("/routes/r")
        });
        ensure!(series.count() == ROUTES * STATUSES.len(), "not all routes and statuses are told");
    }
    serving.abort();
    Ok(vec![
        Row::new("octets of a scrape, 200 routes with 3 statuses", octets as f64 / 1024.0, "KiB"),
        Row::new("a scrape, median", percentile_ms(&mut times, 50.0), "ms").target(Target::AtMost(10.0)),
        Row::new("a scrape, p99", percentile_ms(&mut times, 99.0), "ms"),
    ])
}

/// Each answers the status that it is asked for.
fn router() -> Router {
    let answer = |Path(status): Path<u16>| async move { StatusCode::from_u16(status).unwrap_or_default() };
    (0..ROUTES).fold(Router::new(), |router, route| {
        router.route(&format!("/routes/r{route}/{{status}}"), get(answer))
    })
}

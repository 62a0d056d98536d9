//! Of `hello` what load tests ask for.

use std::time::Duration;

use axum::{
    Router,
    extract::Query,
    routing::{get, post},
};
use serde::Deserialize;

/// How long to work, in milliseconds.
#[derive(Deserialize)]
struct Work {
    ms: u64,
    #[serde(default = "one")]
    steps: u64,
}

fn one() -> u64 {
    1
}

async fn work(Query(work): Query<Work>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(work.ms.saturating_mul(work.steps))).await;
    "worked in attempt 1\n"
}

pub(crate) fn router() -> Router {
    Router::new().route("/hello/work", get(work)).route("/hello/jobs/work", post(work))
}

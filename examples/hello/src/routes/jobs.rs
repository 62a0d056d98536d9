//! Jobs that take long, fail, or end their worker.

use std::time::Duration;

use axum::{
    Extension, Json, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::{Deserialize, Serialize};
use uptake::Job;

use super::{Run, Stage};

/// Steps in which work is done, with progress after each.
const MAX_STEPS: u32 = 1000;

/// All routes below `/hello/jobs/`.
pub(super) fn all() -> Router<Stage> {
    Router::new()
        .route("/hello/jobs/facts", post(facts))
        .route("/hello/jobs/work", post(work))
        .route("/hello/jobs/fail", post(fail))
        .route("/hello/jobs/panic", post(panic))
        .route("/hello/jobs/die", post(die))
        .route("/hello/jobs/large", post(large))
        .route("/hello/jobs/forever", post(forever))
}

/// What a handler is told of its job.
#[derive(Serialize)]
struct Facts {
    id: String,
    run: u32,
    attempt: u32,
    inbox_key: String,
}

async fn facts(job: Option<Extension<Job>>) -> Response {
    let Some(Extension(job)) = job else { return (StatusCode::CONFLICT, "no job\n").into_response() };
    let inbox_key = uptake::Context::current().map(|context| context.inbox_key).unwrap_or_default();
    Json(Facts { id: job.id().to_string(), run: job.run(), attempt: job.attempt(), inbox_key })
        .into_response()
}

/// How to work.
#[derive(Deserialize)]
struct Work {
    /// Steps to take.
    steps: u32,
    /// Milliseconds for each.
    ms: u64,
}

async fn work(State(stage): State<Stage>, job: Option<Extension<Job>>, Query(work): Query<Work>) -> Response {
    let run = Run::start(&stage);
    let attempt = job.as_ref().map_or(0, |Extension(job)| job.attempt());
    let steps = work.steps.clamp(1, MAX_STEPS);
    for step in 1..=steps {
        tokio::time::sleep(Duration::from_millis(work.ms)).await;
        if let Some(Extension(job)) = &job {
            job.progress(step as f32 * 100.0 / steps as f32, &format!("step {step} of {steps}"));
        }
    }
    run.end();
    format!("worked in attempt {attempt}\n").into_response()
}

/// How to fail.
#[derive(Deserialize)]
struct Failing {
    /// In how many attempts.
    times: u32,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    retry_after: Option<String>,
}

impl Failing {
    /// Whether this attempt is to fail.
    fn is_now(&self, job: Option<Extension<Job>>) -> bool {
        job.is_none_or(|Extension(job)| job.attempt() <= self.times)
    }
}

/// Answers with `status`, then 200 with the attempt that did it.
async fn fail(job: Option<Extension<Job>>, Query(failing): Query<Failing>) -> Response {
    let attempt = job.as_ref().map_or(0, |Extension(job)| job.attempt());
    if !failing.is_now(job) {
        return attempt.to_string().into_response();
    }
    let status = StatusCode::from_u16(failing.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = format!("failed at attempt {attempt}\n");
    match failing.retry_after {
        Some(retry_after) => (status, [(header::RETRY_AFTER, retry_after)], text).into_response(),
        None => (status, text).into_response(),
    }
}

async fn panic(job: Option<Extension<Job>>, Query(failing): Query<Failing>) -> StatusCode {
    assert!(!failing.is_now(job), "as asked");
    StatusCode::NO_CONTENT
}

async fn die(
    State(stage): State<Stage>,
    job: Option<Extension<Job>>,
    Query(failing): Query<Failing>,
) -> StatusCode {
    if failing.is_now(job) {
        (stage.die)();
    }
    StatusCode::NO_CONTENT
}

/// How much to answer.
#[derive(Deserialize)]
struct Large {
    octets: usize,
}

async fn large(Query(large): Query<Large>) -> Vec<u8> {
    vec![b'x'; large.octets.min(4 << 20)]
}

async fn forever(State(stage): State<Stage>) -> StatusCode {
    let _run = Run::start(&stage);
    std::future::pending().await
}

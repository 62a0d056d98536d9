//! Routes by which the tests make the platform sweat.

mod jobs;

use std::{
    collections::HashMap,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde::Deserialize;
use tokio::{signal, sync::Notify};

/// What the handlers share.
#[derive(Clone)]
struct Stage {
    client: uptake::Client,
    started: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
    signal: Arc<Notify>,
    /// Ends the process at once.
    die: fn() -> !,
}

/// All routes below `/hello/`. `die` ends the process at once.
pub(crate) fn for_tests(client: uptake::Client, die: fn() -> !) -> Router {
    let (started, dropped, signal) = (Arc::default(), Arc::default(), Arc::default());
    let stage = Stage { client, started, dropped, signal, die };
    tokio::spawn(end_waits_on_sigusr1(stage.signal.clone()));
    Router::new()
        .route("/hello/echo", post(echo))
        .route("/hello/inspect", any(inspect))
        .route("/hello/inspect/{*rest}", any(inspect))
        .route("/hello/work", get(work).post(work))
        .route("/hello/wait", get(wait).post(wait))
        .route("/hello/signal", post(end_waits))
        .route("/hello/counters", get(counters))
        .route("/hello/panic", get(panic).post(panic))
        .route("/hello/large", get(large))
        .route("/hello/brewed", get(brewed))
        .route("/hello/relay", get(relay))
        .route("/hello/whoami", get(whoami).post(whoami))
        .route("/hello/members", get(members))
        .merge(jobs::all())
        .with_state(stage)
}

/// A handler with spans of its own, as libraries and services make them.
#[tracing::instrument]
async fn brewed() -> String {
    pour("tea").await
}

#[tracing::instrument(fields(otel.kind = "client"))]
async fn pour(leaves: &str) -> String {
    tokio::task::yield_now().await;
    format!("{leaves}\n")
}

/// The body and its type, as they came.
async fn echo(headers: HeaderMap, body: Bytes) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).cloned();
    let mut response = body.into_response();
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

/// What the handler sees of a request: method, target, fields (values as Latin-1).
async fn inspect(method: Method, uri: Uri, headers: HeaderMap) -> impl IntoResponse {
    let latin1 = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let mut fields: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in &headers {
        fields.entry(name.to_string()).or_default().push(latin1(value.as_bytes()));
    }
    let lines = fields.into_iter().map(|(name, values)| format!("{name:?}:{values:?}")).collect::<Vec<_>>();
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    let json = format!(
        "{{\"method\":{:?},\"target\":{target:?},\"fields\":{{{}}}}}",
        method.as_str(),
        lines.join(",")
    );
    ([(header::CONTENT_TYPE, "application/json")], json)
}

/// How long to work.
#[derive(Deserialize)]
struct Work {
    /// Milliseconds to sleep.
    #[serde(default)]
    ms: u64,
    /// Milliseconds to burn on the handler's own thread.
    #[serde(default)]
    cpu: u64,
}

/// Longest work that is accepted.
const MAX_WORK: Duration = Duration::from_secs(60);

/// Sleeps or burns, and counts how often it began and how often it was dropped before its end.
async fn work(State(stage): State<Stage>, Query(work): Query<Work>) -> Response {
    let (sleep, burn) = (Duration::from_millis(work.ms), Duration::from_millis(work.cpu));
    if sleep > MAX_WORK || burn > MAX_WORK {
        return (StatusCode::UNPROCESSABLE_ENTITY, "at most 60000 ms\n").into_response();
    }
    let run = Run::start(&stage);
    tokio::time::sleep(sleep).await;
    let began = Instant::now();
    while began.elapsed() < burn {
        black_box((0..1000_u64).sum::<u64>());
    }
    run.end();
    format!("worked {} ms\n", (sleep + burn).as_millis()).into_response()
}

/// Waits until `POST /hello/signal` at the same instance, or for a minute.
async fn wait(State(stage): State<Stage>) -> StatusCode {
    let run = Run::start(&stage);
    let signalled = tokio::time::timeout(MAX_WORK, stage.signal.notified()).await;
    run.end();
    if signalled.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::REQUEST_TIMEOUT }
}

/// A worker whose permits are all waiting cannot take `POST /hello/signal`: SIGUSR1 does the same.
async fn end_waits_on_sigusr1(waits: Arc<Notify>) {
    let Ok(mut signals) = signal::unix::signal(signal::unix::SignalKind::user_defined1()) else { return };
    while signals.recv().await.is_some() {
        waits.notify_waiters();
    }
}

/// Ends the waits of this instance.
async fn end_waits(State(stage): State<Stage>) -> StatusCode {
    stage.signal.notify_waiters();
    StatusCode::NO_CONTENT
}

/// How many runs of `/hello/work` and `/hello/wait` began, and how many were dropped before their end.
async fn counters(State(stage): State<Stage>) -> Json<HashMap<&'static str, u64>> {
    let (started, dropped) = (stage.started.load(Ordering::SeqCst), stage.dropped.load(Ordering::SeqCst));
    Json(HashMap::from([("started", started), ("dropped", dropped)]))
}

async fn panic() -> StatusCode {
    panic!("as asked")
}

/// How much to answer.
#[derive(Deserialize)]
struct Large {
    octets: usize,
}

async fn large(Query(large): Query<Large>) -> Body {
    Body::from(vec![b'x'; large.octets.min(4 << 20)])
}

/// Calls `target` through the queue and passes the answer on.
async fn relay(State(stage): State<Stage>, Query(query): Query<HashMap<String, String>>) -> Response {
    let target = query.get("target").map_or("/hello", String::as_str);
    let Ok(request) =
        Request::get(target).header(HeaderName::from_static("x-relay"), "1").body(Body::empty())
    else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "target is no path\n").into_response();
    };
    match stage.client.send(request).await {
        Ok(response) => response.map(Body::new).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error}\n")).into_response(),
    }
}

/// The claims of whoever calls; `null` if nobody has verified any.
async fn whoami(identity: Option<uptake::Identity>) -> Response {
    Json(identity.as_ref().map(uptake::Identity::claims)).into_response()
}

/// For those alone who show who they are.
async fn members(identity: uptake::Identity) -> String {
    format!("Hello, {}!\n", identity.subject())
}

/// Counts a run that ends before its handler does as dropped.
struct Run<'a> {
    stage: &'a Stage,
    ended: bool,
}

impl<'a> Run<'a> {
    fn start(stage: &'a Stage) -> Self {
        stage.started.fetch_add(1, Ordering::SeqCst);
        Self { stage, ended: false }
    }

    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.stage.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

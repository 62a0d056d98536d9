//! The ways in which a service may be broken.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::sync::Mutex;

/// One request of so many is hit, where not all are.
const ONE_OF: u64 = 20;
/// What a slow service takes for each answer.
const SLOWNESS: Duration = Duration::from_millis(1500);
/// A service that degrades takes a millisecond more after each so many requests.
const REQUESTS_A_MILLISECOND: u64 = 20;
/// Beyond what services take.
const MAX_BODY_OCTETS: usize = 1 << 20;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// One request of twenty is answered 500.
    Errors,
    /// Each answer comes a second and a half later.
    Slow,
    /// One answer of twenty is an empty object.
    Wrong,
    /// Each POST is executed twice: it forgets that it has seen it.
    Doubles,
    /// One request of twenty is never answered.
    Hangs,
    /// One request at a time.
    Queue,
    /// Each answer takes a little longer than those before it.
    Degrades,
}

/// What the requests of a process share.
#[derive(Clone)]
pub(crate) struct Stage {
    kind: Kind,
    seen: Arc<AtomicU64>,
    turn: Arc<Mutex<()>>,
}

impl Stage {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, seen: Arc::default(), turn: Arc::default() }
    }
}

/// Breaks a request, or has it served.
pub(crate) async fn apply(State(stage): State<Stage>, request: Request, next: Next) -> Response {
    let number = stage.seen.fetch_add(1, Ordering::Relaxed) + 1;
    let is_hit = number.is_multiple_of(ONE_OF);
    match stage.kind {
        Kind::Errors if is_hit => (StatusCode::INTERNAL_SERVER_ERROR, "broken on purpose\n").into_response(),
        Kind::Wrong if is_hit => next.run(request).await.map(|_| Body::from("{}")),
        Kind::Hangs if is_hit => std::future::pending().await,
        Kind::Doubles if request.method() == Method::POST => twice(request, next).await,
        Kind::Slow => later(SLOWNESS, request, next).await,
        Kind::Degrades => later(Duration::from_millis(number / REQUESTS_A_MILLISECOND), request, next).await,
        Kind::Queue => {
            let _turn = stage.turn.lock().await;
            next.run(request).await
        }
        Kind::Errors | Kind::Wrong | Kind::Hangs | Kind::Doubles => next.run(request).await,
    }
}

async fn later(pause: Duration, request: Request, next: Next) -> Response {
    tokio::time::sleep(pause).await;
    next.run(request).await
}

/// The second time in a task of its own, which has no context, and so no inbox key by which it would be known again.
async fn twice(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_OCTETS).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let again = tokio::spawn(next.clone().run(rebuilt(&parts, &body)));
    let _ = again.await;
    next.run(rebuilt(&parts, &body)).await
}

fn rebuilt(parts: &Parts, body: &Bytes) -> Request {
    let mut request = Request::new(Body::from(body.clone()));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.headers_mut() = parts.headers.clone();
    request
}

//! The private listener of a worker: `/healthz`, `/readyz` and `/metrics`, for probes and Prometheus.
//!
//! One request a connection, within a few seconds: whoever is slow, or sends anything else, costs next to nothing.

use std::{
    convert::Infallible,
    net::{SocketAddr, TcpListener},
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::{Fault, telemetry::metrics};

/// Connections at once; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 32;
/// Octets of a request's head.
const MAX_HEAD: usize = 16 << 10;
/// How long a connection may last.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

type Answer = Response<Full<Bytes>>;

/// What the listener tells of a worker, once it serves. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Admin(Arc<OnceLock<Loops>>);

#[derive(Debug)]
struct Loops {
    shared: Vec<Weak<Shared>>,
    drain: CancellationToken,
}

impl Admin {
    /// The worker serves from now on.
    pub(super) fn serves<'a>(&self, loops: impl Iterator<Item = &'a Arc<Shared>>, drain: CancellationToken) {
        let _ = self.0.set(Loops { shared: loops.map(Arc::downgrade).collect(), drain });
    }

    /// Ready is who pulls for each of its classes, and does not drain.
    fn is_ready(&self) -> bool {
        self.0.get().is_some_and(|loops| {
            let pulls = |shared: Arc<Shared>| shared.figures.is_pulling() && shared.is_up();
            !loops.drain.is_cancelled() && loops.shared.iter().all(|one| one.upgrade().is_some_and(pulls))
        })
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (head, _) = request.into_parts();
        if ![Method::GET, Method::HEAD].contains(&head.method) {
            let mut refused = problem(Fault::MethodNotAllowed);
            refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        match head.uri.path() {
            "/healthz" => json(StatusCode::OK, "{\"healthy\":true}\n"),
            "/readyz" if self.is_ready() => json(StatusCode::OK, "{\"ready\":true}\n"),
            "/readyz" => json(StatusCode::SERVICE_UNAVAILABLE, "{\"ready\":false}\n"),
            "/metrics" => metrics_text().await,
            _ => problem(Fault::NoRoute),
        }
    }

    /// Answers whoever connects, for as long as the process lives.
    pub(super) async fn run(self, listener: TcpListener) {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            // The semaphore is never closed.
            let Ok(slot) = slots.clone().acquire_owned().await else { return };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the private listener cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let admin = self.clone();
            let service = service_fn(move |request| {
                let admin = admin.clone();
                async move { Ok::<_, Infallible>(admin.answer(request).await) }
            });
            tokio::spawn(async move {
                let mut http1 = http1::Builder::new();
                // The time of the whole connection bounds that of the head.
                http1.keep_alive(false).header_read_timeout(None).max_buf_size(MAX_HEAD);
                let served = http1.serve_connection(TokioIo::new(stream), service);
                if let Ok(Err(error)) = timeout(CONNECTION_TIMEOUT, served).await {
                    tracing::debug!(%error, "a connection to the private listener has failed");
                }
                drop(slot);
            });
        }
    }
}

/// Listens at an address.
///
/// # Errors
/// When that is not possible.
pub(super) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    tracing::info!(r#for = "operators", %address, "listening");
    Ok(listener)
}

/// Beside the transport, which must not wait while many series are written.
async fn metrics_text() -> Answer {
    let text = tokio::task::spawn_blocking(metrics::text).await.unwrap_or_default();
    answer(StatusCode::OK, metrics::TEXT_TYPE, text)
}

fn json(status: StatusCode, body: &'static str) -> Answer {
    answer(status, "application/json", body)
}

fn answer(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

fn problem(fault: Fault) -> Answer {
    fault.problem().into_response()
}

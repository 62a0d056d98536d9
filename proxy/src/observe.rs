//! The outermost layer: request id, trace, `Server-Timing`, one log line a request.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderName, HeaderValue, Method, Request, Response, Version, header};
use http_body::Body as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service};
use uptake::{
    Fault,
    telemetry::{self, span::Span},
    wire::{Envelope, JobId, Timing, TraceContext, is_request_id},
};

use crate::{answer::Body, figures::Figures, spans};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Most octets of a target that are logged.
const MAX_LOGGED_OCTETS: usize = 1_024;

/// Wraps all that follows in [`Observe`].
#[derive(Clone, Debug)]
pub(crate) struct ObserveLayer {
    pub(crate) figures: Arc<Figures>,
    /// Set when this process is about to end: clients are then told to connect anew.
    pub(crate) drain: CancellationToken,
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe { inner, figures: self.figures.clone(), drain: self.drain.clone() }
    }
}

/// Gives requests their identity, and tells what became of them.
#[derive(Clone, Debug)]
pub(crate) struct Observe<S> {
    inner: S,
    figures: Arc<Figures>,
    drain: CancellationToken,
}

impl<S, B> Service<Request<B>> for Observe<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut envelope = identify(&mut request);
        let span = spans::begin(&request, &mut envelope);
        let about = telemetry::Request::of(&envelope.trace);
        let mut line = LogLine {
            began: Instant::now(),
            method: request.method().clone(),
            uri: logged(request.uri().path_and_query().map_or("*", |target| target.as_str())),
            request_id: envelope.request_id.clone(),
            figures: self.figures.clone(),
            span: Some(span),
        };
        request.extensions_mut().insert(envelope);
        let keeps_alive = request.version() == Version::HTTP_11;
        let drain = self.drain.clone();
        let inner = self.inner.call(request);
        Box::pin(about.scope(async move {
            let Ok(mut response) = inner.await;
            let timing = response.extensions().get::<Timing>().copied();
            let total = line.began.elapsed();
            let headers = response.headers_mut();
            headers.insert(SERVER_TIMING, server_timing(timing, total));
            if let Ok(id) = HeaderValue::from_str(&line.request_id) {
                headers.insert(REQUEST_ID, id);
            }
            // Closed by its own client behind this answer, a connection loses no request that is on its way.
            if keeps_alive && drain.is_cancelled() {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            let span = line.write(&response, timing, total);
            spans::finish(span, &mut response);
            Ok(response)
        }))
    }
}

/// Keeps the client's request id if it is a plain one, else makes one; takes the trace context out of the fields.
fn identify<B>(request: &mut Request<B>) -> Envelope {
    let sent = request.headers_mut().remove(&REQUEST_ID);
    let sent = sent.as_ref().and_then(|id| id.to_str().ok());
    let request_id = sent.filter(|id| is_request_id(id)).map_or_else(new_request_id, str::to_owned);
    let trace = TraceContext::take_from(request.headers_mut());
    Envelope { request_id, trace, ..Envelope::default() }
}

/// A target as it is logged: a long one is cut, for clients must not fill the log.
fn logged(target: &str) -> String {
    let cut = &target[..target.floor_char_boundary(MAX_LOGGED_OCTETS)];
    if cut.len() < target.len() { format!("{cut}…") } else { cut.to_owned() }
}

/// Unique by a random start of this process and a counter: cheaper than randomness for each.
fn new_request_id() -> String {
    static START: std::sync::LazyLock<u64> = std::sync::LazyLock::new(rand::random);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}-{:x}", *START, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// `queue` and `worker` as the worker measured them, `total` as this proxy did, in milliseconds
/// (<https://www.w3.org/TR/server-timing/>).
fn server_timing(timing: Option<Timing>, total: Duration) -> HeaderValue {
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let text = match timing {
        Some(Timing { queue, handler, .. }) => {
            format!("queue;dur={:.3}, worker;dur={:.3}, total;dur={:.3}", ms(queue), ms(handler), ms(total))
        }
        None => format!("total;dur={:.3}", ms(total)),
    };
    // Digits, names and commas.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// What is logged of a request, also if its client leaves.
struct LogLine {
    began: Instant,
    method: Method,
    uri: String,
    request_id: String,
    figures: Arc<Figures>,
    /// Until it is answered.
    span: Option<Span>,
}

impl LogLine {
    /// Gives back the span, which outlives the line.
    fn write(&mut self, response: &Response<Body>, timing: Option<Timing>, total: Duration) -> Span {
        let fault = response.extensions().get::<Fault>().copied();
        self.figures.answered(response.status(), fault);
        let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(
            status = response.status().as_u16(),
            method = %self.method,
            uri = self.uri,
            total_us = us(total),
            queue_us = timing.map(|timing| us(timing.queue)),
            worker_us = timing.map(|timing| us(timing.handler)),
            octets = response.body().size_hint().lower(),
            fault = fault.map(Fault::slug),
            job = response.extensions().get::<JobId>().map(tracing::field::display),
            request_id = self.request_id,
            "request"
        );
        self.span.take().unwrap_or_default()
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            spans::left(span);
            self.figures.left();
            let total_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            tracing::info!(
                method = %self.method,
                uri = self.uri,
                total_us,
                request_id = self.request_id,
                "client left"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_LOGGED_OCTETS, logged};

    #[test]
    fn a_long_target_is_cut_between_characters() {
        assert_eq!(logged("/users?x=1"), "/users?x=1");
        let long = format!("/{}", "ä".repeat(MAX_LOGGED_OCTETS));
        let cut = logged(&long);
        assert!(cut.ends_with("ä…") && cut.len() <= MAX_LOGGED_OCTETS + '…'.len_utf8(), "{}", cut.len());
    }
}

//! The outermost layer: request id, trace, `Server-Timing`, one log line a request.

use std::{
    borrow::Cow,
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

use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, Version, header};
use http_body::Body as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service};
use uptake::{
    Fault,
    telemetry::{self, span::Span},
    wire::{Envelope, JobId, Timing, TraceContext, is_request_id},
};

use crate::{
    answer::Body,
    figures::{Figures, Seen},
    spans,
    template::ClientRoute,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Most octets of a target that are logged.
const MAX_LOGGED_OCTETS: usize = 1_024;

/// Tells the route of a method and a target.
pub(crate) type Template = Arc<dyn Fn(&Method, &Uri) -> Cow<'static, str> + Send + Sync>;

/// Wraps all that follows in [`Observe`].
#[derive(Clone)]
pub(crate) struct ObserveLayer {
    pub(crate) figures: Arc<Figures>,
    /// Which route stands for a request that its answer does not name.
    pub(crate) template: Template,
    /// Set when this process is about to end: clients are then told to connect anew.
    pub(crate) drain: CancellationToken,
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe { inner, layer: self.clone() }
    }
}

/// Gives requests their identity, and tells what became of them.
#[derive(Clone)]
pub(crate) struct Observe<S> {
    inner: S,
    layer: ObserveLayer,
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
            uri: request.uri().clone(),
            request_id: envelope.request_id.clone(),
            layer: self.layer.clone(),
            span: Some(span),
        };
        request.extensions_mut().insert(envelope);
        let keeps_alive = request.version() == Version::HTTP_11;
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
            if keeps_alive && line.layer.drain.is_cancelled() {
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
fn logged(uri: &Uri) -> String {
    let target = uri.path_and_query().map_or("*", |target| target.as_str());
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
    uri: Uri,
    request_id: String,
    layer: ObserveLayer,
    /// Until it is answered.
    span: Option<Span>,
}

impl LogLine {
    fn route(&self) -> Cow<'static, str> {
        (self.layer.template)(&self.method, &self.uri)
    }

    fn seen<'a>(&'a self, route: &'a str, took: Duration) -> Seen<'a> {
        Seen { method: &self.method, route, took }
    }

    /// Gives back the span, which outlives the line.
    fn write(&mut self, response: &Response<Body>, timing: Option<Timing>, total: Duration) -> Span {
        let fault = response.extensions().get::<Fault>().copied();
        let told = response.extensions().get::<ClientRoute>();
        let route = told.map_or_else(|| self.route(), |told| Cow::Borrowed(told.0.as_str()));
        self.layer.figures.answered(&self.seen(&route, total), response.status(), fault);
        let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(
            status = response.status().as_u16(),
            method = %self.method,
            uri = logged(&self.uri),
            total_us = us(total),
            queue_us = timing.map(|timing| us(timing.queue)),
            worker_us = timing.map(|timing| us(timing.handler)),
            octets = response.body().size_hint().lower(),
            fault = fault.map(Fault::slug),
            job = response.extensions().get::<JobId>().map(tracing::field::display),
            request_id = self.request_id,
            "request"
        );
        let mut span = self.span.take().unwrap_or_default();
        spans::name(&mut span, &self.method, &route);
        span
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            spans::left(span);
            let (route, total) = (self.route(), self.began.elapsed());
            self.layer.figures.left(&self.seen(&route, total));
            let total_us = u64::try_from(total.as_micros()).unwrap_or(u64::MAX);
            tracing::info!(
                method = %self.method,
                uri = logged(&self.uri),
                total_us,
                request_id = self.request_id,
                "client left"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::{MAX_LOGGED_OCTETS, logged};

    #[test]
    fn a_long_target_is_cut_between_characters() {
        assert_eq!(logged(&Uri::from_static("/users?x=1")), "/users?x=1");
        let long = format!("/{}", "ä".repeat(MAX_LOGGED_OCTETS));
        let cut = logged(&Uri::try_from(long).unwrap());
        assert!(cut.ends_with("ä…") && cut.len() <= MAX_LOGGED_OCTETS + '…'.len_utf8(), "{}", cut.len());
    }
}

//! The spans of a request at the proxy: one from its arrival to its answer's last octet, and one for the way of the answer.

use std::borrow::Cow;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request, Response, Version};
use http_body_util::BodyExt as _;
use uptake::{
    Fault,
    telemetry::{
        durations::OTHER_ROUTE,
        names,
        span::{Span, SpanKind},
    },
    wire::{Envelope, JobId, METHODS},
};

use crate::{answer::Body, job::REPLAYED};

/// Most octets of a path that a span tells.
const MAX_PATH_OCTETS: usize = 1_024;

/// Begins the span of a request, if it is traced; its context names it then.
pub(crate) fn begin<B>(request: &Request<B>, envelope: &mut Envelope) -> Span {
    let method = name_of(request.method());
    let mut span = Span::entry(&mut envelope.trace, SpanKind::Server, || Cow::Borrowed(method));
    if span.is_one() {
        let path = request.uri().path();
        let path = &path[..path.floor_char_boundary(MAX_PATH_OCTETS)];
        span.set(names::HTTP_REQUEST_METHOD, if method == OTHER_METHOD { "_OTHER" } else { method });
        span.set(names::URL_PATH, path.to_owned());
        span.set(names::URL_SCHEME, "http");
        let is_2 = request.version() == Version::HTTP_2;
        span.set(names::NETWORK_PROTOCOL_VERSION, if is_2 { "2" } else { "1.1" });
        span.set(names::REQUEST_ID, envelope.request_id.clone());
    }
    span
}

/// Names the span of a request by the route that it took, if that is known.
pub(crate) fn name(span: &mut Span, method: &Method, route: &str) {
    if span.is_one() && route != OTHER_ROUTE {
        span.rename(|| Cow::Owned(format!("{} {route}", name_of(method))));
        span.set(names::HTTP_ROUTE, route.to_owned());
    }
}

/// What came of it. It ends when the client's socket has the whole answer.
pub(crate) fn finish(mut span: Span, response: &mut Response<Body>) {
    if !span.is_one() {
        return;
    }
    let status = response.status();
    span.set(names::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
    if let Some(job) = response.extensions().get::<JobId>() {
        span.set(names::JOB_ID, job.to_string());
        span.set(names::JOB_REPLAYED, response.headers().contains_key(REPLAYED));
    }
    match response.extensions().get::<Fault>() {
        Some(fault) if arises_here(*fault) => span.fail_here(fault.slug(), fault.texts().1),
        Some(fault) if status.is_server_error() => span.fail(fault.slug()),
        Some(fault) => span.set(names::ERROR_TYPE, fault.slug()),
        None if status.is_server_error() => span.fail(status.as_str().to_owned()),
        None => {}
    }
    let body = std::mem::take(response.body_mut());
    *response.body_mut() = match body {
        Body::Whole(mut whole) => {
            let octets = whole.frame().now_or_never().flatten().and_then(Result::ok);
            let octets = octets.and_then(|frame| frame.into_data().ok()).unwrap_or_default();
            Body::from(hold(octets, span))
        }
        events @ Body::Events(_) => events,
    };
}

/// The span of a client that has left before it was answered.
pub(crate) fn left(mut span: Span) {
    span.fail("client-left");
}

/// Keeps the spans open until the HTTP library drops the octets, which is when the kernel has all of them.
fn hold(octets: Bytes, request: Span) -> Bytes {
    if octets.is_empty() {
        return octets;
    }
    let respond = Span::below(request.place(), SpanKind::Internal, || Cow::Borrowed("respond"));
    Bytes::from_owner(Sent { octets, _respond: respond, _request: request })
}

struct Sent {
    octets: Bytes,
    // They end in this order.
    _respond: Span,
    _request: Span,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

/// What a span is called whose method is none of ours: a client's words must not become names.
const OTHER_METHOD: &str = "HTTP";

fn name_of(method: &Method) -> &'static str {
    const NAMES: [&str; METHODS.len()] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    NAMES.into_iter().find(|name| *name == method.as_str()).unwrap_or(OTHER_METHOD)
}

/// Whether an error of the server arises in the proxy itself: no span below tells it.
fn arises_here(fault: Fault) -> bool {
    let own =
        [Fault::InFlightLimit, Fault::AnswerDropped, Fault::IdentityUnavailable, Fault::MethodNotSupported];
    own.contains(&fault)
}

//! From failures to answers: problem+json, `Proxy-Status`, `Retry-After`.

use std::{fmt::Write as _, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, header};
use http_body_util::Full;
use uptake::{Fault, client::Failure};

use crate::{app::Body, own};

const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// A failure and the request that it befell.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(crate) failure: Failure,
    pub(crate) request_id: String,
    /// Whether the answer is to carry no body.
    pub(crate) is_head: bool,
}

/// Turns a failure into what the client sees.
pub(crate) fn rescue(rejection: Rejection) -> Response<Body> {
    let Rejection { failure: Failure { fault, retry_after }, request_id, is_head } = rejection;
    let mut response = fault.problem().with("requestId", request_id).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut status = String::new();
    let _ = write!(status, "uptake; error={}; details=\"{}\"", fault.proxy_error(), fault.slug());
    if let Ok(status) = HeaderValue::try_from(status) {
        headers.insert(PROXY_STATUS, status);
    }
    if fault == Fault::MethodNotAllowed {
        headers.insert(header::ALLOW, own::ALLOWED);
    }
    let own_limit = (fault == Fault::InFlightLimit).then_some(Duration::from_secs(1));
    if let Some(after) = retry_after.or(own_limit) {
        // Whole seconds, at least one (RFC 9110 §10.2.3).
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    response.extensions_mut().insert(fault);
    if is_head { response.map(|_| Full::new(Bytes::new())) } else { response }
}

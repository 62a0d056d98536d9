//! From failures to answers: problem+json, `Proxy-Status`, `Retry-After`.

use std::{fmt::Write as _, time::Duration};

use http::{HeaderName, HeaderValue, Response, header};
use uptake::{Fault, client::Failure, wire::JobId};

use crate::answer::Body;

const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// A failure, and what its answer says besides.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) failure: Failure,
    fields: Vec<(HeaderName, HeaderValue)>,
    job: Option<JobId>,
}

impl Refusal {
    /// Adds a field to the answer.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    /// Tells the job that it is about, for the log and the trace.
    pub(crate) fn about(mut self, job: JobId) -> Self {
        self.job = Some(job);
        self
    }

    /// The answer where requests have no identity: on the private listener.
    pub(crate) fn plain(self) -> Response<Body> {
        let mut response = self.failure.fault.problem().into_response().map(Body::Whole);
        response.headers_mut().extend(self.fields);
        response
    }
}

impl<F: Into<Failure>> From<F> for Refusal {
    fn from(failure: F) -> Self {
        Self { failure: failure.into(), fields: Vec::new(), job: None }
    }
}

/// A refusal and the request that it befell.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(crate) refusal: Refusal,
    pub(crate) request_id: String,
    /// Whether the answer is to carry no body.
    pub(crate) is_head: bool,
}

/// Turns a failure into what the client sees.
pub(crate) fn rescue(rejection: Rejection) -> Response<Body> {
    let Rejection { refusal, request_id, is_head } = rejection;
    let Refusal { failure: Failure { fault, retry_after }, fields, job } = refusal;
    let mut response = fault.problem().with("requestId", request_id).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut status = String::new();
    let _ = write!(status, "uptake; error={}; details=\"{}\"", fault.proxy_error(), fault.slug());
    if let Ok(status) = HeaderValue::try_from(status) {
        headers.insert(PROXY_STATUS, status);
    }
    headers.extend(fields);
    if let Some(challenge) = fault.challenge() {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    let own_limit = (fault == Fault::InFlightLimit).then_some(Duration::from_secs(1));
    if let Some(after) = retry_after.or(own_limit) {
        // Whole seconds, at least one (RFC 9110 §10.2.3).
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    response.extensions_mut().insert(fault);
    if let Some(job) = job {
        response.extensions_mut().insert(job);
    }
    response.map(|body| if is_head { Body::default() } else { Body::Whole(body) })
}

//! What the proxy answers itself: its own name space, `/-/`.

mod documents;
mod jobs;

use std::time::Duration;

use http::{HeaderValue, Method, Response, header, request::Parts};
use tokio::time::{Instant, timeout_at};
use uptake::{
    Fault, Identity,
    client::{Dispatcher, Failure},
    job::Tenant,
    telemetry::durations::OTHER_ROUTE,
    wire::JobId,
};

use crate::{
    accept::prefers_events,
    answer::Body,
    error::Refusal,
    events::last_event_id,
    gateway::{Gateway, Taken},
    job::document::{JOBS, RESPONSE},
    prefer::Preferences,
};

/// The proxy's own name space, with and without the prefix that is stripped. All other paths belong to services.
pub(crate) const PREFIX: &str = "/-/";

/// Lists the services' documents.
const DOCUMENTS: &str = "/-/openapi";

/// A request in the name space. Small: thousands may wait for a job.
struct Asked {
    method: Method,
    tenant: Tenant,
    preferences: Preferences,
    /// The last event that was seen, of who wants events.
    events_after: Option<u64>,
    arrived: Instant,
}

impl Asked {
    /// What counts of a request; the rest is not kept while it waits.
    fn new(parts: Parts, identity: Option<&Identity>, arrived: Instant) -> Self {
        let Parts { method, headers, .. } = parts;
        Self {
            tenant: Tenant::of(identity, &headers),
            preferences: Preferences::of(&headers),
            events_after: prefers_events(&headers).then(|| last_event_id(&headers)),
            method,
            arrived,
        }
    }
}

/// Answers a request in the name space, for a path without the prefix that is stripped.
///
/// # Errors
/// When there is nothing at its path, or not for its method, or what it asks for is not known at the moment.
pub(crate) async fn answer<D: Dispatcher>(
    gateway: &Gateway<D>,
    parts: Parts,
    path: &str,
    taken: Taken,
) -> Result<Response<Body>, Refusal> {
    let Taken { arrived, admitted, ticket } = taken;
    // Boxed, as is the list below: their room is not needed while somebody waits for a job.
    let identity = Box::pin(gateway.identify(&parts.headers, path, arrived)).await?;
    if gateway.settings().routing.is_denied(path) {
        return Err(Fault::NoRoute.into());
    }
    let resource = Resource::at(path)?;
    let allowed = resource.methods();
    if !allowed.split(", ").any(|allowed| allowed == parts.method.as_str()) {
        let refusal = Refusal::from(Fault::MethodNotAllowed);
        return Err(refusal.with(header::ALLOW, HeaderValue::from_static(allowed)));
    }
    let asked = Asked::new(parts, identity.as_ref(), arrived);
    let response = match resource {
        Resource::Documents => Box::pin(documents(gateway, arrived)).await?,
        Resource::Job(id) if asked.method == Method::DELETE => jobs::cancel(gateway, &id, &asked).await?,
        Resource::Job(id) => jobs::show(gateway, &id, &asked, admitted, ticket).await?,
        Resource::JobResponse(id) => jobs::response(gateway, &id, &asked, ticket).await?,
    };
    Ok(if asked.method == Method::HEAD { response.map(|_| Body::default()) } else { response })
}

async fn documents<D: Dispatcher>(gateway: &Gateway<D>, arrived: Instant) -> Result<Response<Body>, Failure> {
    let list = documents::list(gateway.dispatcher(), &gateway.settings().routing);
    let late = Failure { fault: Fault::StreamUnavailable, retry_after: Some(Duration::from_secs(1)) };
    timeout_at(arrived + gateway.settings().limits.budget, list).await.unwrap_or(Err(late))
}

/// The route that stands for a path of this name space.
pub(crate) fn template(path: &str) -> &'static str {
    let job = path.strip_prefix(JOBS).filter(|job| !job.is_empty());
    match job.map(|job| job.split_once('/')) {
        None if path == DOCUMENTS => DOCUMENTS,
        Some(None) => "/-/jobs/{id}",
        Some(Some((_, RESPONSE))) => "/-/jobs/{id}/response",
        None | Some(Some(_)) => OTHER_ROUTE,
    }
}

/// What is there.
enum Resource {
    Documents,
    Job(JobId),
    JobResponse(JobId),
}

impl Resource {
    fn at(path: &str) -> Result<Self, Fault> {
        if path == DOCUMENTS {
            return Ok(Self::Documents);
        }
        let job = path.strip_prefix(JOBS).filter(|job| !job.is_empty()).ok_or(Fault::NoRoute)?;
        // To a client, what is no id is the id of no job.
        let id = |text: &str| text.parse().map_err(|_| Fault::NoJob);
        match job.split_once('/') {
            None => id(job).map(Self::Job),
            Some((job, RESPONSE)) => id(job).map(Self::JobResponse),
            Some(_) => Err(Fault::NoRoute),
        }
    }

    /// Its methods, for the field `Allow`.
    fn methods(&self) -> &'static str {
        match self {
            Self::Documents | Self::JobResponse(_) => "GET, HEAD",
            Self::Job(_) => "GET, HEAD, DELETE",
        }
    }
}

/// A document of the proxy's own. Its length is told to who asks by HEAD, too.
fn json(document: String) -> Response<Body> {
    let octets = document.len();
    let mut response = Response::new(Body::from(document));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(octets));
    response
}

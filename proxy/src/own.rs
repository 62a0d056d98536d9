//! What the proxy answers itself: its own name space, `/-/`.

mod documents;
mod jobs;

use std::time::Duration;

use http::{HeaderValue, Method, Response, header, request::Parts};
use tokio::time::{Instant, timeout_at};
use uptake::{
    Fault,
    client::{Dispatcher, Failure},
    job::Tenant,
    wire::JobId,
};

use crate::{
    answer::Body,
    connection::Ticket,
    error::Refusal,
    gateway::Gateway,
    job::document::{JOBS, RESPONSE},
    limits::Admitted,
};

/// The proxy's own name space, with and without the prefix that is stripped. All other paths belong to services.
pub(crate) const PREFIX: &str = "/-/";

/// Lists the services' documents.
const DOCUMENTS: &str = "/-/openapi";

/// A request in the name space.
pub(crate) struct Asked {
    pub(crate) parts: Parts,
    /// Without the prefix that is stripped.
    pub(crate) path: String,
    pub(crate) tenant: Tenant,
    pub(crate) arrived: Instant,
    pub(crate) admitted: Admitted,
    pub(crate) ticket: Option<Ticket>,
}

/// Answers a request in the name space.
///
/// # Errors
/// When there is nothing at its path, or not for its method, or what it asks for is not known at the moment.
pub(crate) async fn answer<D: Dispatcher>(
    gateway: &Gateway<D>,
    asked: Asked,
) -> Result<Response<Body>, Refusal> {
    let Asked { parts, path, tenant, arrived, admitted, ticket } = asked;
    if gateway.settings().routing.is_denied(&path) {
        return Err(Fault::NoRoute.into());
    }
    let resource = Resource::at(&path)?;
    let allowed = resource.methods();
    if !allowed.split(", ").any(|allowed| allowed == parts.method.as_str()) {
        let refusal = Refusal::from(Fault::MethodNotAllowed);
        return Err(refusal.with(header::ALLOW, HeaderValue::from_static(allowed)));
    }
    let (is_head, is_cancel) = (parts.method == Method::HEAD, parts.method == Method::DELETE);
    let ask = |id| jobs::Ask::new(id, tenant, &parts, arrived);
    let response = match resource {
        Resource::Documents => documents(gateway, arrived).await?,
        Resource::Job(id) if is_cancel => jobs::cancel(gateway, &ask(id)).await?,
        Resource::Job(id) => jobs::show(gateway, &ask(id), admitted, ticket).await?,
        Resource::JobResponse(id) => jobs::response(gateway, &ask(id), ticket).await?,
    };
    Ok(if is_head { response.map(|_| Body::default()) } else { response })
}

async fn documents<D: Dispatcher>(gateway: &Gateway<D>, arrived: Instant) -> Result<Response<Body>, Failure> {
    let list = documents::list(gateway.dispatcher(), &gateway.settings().routing);
    let late = Failure { fault: Fault::StreamUnavailable, retry_after: Some(Duration::from_secs(1)) };
    timeout_at(arrived + gateway.settings().limits.budget, list).await.unwrap_or(Err(late))
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

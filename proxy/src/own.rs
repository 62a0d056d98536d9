//! What the proxy answers itself: its own name space, `/-/`.

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header};
use http_body_util::Full;
use serde_json::{Value, json};
use uptake::{
    Fault,
    client::{Dispatcher, Failure},
};

use crate::{app::Body, config::RoutingConfig};

/// The proxy's own name space, with and without the prefix that is stripped. All other paths belong to services.
pub(crate) const PREFIX: &str = "/-/";
/// The methods of every path in it, for the field `Allow`.
pub(crate) const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// Lists the services' documents.
const DOCUMENTS: &str = "/-/openapi";
/// The most documents that are listed: the first ones by name.
const MAX_DOCUMENTS: usize = 1_000;

/// Answers a request in the name space.
///
/// # Errors
/// When there is nothing at `path`, or not for this method, or the services are not known at the moment.
pub(crate) async fn answer<D: Dispatcher>(
    dispatcher: &D,
    routing: &RoutingConfig,
    method: &Method,
    path: &str,
) -> Result<Response<Body>, Failure> {
    if path != DOCUMENTS || routing.is_denied(path) {
        return Err(Fault::NoRoute.into());
    }
    if ![Method::GET, Method::HEAD].contains(method) {
        return Err(Fault::MethodNotAllowed.into());
    }
    let documents = documents(&dispatcher.paths().await?, routing);
    let body = Bytes::from(documents.to_string());
    let mut response = Response::new(Body::default());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    // Services come and go.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if method != Method::HEAD {
        *response.body_mut() = Full::new(body);
    }
    Ok(response)
}

/// The documents among the paths of services, less those that clients do not reach.
fn documents(paths: &[String], routing: &RoutingConfig) -> Value {
    let documents = paths.iter().filter(|path| routing.is_open(path)).filter_map(|path| {
        let service = path.strip_prefix("/openapi/")?.strip_suffix(".json")?;
        let one_segment = !service.is_empty() && !service.contains('/');
        one_segment.then(|| json!({"service": service, "url": format!("{}{path}", routing.strip_prefix)}))
    });
    json!({"documents": documents.take(MAX_DOCUMENTS).collect::<Vec<_>>()})
}

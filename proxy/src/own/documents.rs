//! The list of the services' documents.

use http::{HeaderValue, Response, header};
use serde_json::{Value, json};
use uptake::client::{Dispatcher, Failure};

use crate::{answer::Body, config::RoutingConfig};

/// The most documents that are listed: the first ones by name.
const MAX_DOCUMENTS: usize = 1_000;

/// Lists the documents.
///
/// # Errors
/// When the services are not known at the moment.
pub(super) async fn list<D: Dispatcher>(
    dispatcher: &D,
    routing: &RoutingConfig,
) -> Result<Response<Body>, Failure> {
    let documents = documents(&dispatcher.paths().await?, routing);
    let mut response = super::json(documents.to_string());
    // Services come and go.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
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

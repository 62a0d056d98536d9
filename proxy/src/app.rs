//! The stack: what happens to every request, outermost first.

use std::convert::Infallible;

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceBuilder};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};
use uptake::client::Dispatcher;

use crate::{body::RequestBody, config::CorsConfig, gateway::Gateway, observe::ObserveLayer};

/// The body of every answer.
pub(crate) type Body = Full<Bytes>;

/// Builds the stack.
pub(crate) fn stack<D: Dispatcher, B: RequestBody>(
    gateway: Gateway<D>,
    cors: Option<CorsLayer>,
    drain: CancellationToken,
) -> impl Service<Request<B>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    ServiceBuilder::new()
        // Outermost, for it gives the request its identity, and tells the time and the outcome of all that follows.
        .layer(ObserveLayer { drain })
        // Before the gateway: a preflight is about the proxy, not about a service, and is never published.
        .option_layer(cors)
        // Admits, collects, dispatches; whatever fails becomes an answer here and nowhere else.
        .service(gateway)
}

/// The CORS layer, if any origin may call.
pub(crate) fn cors(config: &CorsConfig) -> anyhow::Result<Option<CorsLayer>> {
    let any = config.cors_origins.iter().any(|origin| origin == "*");
    anyhow::ensure!(
        !(any && config.cors_credentials),
        "--cors-credentials needs a list of origins: browsers refuse cookies for *"
    );
    if config.cors_origins.is_empty() {
        return Ok(None);
    }
    let origins = config.cors_origins.iter().map(|origin| {
        HeaderValue::from_str(origin.trim_end_matches('/'))
            .with_context(|| format!("{origin:?} is no origin"))
    });
    let origins = origins.collect::<anyhow::Result<Vec<_>>>()?;
    let allowed = if any { AllowOrigin::any() } else { AllowOrigin::list(origins) };
    let exposed =
        ["etag", "link", "location", "proxy-status", "retry-after", "server-timing", "x-request-id"];
    Ok(Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(AllowMethods::list(uptake::wire::METHODS))
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(ExposeHeaders::list(exposed.map(HeaderName::from_static)))
            .allow_credentials(config.cors_credentials)
            .max_age(config.cors_max_age),
    ))
}

//! CORS: which pages of other origins may call (<https://fetch.spec.whatwg.org/#http-cors-protocol>).

use std::task::{Context, Poll};

use anyhow::Context as _;
use futures_util::future::Either;
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use tower::{Layer, Service};
use tower_http::cors::{self, AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};

use crate::{answer::Body, config::CorsConfig};

/// What pages may read of an answer, besides the fields that they always may.
const EXPOSED: [&str; 13] = [
    "accept-patch",
    "allow",
    "content-location",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "preference-applied",
    "proxy-status",
    "retry-after",
    "server-timing",
    "www-authenticate",
    "x-request-id",
];

/// The layer, if any origin may call.
///
/// # Errors
/// When the settings contradict each other.
pub(crate) fn layer(config: &CorsConfig) -> anyhow::Result<Option<Cors>> {
    let any = config.cors_origins.iter().any(|origin| origin == "*");
    anyhow::ensure!(
        !any || config.cors_origins.len() == 1,
        "--cors-origins: * stands for any origin, name no others beside it"
    );
    anyhow::ensure!(
        !(any && config.cors_credentials),
        "--cors-credentials needs a list of origins: browsers refuse cookies for *"
    );
    if config.cors_origins.is_empty() {
        return Ok(None);
    }
    let origins = config.cors_origins.iter().map(|origin| {
        HeaderValue::from_str(origin).with_context(|| format!("--cors-origins: {origin:?} is no origin"))
    });
    let origins = origins.collect::<anyhow::Result<Vec<_>>>()?;
    let allowed = if any { AllowOrigin::any() } else { AllowOrigin::list(origins) };
    Ok(Some(Cors(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(AllowMethods::list(uptake::wire::METHODS))
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(ExposeHeaders::list(EXPOSED.map(HeaderName::from_static)))
            .allow_credentials(config.cors_credentials)
            .max_age(config.cors_max_age),
    )))
}

/// Answers preflights, and tells browsers which pages may read the other answers.
#[derive(Clone, Debug)]
pub(crate) struct Cors(CorsLayer);

impl<S: Clone> Layer<S> for Cors {
    type Service = CorsService<S>;

    fn layer(&self, inner: S) -> CorsService<S> {
        CorsService { cors: self.0.layer(inner.clone()), inner }
    }
}

/// See [`Cors`].
#[derive(Clone, Debug)]
pub(crate) struct CorsService<S> {
    cors: cors::Cors<S>,
    inner: S,
}

impl<S, B> Service<Request<B>> for CorsService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<cors::ResponseFuture<S::Future>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.cors.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // tower-http takes every OPTIONS for a preflight: one that asks for no method is a service's. No preflight has a
        // body; whether one is framed well is for the gateway to see.
        let fields = request.headers();
        let is_preflight = fields.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
            && !fields.contains_key(header::TRANSFER_ENCODING);
        if request.method() == Method::OPTIONS && !is_preflight {
            return Either::Right(self.inner.call(request));
        }
        Either::Left(self.cors.call(request))
    }
}

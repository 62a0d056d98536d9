//! `page-server`: the page of the proxy without a proxy around it. It reaches no NATS and no disk, so it may stand where a
//! gateway sends what is no request to a service.

mod config;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, convert::Infallible, future::ready, sync::Arc, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header, request::Parts};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceBuilder, service_fn};
use uptake::{
    Fault,
    telemetry::durations::OTHER_ROUTE,
    wire::{Envelope, METHODS},
};

pub use self::config::Config;
pub(crate) use self::config::LimitConfig;
use crate::{
    admin,
    answer::Body,
    body::{self, RequestBody},
    connection::{Connection, Ticket},
    error::{Refusal, Rejection, rescue},
    head,
    observe::ObserveLayer,
    server, signals,
    ui::Ui,
};

/// What this program is called.
pub const NAME: &str = "page-server";

/// Longest path and query, in octets.
const MAX_TARGET_OCTETS: usize = 8_192;
/// What is read of a body, which nothing here wants, so that its client sees the answer.
const MAX_DISCARD_OCTETS: usize = 64 << 10;
/// How long it is read.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves until a signal, and drains.
///
/// # Errors
/// When a setting is wrong, the folder is no page, an address cannot be bound, or a second signal came.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let _telemetry = uptake::telemetry::init(&config.telemetry, NAME, env!("CARGO_PKG_VERSION"))?;
    let drain = CancellationToken::new();
    let second_signal = signals(uptake::shutdown_signal(), drain.clone());
    let admin = server::bind(config.admin_listen, false).context("the private listener (--admin-listen)")?;
    let clients = server::bind(config.listen, false).context("the listener for clients (--listen)")?;
    let page = config.page()?;
    let (private, listener) = (private(drain.clone()), TcpListener::from_std(admin)?);
    tokio::spawn(server::serve(listener, private, server::Settings::private(), CancellationToken::new()));
    let public = public(page, &config, drain.clone());
    let settings = server::Settings::of_page(&config.limits);
    tokio::select! {
        () = server::serve(TcpListener::from_std(clients)?, public, settings, drain) => Ok(()),
        () = second_signal => anyhow::bail!("interrupted by a second signal"),
    }
}

/// What clients reach.
fn public<B: RequestBody>(
    page: Ui,
    config: &Config,
    drain: CancellationToken,
) -> impl Service<Request<B>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    let api: Arc<str> = config.api_path.as_str().into();
    let (owner, services) = (page.clone(), api.clone());
    let template = Arc::new(move |_: &Method, uri: &Uri| -> Cow<'static, str> {
        let owned = owner.owns(uri.path(), &services);
        owned.map_or(OTHER_ROUTE.into(), |_| owner.template().into())
    });
    ServiceBuilder::new().layer(ObserveLayer { figures: Arc::default(), template, drain }).service_fn(
        move |mut request: Request<B>| {
            let envelope = request.extensions_mut().remove::<Envelope>().unwrap_or_default();
            let ticket = request.extensions_mut().remove::<Connection>().map(|connection| connection.begin());
            let (mut parts, body) = request.into_parts();
            let is_head = parts.method == Method::HEAD;
            let found = find(&page, &api, &mut parts);
            let mut response = match found {
                Ok(found) if is_head => found.map(|_| Body::default()),
                Ok(found) => found.map(|octets| Body::from(held(octets, ticket))),
                Err(refusal) => rescue(Rejection { refusal, request_id: envelope.request_id, is_head }),
            };
            if !body.is_end_stream() {
                if parts.version <= Version::HTTP_11 {
                    // What follows might be taken for the next request.
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                tokio::spawn(body::discard(body, MAX_DISCARD_OCTETS, DISCARD_TIMEOUT));
            }
            ready(Ok(response))
        },
    )
}

/// What a request asks for.
fn find(page: &Ui, services: &str, parts: &mut Parts) -> Result<Response<Bytes>, Refusal> {
    head::check(parts)?;
    if !METHODS.contains(&parts.method) {
        return Err(Fault::MethodNotSupported.into());
    }
    let target = parts.uri.path_and_query().filter(|target| target.as_str().starts_with('/'));
    let target = target.ok_or(Fault::BadTarget)?;
    if target.as_str().len() > MAX_TARGET_OCTETS {
        return Err(Fault::TargetTooLong.into());
    }
    let path = page.owns(target.path(), services).ok_or(Fault::NoRoute)?;
    page.find(&parts.method, path, &parts.headers)
}

/// An answer, with the ticket of its request until it is written. The octets are those of the page, whoever reads them.
fn held(octets: Bytes, ticket: Option<Ticket>) -> Bytes {
    match ticket {
        Some(ticket) if !octets.is_empty() => {
            ticket.answered();
            Bytes::from_owner(Unread { octets, _ticket: ticket })
        }
        _ => octets,
    }
}

struct Unread {
    octets: Bytes,
    _ticket: Ticket,
}

impl AsRef<[u8]> for Unread {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

/// What the cluster reaches.
fn private<B: Send + 'static>(
    drain: CancellationToken,
) -> impl Service<Request<B>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    service_fn(move |request: Request<B>| {
        let ready = !drain.is_cancelled();
        async move {
            let (parts, _) = request.into_parts();
            let response = match parts.uri.path() {
                "/healthz" => admin::answer(StatusCode::OK, &json!({"healthy": true})),
                "/readyz" if ready => admin::answer(StatusCode::OK, &json!({"ready": true})),
                "/readyz" => admin::answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"ready": false})),
                "/metrics" => admin::figures(&parts).await,
                _ => Refusal::from(Fault::NoRoute).plain(),
            };
            Ok(if parts.method == Method::HEAD { response.map(|_| Body::default()) } else { response })
        }
    })
}

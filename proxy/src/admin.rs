//! The private listener: `/healthz`, `/readyz` and `/metrics`, what operators do with dead letters and jobs, and the console.

mod console;
mod guard;
mod operations;
mod problem;
mod query;

use std::{convert::Infallible, future::Future, sync::Arc};

use http::{HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, service_fn};
use uptake::{Fault, client::Dispatcher, job::Operator, telemetry::metrics};

pub(crate) use self::console::{Console, config::ConsoleConfig};
use crate::{answer::Body, head, limits::Limits, route::covers, server, shard::Shared};

/// What is told of this process.
#[derive(Clone, Debug)]
pub(crate) struct State<D> {
    /// One of each shard.
    dispatchers: Arc<[D]>,
    operator: Operator,
    console: Option<Console>,
    limits: Limits,
    connections: TaskTracker,
    drain: CancellationToken,
}

impl<D: Dispatcher> State<D> {
    pub(crate) fn new(dispatchers: Vec<D>, operator: Operator, shared: &Shared) -> Self {
        let Shared { console, limits, connections, drain, .. } = shared.clone();
        Self { dispatchers: dispatchers.into(), operator, console, limits, connections, drain }
    }

    async fn respond(&self, parts: &Parts, body: Incoming) -> Response<Body> {
        let console = self.console.as_ref().filter(|_| covers(console::PATH, parts.uri.path()));
        let response = match parts.uri.path() {
            "/healthz" => answer(StatusCode::OK, &json!({"healthy": true})),
            "/readyz" => self.readiness(),
            "/metrics" => figures(parts).await,
            path => match (operations::Resource::at(path), console) {
                (Some(resource), _) => self.operation(resource, parts).await,
                (None, Some(console)) => console.answer(&self.operator, parts, body).await,
                (None, None) => Fault::NoRoute.problem().into_response().map(Body::Whole),
            },
        };
        if parts.method == Method::HEAD { response.map(|_| Body::default()) } else { response }
    }

    /// Does what a program asks for. Where there is a token it is wanted here, too: whoever may fetch the metrics reaches
    /// this listener, and no firewall tells paths apart.
    async fn operation(&self, resource: operations::Resource, parts: &Parts) -> Response<Body> {
        match self.console.as_ref().and_then(|console| console.program_refused(parts)) {
            Some(refused) => refused,
            None => operations::answer(&self.operator, resource, parts, guard::program).await,
        }
    }

    /// Ready is who was connected once and does not drain: clients of one that lost NATS get their 503 from it.
    fn readiness(&self) -> Response<Body> {
        let ready = !self.drain.is_cancelled();
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let state = json!({
            "ready": ready,
            "connected": self.dispatchers.iter().all(D::is_connected),
            "waiters": self.dispatchers.iter().map(D::waiting).sum::<usize>(),
            "inFlight": self.limits.requests(),
            "inFlightBytes": self.limits.octets(),
            "answerBytes": self.limits.answer_octets(),
            "connections": self.connections.len(),
        });
        answer(status, &state)
    }
}

/// Serves the private listener for as long as the process lives.
pub(crate) async fn serve<D: Dispatcher>(listener: TcpListener, state: State<D>) {
    if let Some(console) = state.console.clone() {
        let operator = state.operator.clone();
        tokio::spawn(async move { console.keep_history(&operator).await });
    }
    server::serve(listener, service(state), server::Settings::private(), CancellationToken::new()).await;
}

/// The service of the private listener.
fn service<D: Dispatcher>(
    state: State<D>,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Future + Send> + Clone
{
    service_fn(move |request: Request<Incoming>| {
        let state = state.clone();
        async move {
            let (mut parts, body) = request.into_parts();
            // Where a page comes from is compared with it, and HTTP/2 may have it in the target alone.
            head::adopt_host(&mut parts);
            Ok(state.respond(&parts, body).await)
        }
    })
}

/// The metrics of this process. They are gathered beside the thread that serves clients.
pub(crate) async fn figures(parts: &Parts) -> Response<Body> {
    if let Some(refused) = method_refused(parts, "GET, HEAD") {
        return refused;
    }
    let text = tokio::task::spawn_blocking(metrics::text).await.unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(metrics::TEXT_TYPE));
    response
}

/// The answer to a method that is not among `allowed`, which are separated by `, `; none to one of them.
fn method_refused(parts: &Parts, allowed: &'static str) -> Option<Response<Body>> {
    if allowed.split(", ").any(|allowed| allowed == parts.method.as_str()) {
        return None;
    }
    let mut response = Fault::MethodNotAllowed.problem().into_response().map(Body::Whole);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    Some(response)
}

pub(crate) fn answer(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{body}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

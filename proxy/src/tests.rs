//! The stack over a dispatcher of the tests: no broker, no socket.

mod answers;
mod own;
mod refusals;
mod routing;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use clap::Parser as _;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uptake::{
    Fault,
    client::{Call, Dispatcher, Failure},
    wire::{Answer, Attempt, Timing},
};

use crate::{app, body::RequestBody, config::Config, cors, gateway::Gateway, limits::Limits};

type Answerer = fn(&Call) -> Result<Response<Bytes>, Failure>;

/// Answers as told, and keeps what it was asked.
#[derive(Clone)]
struct Script {
    answer: Answerer,
    calls: Arc<Mutex<Vec<Call>>>,
    /// What services own by name.
    paths: Result<Vec<String>, Failure>,
}

impl Dispatcher for Script {
    async fn dispatch(&self, call: Call) -> Result<Answer, Failure> {
        let response = (self.answer)(&call);
        self.calls.lock().unwrap().push(call);
        let attempt = Attempt { worker: "w".to_owned(), delivery: 1 };
        response.map(|response| Answer { response, attempt, timing: Timing::default(), error: None })
    }

    async fn paths(&self) -> Result<Vec<String>, Failure> {
        self.paths.clone()
    }

    fn waiting(&self) -> usize {
        0
    }

    fn is_connected(&self) -> bool {
        true
    }
}

struct Proxy {
    arguments: Vec<&'static str>,
    script: Script,
    drain: CancellationToken,
}

impl Proxy {
    fn new(arguments: &[&'static str], answer: Answerer) -> Self {
        Self {
            arguments: arguments.to_vec(),
            script: Script { answer, calls: Arc::default(), paths: Ok(Vec::new()) },
            drain: CancellationToken::new(),
        }
    }

    async fn send<B: RequestBody>(&self, mut request: Request<B>) -> (Response<()>, Bytes) {
        request.headers_mut().entry("host").or_insert(http::HeaderValue::from_static("x"));
        let config = Config::parse_from([&["proxy"], &self.arguments[..]].concat());
        let limits = Limits::new(&config.limits);
        let gateway = Gateway::new(self.script.clone(), &config, limits.clone());
        let stack = app::stack(gateway, cors::layer(&config.cors).unwrap(), self.drain.clone());
        let response = stack.oneshot(request).await.unwrap();
        assert_eq!((limits.requests(), limits.octets()), (0, 0), "what was admitted is given back");
        let (parts, body) = response.into_parts();
        (Response::from_parts(parts, ()), body.collect().await.unwrap().to_bytes())
    }

    /// Sends a request without a body.
    async fn ask(&self, method: Method, target: &str) -> (Response<()>, Bytes) {
        self.send(Request::builder().method(method).uri(target).body(Full::default()).unwrap()).await
    }

    /// What was dispatched, if anything was.
    fn asked(&self) -> Vec<String> {
        let calls = self.script.calls.lock().unwrap();
        calls.iter().map(|call| format!("{} {}", call.request.method(), call.request.uri())).collect()
    }
}

/// A body that never comes.
struct Stuck;

impl http_body::Body for Stuck {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn hello(_: &Call) -> Result<Response<Bytes>, Failure> {
    Ok(Response::new(Bytes::from_static(b"hello")))
}

fn assert_problem((response, body): &(Response<()>, Bytes), fault: Fault) {
    assert_eq!(response.status(), fault.status());
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(problem["type"], format!("urn:uptake:problem:{}", fault.slug()));
    assert_eq!(problem["status"], fault.status().as_u16());
    assert_eq!(response.headers()["x-request-id"], problem["requestId"].as_str().unwrap());
    assert!(response.headers()["proxy-status"].to_str().unwrap().starts_with("uptake; error="));
}

#[test]
fn the_settings_are_consistent_and_each_has_a_flag_and_a_variable() {
    use clap::CommandFactory as _;
    let command = Config::command();
    command.clone().debug_assert();
    for argument in command.get_arguments() {
        let name = argument.get_id().as_str();
        assert!(argument.get_long().is_some() && argument.get_env().is_some(), "{name}");
    }
}

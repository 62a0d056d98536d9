//! The stack over a dispatcher of the tests: no broker, no socket.

mod answers;
mod job_resources;
mod jobs;
mod jobs_of_tests;
mod own;
mod refusals;
mod routing;
mod ui;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use clap::Parser as _;
use futures_util::stream::BoxStream;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uptake::{
    Fault,
    client::{Call, Dispatcher, Failure, NewJob, Submitted},
    job::Tenant,
    wire::{Answer, Attempt, JobId, Record, Timing},
};

use crate::{
    answer::Body,
    app,
    auth::Auth,
    body::RequestBody,
    config::Config,
    cors,
    figures::Figures,
    gateway::{self, Gateway},
    limits::Limits,
    ui::Ui,
};
use jobs_of_tests::Jobs;

type Answerer = fn(&Call) -> Result<Response<Bytes>, Failure>;

/// Answers as told, and keeps what it was asked.
#[derive(Clone)]
struct Script {
    answer: Answerer,
    calls: Arc<Mutex<Vec<Call>>>,
    /// What services own by name.
    paths: Result<Vec<String>, Failure>,
    jobs: Jobs,
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

    async fn takes_jobs(&self, _: &Method, path: &str) -> Result<bool, Failure> {
        self.jobs.takes(path)
    }

    async fn submit(&self, job: NewJob) -> Result<Submitted, Failure> {
        self.jobs.submit(job)
    }

    async fn job(&self, id: &JobId, tenant: &Tenant, wait_until: Instant) -> Result<Record, Failure> {
        self.jobs.job(id, tenant, wait_until).await
    }

    async fn follow(&self, id: &JobId, tenant: &Tenant) -> Result<BoxStream<'static, Record>, Failure> {
        self.jobs.follow(id, tenant)
    }

    async fn cancel_job(&self, id: &JobId, tenant: &Tenant) -> Result<Record, Failure> {
        self.jobs.cancel(id, tenant)
    }

    fn waiting(&self) -> usize {
        0
    }

    fn is_connected(&self) -> bool {
        true
    }
}

struct Proxy {
    arguments: Vec<String>,
    script: Script,
    figures: Arc<Figures>,
    drain: CancellationToken,
}

impl Proxy {
    fn new(arguments: &[&str], answer: Answerer) -> Self {
        Self {
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            script: Script { answer, calls: Arc::default(), paths: Ok(Vec::new()), jobs: Jobs::default() },
            figures: Arc::default(),
            drain: CancellationToken::new(),
        }
    }

    /// The answer before anybody reads its body, and what is in flight.
    async fn open<B: RequestBody>(&self, mut request: Request<B>) -> (Response<Body>, Limits) {
        request.headers_mut().entry("host").or_insert(http::HeaderValue::from_static("x"));
        let config =
            Config::parse_from(["proxy"].into_iter().chain(self.arguments.iter().map(String::as_str)));
        let limits = Limits::new(&config.limits);
        let auth = Auth::start(&config.auth).await.unwrap();
        let settings = gateway::Settings::new(&config, Ui::read(&config.ui, &config.routing).unwrap());
        let gateway = Gateway::new(self.script.clone(), settings, auth, limits.clone(), self.drain.clone());
        let stack =
            app::stack(gateway, cors::layer(&config.cors).unwrap(), self.figures.clone(), self.drain.clone());
        (stack.oneshot(request).await.unwrap(), limits)
    }

    async fn send<B: RequestBody>(&self, request: Request<B>) -> (Response<()>, Bytes) {
        let (response, limits) = self.open(request).await;
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

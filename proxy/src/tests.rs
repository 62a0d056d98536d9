//! The stack over a dispatcher of the tests: no broker, no socket.

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

#[tokio::test]
async fn strips_the_prefix_and_keeps_the_rest_as_it_was_sent() {
    let proxy = Proxy::new(&["--strip-prefix", "/api/"], hello);
    for target in ["/api/users/7%2F8?q=%20", "/api", "/api?x=1"] {
        assert_eq!(proxy.ask(Method::GET, target).await.0.status(), StatusCode::OK, "{target}");
    }
    assert_eq!(proxy.asked(), ["GET /users/7%2F8?q=%20", "GET /", "GET /?x=1"]);
    assert_eq!(proxy.script.calls.lock().unwrap()[0].envelope.prefix, "/api");
}

#[tokio::test]
async fn dispatches_nothing_that_is_not_to_be_routed() {
    let proxy =
        Proxy::new(&["--strip-prefix", "/api", "--allow", "/users,/-", "--deny", "/users/secret"], hello);
    for target in ["/users", "/apiary/users", "/api/ratings", "/api/users/secret/1", "/-/x", "/api/-/jobs/1"]
    {
        assert_problem(&proxy.ask(Method::GET, target).await, Fault::NoRoute);
    }
    assert_eq!(proxy.ask(Method::GET, "/api/users").await.0.status(), StatusCode::OK);
    assert_eq!(proxy.asked(), ["GET /users"]);
}

#[test]
fn an_empty_element_of_a_list_of_prefixes_is_refused_not_taken_for_all_paths() {
    let parse = |arguments: [&str; 3]| Config::try_parse_from(arguments);
    for flag in ["--allow", "--deny"] {
        for wrong in ["", "/users,", ",/users", "users", "/a, /b"] {
            assert!(parse(["proxy", flag, wrong]).is_err(), "{flag} {wrong:?}");
        }
    }
    assert_eq!(parse(["proxy", "--allow", "/users/,/"]).unwrap().routing.allow, ["/users", ""]);
    assert_eq!(parse(["proxy", "--strip-prefix", ""]).unwrap().routing.strip_prefix, "");
}

#[tokio::test]
async fn refuses_what_it_cannot_carry_before_it_dispatches() {
    let proxy = Proxy::new(&["--max-body-bytes", "4", "--max-target-bytes", "20"], hello);
    assert_problem(&proxy.ask(Method::TRACE, "/users").await, Fault::MethodNotSupported);
    assert_problem(&proxy.ask(Method::GET, "/users/12345678901234").await, Fault::TargetTooLong);
    let post = |body: &'static str| Request::post("/users").body(Full::from(body)).unwrap();
    let refused = proxy.send(post("12345")).await;
    assert_problem(&refused, Fault::BodyTooLarge);
    assert_eq!(refused.0.headers()["connection"], "close");
    let unread = Request::builder().method("PURGE").uri("/users").body(Full::from("12")).unwrap();
    assert_eq!(
        proxy.send(unread).await.0.headers()["connection"],
        "close",
        "no next request is read behind it"
    );
    assert!(!proxy.ask(Method::TRACE, "/users").await.0.headers().contains_key("connection"));
    assert!(proxy.asked().is_empty());
    assert_eq!(proxy.send(post("1234")).await.0.status(), StatusCode::OK);
}

#[tokio::test]
async fn refuses_a_head_that_two_readers_could_take_for_two_requests() {
    let proxy = Proxy::new(&[], hello);
    let request = |fields: &[(&'static str, &'static str)]| {
        let request = fields
            .iter()
            .fold(Request::post("/users"), |request, (name, value)| request.header(*name, *value));
        request.body(Full::from("x")).unwrap()
    };
    for fields in [&[("host", "a"), ("host", "a")][..], &[("host", "a b")], &[("host", "u@a")]] {
        let refused = proxy.send(request(fields)).await;
        assert_problem(&refused, Fault::BadHost);
        assert_eq!(refused.0.headers()["connection"], "close");
    }
    for coding in ["gzip, chunked", "chunked, chunked", "identity"] {
        assert_problem(&proxy.send(request(&[("transfer-encoding", coding)])).await, Fault::BadFraming);
    }
    let other = Request::get("http://a/users").version(http::Version::HTTP_2).header("host", "b");
    assert_problem(&proxy.send(other.body(Full::default()).unwrap()).await, Fault::BadHost);
    assert!(proxy.asked().is_empty());
    assert_eq!(proxy.send(request(&[("transfer-encoding", "Chunked")])).await.0.status(), StatusCode::OK);
}

#[tokio::test]
async fn answers_that_nobody_reads_are_counted_and_bounded() {
    let config = Config::parse_from(["proxy", "--max-in-flight-bytes", "524288"]);
    let limits = Limits::new(&config.limits);
    let answer = || Bytes::from(vec![0; 200_000]);
    let first = limits.hold(answer(), None).unwrap();
    assert!(limits.admit().is_ok(), "not yet half");
    let second = limits.hold(answer(), None).unwrap();
    assert_eq!(limits.admit().unwrap_err(), Fault::InFlightLimit);
    assert_eq!(limits.hold(answer(), None).unwrap_err(), Fault::AnswerDropped);
    assert_eq!(limits.answer_octets(), 400_000);
    drop((first, second));
    assert_eq!(limits.answer_octets(), 0);
    assert!(limits.admit().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_body_may_take_its_time_out_but_not_more_than_the_budget() {
    for arguments in [["--body-timeout", "2"], ["--budget", "2"]] {
        let proxy = Proxy::new(&arguments, hello);
        let began = Instant::now();
        assert_problem(&proxy.send(Request::post("/users").body(Stuck).unwrap()).await, Fault::BodyTimeout);
        assert_eq!(began.elapsed().as_secs(), 2, "{arguments:?}");
        assert!(proxy.asked().is_empty());
    }
}

#[tokio::test]
async fn every_failure_of_the_dispatcher_becomes_its_problem() {
    let proxy = Proxy::new(&[], |call| match call.request.uri().path() {
        "/full" => Err(Failure {
            fault: Fault::StreamFull,
            retry_after: Some(std::time::Duration::from_millis(300)),
        }),
        "/late" => Err(Fault::OutcomeUnknown.into()),
        _ => Err(Fault::WorkerDied.into()),
    });
    let full = proxy.ask(Method::GET, "/full").await;
    assert_problem(&full, Fault::StreamFull);
    assert_eq!(full.0.headers()["retry-after"], "1", "whole seconds, at least one");
    assert_problem(&proxy.ask(Method::GET, "/late").await, Fault::OutcomeUnknown);
    assert_problem(&proxy.ask(Method::POST, "/died").await, Fault::WorkerDied);
    let head = proxy.ask(Method::HEAD, "/died").await;
    assert_eq!((head.0.status(), head.1.len()), (StatusCode::BAD_GATEWAY, 0));
}

#[tokio::test]
async fn a_location_that_is_a_path_gets_the_stripped_prefix_back() {
    let proxy = Proxy::new(&["--strip-prefix", "/api"], |call| {
        let location = call.request.uri().query().unwrap_or_default().to_owned();
        Ok(Response::builder().status(201).header("location", location).body(Bytes::new()).unwrap())
    });
    for (sent, seen) in [
        ("/users/7", "/api/users/7"),
        ("//other.example/x", "//other.example/x"),
        ("https://a.example/", "https://a.example/"),
    ] {
        let (response, _) = proxy.ask(Method::POST, &format!("/api/users?{sent}")).await;
        assert_eq!(response.headers()["location"], seen);
    }
}

/// A proxy before services that own these paths.
fn proxy_with_paths(arguments: &[&'static str], paths: &[&str]) -> Proxy {
    let mut proxy = Proxy::new(arguments, hello);
    proxy.script.paths = Ok(paths.iter().map(|&path| path.to_owned()).collect());
    proxy
}

#[tokio::test]
async fn lists_the_documents_of_the_services_at_paths_that_lead_to_them() {
    let paths = ["/openapi/a.json", "/openapi/b-2.json", "/openapi/.json", "/openapi/c/d.json", "/users"];
    let proxy = proxy_with_paths(&["--strip-prefix", "/api"], &paths);
    for target in ["/-/openapi", "/api/-/openapi?x=1"] {
        let (response, body) = proxy.ask(Method::GET, target).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        let listed: Value = serde_json::from_slice(&body).unwrap();
        let document =
            |service: &str| json!({"service": service, "url": format!("/api/openapi/{service}.json")});
        assert_eq!(listed, json!({"documents": [document("a"), document("b-2")]}));
        let (head, nothing) = proxy.ask(Method::HEAD, target).await;
        assert_eq!((head.status(), nothing.len()), (StatusCode::OK, 0));
        assert_eq!(head.headers()["content-length"], body.len().to_string());
    }
    assert!(proxy.asked().is_empty(), "none of it is a service's");
}

#[tokio::test]
async fn documents_that_clients_do_not_reach_are_not_listed() {
    let paths = ["/openapi/a.json", "/openapi/b.json"];
    for (arguments, count) in [
        (vec!["--deny", "/openapi/a.json"], Some(1)),
        (vec!["--deny", "/openapi"], Some(0)),
        (vec!["--allow", "/users"], Some(0)),
        (vec!["--allow", "/users,/openapi/b.json"], Some(1)),
        (vec!["--deny", "/-"], None),
        (vec!["--deny", "/-/openapi"], None),
    ] {
        let answer = proxy_with_paths(&arguments, &paths).ask(Method::GET, "/-/openapi").await;
        match count {
            Some(count) => {
                let listed: Value = serde_json::from_slice(&answer.1).unwrap();
                assert_eq!(listed["documents"].as_array().unwrap().len(), count, "{arguments:?}");
            }
            None => assert_problem(&answer, Fault::NoRoute),
        }
    }
}

#[tokio::test]
async fn the_list_of_documents_is_only_read_and_says_when_it_is_not_known() {
    let mut proxy = proxy_with_paths(&[], &[]);
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let answer = proxy.ask(method, "/-/openapi").await;
        assert_problem(&answer, Fault::MethodNotAllowed);
        assert_eq!(answer.0.headers()["allow"], "GET, HEAD");
    }
    for target in ["/-/openapi/", "/-/Openapi", "/-/", "/-/jobs/1"] {
        assert_problem(&proxy.ask(Method::GET, target).await, Fault::NoRoute);
    }
    let retry_after = Some(std::time::Duration::from_secs(1));
    proxy.script.paths = Err(Failure { fault: Fault::StreamUnavailable, retry_after });
    let answer = proxy.ask(Method::GET, "/-/openapi").await;
    assert_problem(&answer, Fault::StreamUnavailable);
    assert_eq!(answer.0.headers()["retry-after"], "1");
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_any_other_replaced() {
    let proxy = Proxy::new(&[], hello);
    for (sent, kept) in
        [("abc.DEF-1_2", true), ("a b", false), ("é", false), ("", false), (&"x".repeat(129), false)]
    {
        let request =
            Request::get("/users").header("x-request-id", sent.as_bytes()).body(Full::default()).unwrap();
        let id = proxy.send(request).await.0.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(id == sent, kept, "{sent:?} became {id:?}");
        assert!(!id.is_empty());
        assert_eq!(proxy.script.calls.lock().unwrap().last().unwrap().envelope.request_id, id);
    }
}

#[tokio::test]
async fn a_preflight_is_answered_here_and_never_dispatched() {
    let proxy = Proxy::new(&["--cors-origins", "https://app.example"], hello);
    let preflight = |origin: &str| {
        let request = Request::options("/users").header("origin", origin);
        request.header("access-control-request-method", "PATCH").body(Full::default()).unwrap()
    };
    let (response, _) = proxy.send(preflight("https://app.example")).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example");
    assert!(response.headers()["access-control-allow-methods"].to_str().unwrap().contains("PATCH"));
    let (response, _) = proxy.send(preflight("https://evil.example")).await;
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    assert!(proxy.asked().is_empty());
    assert_eq!(proxy.ask(Method::OPTIONS, "/users").await.1, "hello", "this one is the service's");
    assert_eq!(proxy.asked(), ["OPTIONS /users"]);
    let mut framed = preflight("https://app.example");
    framed.headers_mut().insert("transfer-encoding", http::HeaderValue::from_static("chunked, chunked"));
    assert_problem(&proxy.send(framed).await, Fault::BadFraming);
}

#[tokio::test]
async fn an_answer_says_where_its_time_went() {
    let (response, body) = Proxy::new(&[], hello).ask(Method::GET, "/hello").await;
    assert_eq!(body, "hello");
    let timing = response.headers()["server-timing"].to_str().unwrap();
    for part in ["queue;dur=", "worker;dur=", "total;dur="] {
        assert!(timing.contains(part), "{timing}");
    }
}

#[tokio::test]
async fn a_proxy_that_drains_tells_clients_to_connect_anew() {
    let proxy = Proxy::new(&[], hello);
    assert!(!proxy.ask(Method::GET, "/hello").await.0.headers().contains_key("connection"));
    proxy.drain.cancel();
    assert_eq!(proxy.ask(Method::GET, "/hello").await.0.headers()["connection"], "close");
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

//! A handler that calls another service through the queue.

use std::time::Duration;

use async_nats::{Message, Subscriber};
use futures_util::StreamExt as _;
use integration::{Counters, Platform, SOON, assert_problem};
use test_support::eventually;
use tokio::time::timeout;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Two services: `outer` owns `/hello/relay`, `inner` what it calls.
async fn two_services(proxy_args: &[&str], outer_args: &[&str]) -> Platform {
    let mut platform = Platform::builder().workers(0).proxy_args(proxy_args).start().await;
    let outer = ["--service-name", "outer", "--prefixes", "/hello/relay"];
    platform.add_worker(&[&outer[..], outer_args].concat()).await;
    let inner = "/hello/work,/hello/inspect,/hello/counters,/hello/panic";
    platform.add_worker(&["--service-name", "inner", "--prefixes", inner]).await;
    platform
}

/// Hears every call as it is published, from now on.
async fn listen(platform: &Platform) -> Subscriber {
    let client = async_nats::connect(platform.server.url()).await.unwrap();
    let calls = client.subscribe("uptake.call.>").await.unwrap();
    // Answered behind the subscription: now it is in force.
    client.request("$JS.API.INFO", "".into()).await.unwrap();
    calls
}

fn header<'a>(message: &'a Message, name: &str) -> &'a str {
    message.headers.as_ref().and_then(|headers| headers.get(name)).map_or("", |value| value.as_str())
}

#[tokio::test]
async fn trace_and_request_id_go_along_with_a_call_of_a_handler() {
    let platform = two_services(&[], &[]).await;
    let mut calls = listen(&platform).await;
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let fields = [
        ("traceparent", traceparent.as_str()),
        ("tracestate", "vendor=1"),
        ("baggage", "tenant=7"),
        ("X-Request-Id", "relayed-1"),
    ];
    let target = "/hello/relay?target=/hello/inspect/inner";
    let response = platform.client().await.request("GET", target, &fields, "").await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    let seen = response.json();
    assert_eq!(
        (&seen["target"], &seen["fields"]["x-relay"][0]),
        (&"/hello/inspect/inner".into(), &"1".into())
    );
    let trace = seen["fields"]["traceparent"][0].as_str().unwrap_or_default();
    assert!(trace.contains(TRACE), "{seen}");
    assert_eq!(seen["fields"]["tracestate"][0], "vendor=1");
    assert_eq!(seen["fields"]["baggage"][0], "tenant=7");
    for subject in ["uptake.call.get.hello.relay", "uptake.call.get.hello.inspect.inner"] {
        let call = timeout(SOON, calls.next()).await.unwrap().unwrap();
        assert_eq!(call.subject.as_str(), subject);
        assert_eq!(header(&call, "Uptake-Request-Id"), "relayed-1");
        assert!(header(&call, "traceparent").contains(TRACE));
    }
}

#[tokio::test]
async fn a_call_of_a_handler_has_what_is_left_of_the_budget() {
    let platform = two_services(&["--budget", "10"], &["--permits", "1"]).await;
    let mut calls = listen(&platform).await;
    let ahead = platform.get_later("/hello/relay?target=/hello/work%3Fms=2000");
    let mut budget = async |subject: &str| {
        let call = timeout(SOON, calls.next()).await.unwrap().unwrap();
        assert_eq!(call.subject.as_str(), subject);
        header(&call, "Uptake-Budget-Ms").parse::<u64>().unwrap()
    };
    budget("uptake.call.get.hello.relay").await;
    budget("uptake.call.get.hello.work").await;
    // It waits for the one ahead.
    let behind = platform.get_later("/hello/relay?target=/hello/inspect");
    let outer = budget("uptake.call.get.hello.relay").await;
    let inner = budget("uptake.call.get.hello.inspect").await;
    assert!(outer <= 10_000 && inner + 1_000 <= outer, "outer {outer} ms, inner {inner} ms");
    assert_eq!((ahead.await.unwrap().status, behind.await.unwrap().status), (200, 200));
}

#[tokio::test]
async fn the_end_of_the_budget_ends_the_inner_handler_too() {
    let platform = two_services(&["--budget", "2"], &[]).await;
    let response = platform.get("/hello/relay?target=/hello/work%3Fms=20000").await;
    assert_problem(&response, 504, "outcome-unknown");
    let ended = Counters { started: 1, dropped: 1 };
    assert!(eventually(SOON, async || platform.counters().await == ended).await);
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_inner_handler_too() {
    let platform = two_services(&[], &[]).await;
    let mut client = platform.client().await;
    client.send(b"GET /hello/relay?target=/hello/work%3Fms=25000 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let running = Counters { started: 1, dropped: 0 };
    assert!(eventually(SOON, async || platform.counters().await == running).await);
    drop(client);
    let ended = Counters { started: 1, dropped: 1 };
    assert!(eventually(Duration::from_secs(10), async || platform.counters().await == ended).await);
}

#[tokio::test]
async fn an_error_of_the_inner_service_is_told_to_the_handler() {
    let platform = two_services(&[], &[]).await;
    let response = platform.get("/hello/relay?target=/hello/panic").await;
    assert_eq!((response.status, response.text().starts_with("handler-panicked")), (502, true));
    let response = platform.get("/hello/relay?target=/nobody").await;
    assert_eq!(
        (response.status, response.text().starts_with("no-route")),
        (502, true),
        "{}",
        response.text()
    );
    let response = platform.get("/hello/relay?target=/hello/inspect/%252a%253e").await;
    assert_eq!(response.json()["target"], "/hello/inspect/%2a%3e");
}

#[tokio::test]
async fn a_service_may_call_itself() {
    let platform = Platform::start().await;
    let target = "/hello/relay?target=/hello/relay%3Ftarget=/hello/relay%253Ftarget=/hello/work%25253Fms=5";
    let response = platform.get(target).await;
    assert_eq!((response.status, response.text().as_str()), (200, "worked 5 ms\n"));
    platform.assert_sound().await;
}

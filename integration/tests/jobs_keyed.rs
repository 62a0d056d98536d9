//! Requests with an idempotency key: one execution and one answer, whatever becomes of clients and proxies.

use std::net::SocketAddr;

use integration::{Platform, SOON, assert_problem};
use serde_json::Value;
use test_support::{HttpClient, RawResponse, eventually};
use tokio::task::JoinHandle;

const REPLAYED: &str = "idempotency-replayed";

/// A POST with a key that somebody else waits for; `None` if its proxy dies.
fn later(proxy: SocketAddr, target: &'static str, key: &'static str) -> JoinHandle<Option<RawResponse>> {
    tokio::spawn(async move {
        let fields = [("idempotency-key", key)];
        let answer = async { HttpClient::connect(proxy).await?.request("POST", target, &fields, b"").await };
        answer.await.ok()
    })
}

async fn signal(proxy: SocketAddr) {
    let answer = async {
        HttpClient::connect(proxy).await?.request::<&str, &str>("POST", "/hello/signal", &[], b"").await
    };
    assert_eq!(answer.await.unwrap().status, 204);
}

/// The job that its handler was told of.
fn facts(answer: &RawResponse) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_same_answer_and_another_request_gets_none() {
    let platform = Platform::start().await;
    let ask = async |key: &str, body: &str| {
        platform.ask("POST", "/hello/jobs/facts", &[("idempotency-key", key)], body).await
    };
    let first = ask("a-key", "x").await;
    assert_eq!(facts(&first)["attempt"], 1);
    assert_eq!(first.header(REPLAYED), None);
    for key in ["a-key", "\"a-key\""] {
        let repeat = ask(key, "x").await;
        assert_eq!((repeat.status, &repeat.body), (first.status, &first.body));
        assert_eq!(repeat.header("content-type"), first.header("content-type"));
        assert_eq!(repeat.header(REPLAYED), Some("true"));
    }
    assert_problem(&ask("a-key", "y").await, 422, "idempotency-key-reused");
    let typed = [("idempotency-key", "a-key"), ("content-type", "text/plain")];
    let typed = platform.ask("POST", "/hello/jobs/facts", &typed, "x").await;
    assert_problem(&typed, 422, "idempotency-key-reused");
    assert_ne!(facts(&ask("b-key", "x").await)["id"], facts(&first)["id"]);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_another_one_for_another_tenant_and_another_path() {
    let platform = Platform::start().await;
    let ask = async |target: &str, credentials: &[(&str, &str)]| {
        let fields = [&[("idempotency-key", "k")], credentials].concat();
        facts(&platform.ask("POST", target, &fields, "").await)["id"].as_str().unwrap().to_owned()
    };
    let (ada, bob) = ([("authorization", "Basic YTpi")], [("authorization", "Basic Yjpi")]);
    let mut ids = vec![
        ask("/hello/jobs/facts", &[]).await,
        ask("/hello/jobs/facts", &ada).await,
        ask("/hello/jobs/facts", &bob).await,
        ask("/hello/jobs/facts?x", &[]).await,
    ];
    assert_eq!(ask("/hello/jobs/facts", &ada).await, ids[1], "a repeat");
    for (id, fields, status) in
        [(&ids[1], &ada[..], 200), (&ids[1], &bob, 404), (&ids[1], &[], 404), (&ids[0], &ada, 404)]
    {
        let told = platform.ask("GET", &format!("/-/jobs/{id}"), fields, "").await;
        assert_eq!(told.status, status, "{id} {fields:?}");
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_an_ordinary_field_where_a_service_takes_no_jobs() {
    let platform = Platform::builder().worker_args(&["--job-permits", "0"]).start().await;
    for key in ["k", "k", "not a key"] {
        let fields = [("idempotency-key", key), ("prefer", "respond-async")];
        let answer = platform.ask("POST", "/hello/inspect", &fields, "").await;
        assert_eq!((answer.status, answer.header(REPLAYED)), (200, None));
        assert_eq!(answer.json()["fields"]["idempotency-key"][0], key);
        assert_eq!(answer.json()["fields"]["prefer"][0], "respond-async");
    }
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_come_in_time_is_fetched_by_a_repeat() {
    let platform = Platform::builder().proxy_args(&["--budget", "2"]).start().await;
    let fields = [("idempotency-key", "k")];
    let late = platform.ask("POST", "/hello/wait", &fields, "").await;
    assert_problem(&late, 504, "job-still-running");
    assert_eq!(late.header(REPLAYED), None);
    let location = late.header("location").unwrap().to_owned();
    let still = platform.ask("POST", "/hello/wait", &[fields[0], ("prefer", "wait=0")], "").await;
    assert_problem(&still, 504, "job-still-running");
    assert_eq!((still.header("location"), still.header(REPLAYED)), (Some(&*location), Some("true")));
    let not_waiting =
        platform.ask("POST", "/hello/wait", &[fields[0], ("prefer", "respond-async")], "").await;
    assert_eq!((not_waiting.status, not_waiting.header("location")), (202, Some(&*location)));
    signal(platform.address()).await;
    let told = platform.ask("GET", &location, &[("prefer", "wait=30")], "").await;
    assert_eq!(told.json()["state"], "done");
    let repeat = platform.ask("POST", "/hello/wait", &fields, "").await;
    assert_eq!((repeat.status, repeat.header(REPLAYED)), (204, Some("true")));
    assert_eq!(platform.counters().await.started, 1);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_is_not_run_by_a_repeat() {
    let platform = Platform::start().await;
    let fields = [("idempotency-key", "k"), ("prefer", "respond-async")];
    let accepted = platform.ask("POST", "/hello/wait", &fields, "").await;
    let id = accepted.json()["id"].as_str().unwrap().to_owned();
    platform.job_is(&id, "running").await;
    assert_eq!(platform.ask("DELETE", &format!("/-/jobs/{id}"), &[], "").await.status, 200);
    let repeat = platform.ask("POST", "/hello/wait", &fields[..1], "").await;
    assert_problem(&repeat, 409, "job-cancelled");
    assert_eq!(repeat.header(REPLAYED), Some("true"));
    assert_eq!(platform.counters().await.started, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_job_is_fetched_elsewhere_when_its_proxy_has_been_killed() {
    let mut platform = Platform::builder().proxies(2).start().await;
    let id = platform.submit("/hello/wait").await;
    assert!(eventually(SOON, async || platform.counters().await.started == 1).await);
    platform.proxies[0].process.kill();
    platform.proxies.remove(0);
    assert_eq!(platform.job(&id).await["state"], "running");
    signal(platform.address()).await;
    platform.job_is(&id, "done").await;
    assert_eq!(platform.job_answer(&id).await.status, 204);
    assert_eq!(platform.counters().await.started, 1);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyed_request_is_repeated_elsewhere_when_its_proxy_has_been_killed() {
    let mut platform = Platform::builder().proxies(2).start().await;
    let lost = later(platform.address(), "/hello/wait", "k");
    assert!(eventually(SOON, async || platform.counters().await.started == 1).await);
    platform.proxies[0].process.kill();
    assert_eq!(lost.await.unwrap(), None);
    platform.proxies.remove(0);
    let repeat = later(platform.address(), "/hello/wait", "k");
    let waits = eventually(SOON, async || platform.proxies[0].readyz().await["inFlight"] == 1);
    assert!(waits.await);
    signal(platform.address()).await;
    let repeat = repeat.await.unwrap().unwrap();
    assert_eq!((repeat.status, repeat.header(REPLAYED)), (204, Some("true")));
    assert_eq!(platform.counters().await.started, 1);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_elsewhere_while_the_first_runs_makes_one_execution_and_two_equal_answers() {
    let platform = Platform::builder().proxies(2).start().await;
    let target = "/hello/jobs/work?steps=8&ms=250";
    let [a, b] = [0, 1].map(|number| platform.proxies[number].address());
    let first = later(a, target, "k");
    assert!(eventually(SOON, async || platform.counters().await.started == 1).await);
    let repeat = later(b, target, "k");
    let (first, repeat) = (first.await.unwrap().unwrap(), repeat.await.unwrap().unwrap());
    assert_eq!((first.status, first.text().as_str()), (200, "worked in attempt 1\n"));
    assert_eq!((repeat.status, &repeat.body), (first.status, &first.body));
    assert_eq!((first.header(REPLAYED), repeat.header(REPLAYED)), (None, Some("true")));
    assert_eq!(platform.counters().await.started, 1);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_asked_for_below_the_paths_of_the_setting() {
    let platform = Platform::builder().proxy_args(&["--idempotency-required", "/hello/jobs"]).start().await;
    let bare = platform.ask("POST", "/hello/jobs/facts", &[("prefer", "respond-async")], "").await;
    assert_problem(&bare, 400, "idempotency-key-required");
    facts(&platform.ask("POST", "/hello/jobs/facts", &[("idempotency-key", "k")], "").await);
    assert_eq!(platform.ask("POST", "/hello/echo", &[], "x").await.text(), "x");
}

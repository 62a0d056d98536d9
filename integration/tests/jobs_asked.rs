//! Jobs as their clients ask for them: accepted, waited for, followed, cancelled.

use integration::{Platform, SOON, assert_problem};
use serde_json::{Value, json};
use test_support::{HttpClient, RawResponse, Signal, eventually};
use tokio::{io::AsyncReadExt as _, task::JoinHandle, time::timeout};

use crate::hostile::frames;

/// A GET that somebody else waits for, so that the test can go on.
fn later(
    platform: &Platform,
    target: String,
    field: (&'static str, &'static str),
) -> JoinHandle<RawResponse> {
    let address = platform.address();
    tokio::spawn(async move {
        let answer =
            async { HttpClient::connect(address).await?.request("GET", &target, &[field], b"").await };
        answer.await.unwrap_or_else(|error| panic!("GET {target}: {error}"))
    })
}

/// Has a job of `/hello/wait` run.
async fn running(platform: &Platform) -> String {
    let id = platform.submit("/hello/wait").await;
    platform.job_is(&id, "running").await;
    assert!(eventually(SOON, async || platform.counters().await.started == 1).await, "its handler waits");
    id
}

async fn signal(platform: &Platform) {
    assert_eq!(platform.ask("POST", "/hello/signal", &[], "").await.status, 204);
}

/// Event, number and document of each event.
fn events(text: &str) -> Vec<(String, u64, Value)> {
    let parse = |event: &str| {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        (
            field("event: ").to_owned(),
            field("id: ").parse().unwrap(),
            serde_json::from_str(field("data: ")).unwrap(),
        )
    };
    text.split("\n\n").filter(|event| event.contains("data: ")).map(parse).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_job_is_found_at_its_location_and_its_answer_where_it_says() {
    let platform = Platform::builder().proxy_args(&["--strip-prefix", "/api"]).start().await;
    let fields = [("prefer", "respond-async"), ("content-type", "text/x-mine")];
    let accepted = platform.ask("POST", "/api/hello/echo", &fields, "echoed").await;
    assert_eq!((accepted.status, accepted.header("preference-applied")), (202, Some("respond-async")));
    let location = accepted.header("location").unwrap();
    assert_eq!(location, format!("/api/-/jobs/{}", accepted.json()["id"].as_str().unwrap()));
    let waited = platform.ask("GET", location, &[("prefer", "wait=30")], "").await;
    assert_eq!((waited.status, waited.header("preference-applied")), (200, Some("wait=30")));
    let told = waited.json();
    for (member, value) in
        [("state", json!("done")), ("attempts", json!(1)), ("target", json!("/api/hello/echo"))]
    {
        assert_eq!(told[member], value, "{told}");
    }
    let times = ["created", "started", "finished"].map(|member| told[member].as_str().unwrap().to_owned());
    assert!(times.is_sorted(), "{told}");
    for target in
        [told["response"].as_str().unwrap(), &format!("/-/jobs/{}/response", told["id"].as_str().unwrap())]
    {
        let answer = platform.get(target).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "echoed"));
        assert_eq!(answer.header("content-type"), Some("text/x-mine"));
        assert!(answer.header("server-timing").unwrap().contains("worker;dur="));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_told_when_a_job_ends_however_short_a_connection_may_idle() {
    let platform = Platform::builder().proxy_args(&["--head-timeout=1", "--answer-timeout=1"]).start().await;
    let id = running(&platform).await;
    let early = platform.job_answer(&id).await;
    assert_problem(&early, 409, "job-not-finished");
    assert_eq!(early.header("location"), Some(&*format!("/-/jobs/{id}")));
    let following = later(&platform, format!("/-/jobs/{id}"), ("accept", "text/event-stream"));
    let document = later(&platform, format!("/-/jobs/{id}"), ("prefer", "wait=60"));
    let answer = later(&platform, format!("/-/jobs/{id}/response"), ("prefer", "wait=60"));
    let short = platform.ask("GET", &format!("/-/jobs/{id}"), &[("prefer", "wait=3")], "").await;
    assert_eq!((short.status, &short.json()["state"]), (200, &json!("running")), "longer than the time-outs");
    signal(&platform).await;
    assert_eq!(document.await.unwrap().json()["state"], "done");
    assert_eq!(answer.await.unwrap().status, 204);
    let told = events(&following.await.unwrap().text());
    assert_eq!(told.last().unwrap().2["state"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_a_client_does_not_take_do_not_keep_its_connection() {
    let platform = Platform::builder().proxy_args(&["--answer-timeout=1"]).start().await;
    let id = running(&platform).await;
    let (path, accept) = (format!("/-/jobs/{id}"), [("accept", "text/event-stream")]);
    let no_window = frames::frame(frames::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let asked = frames::open(1, &frames::fields("GET", &path, &accept), true);
    let mut client = platform.client().await;
    let acked = frames::frame(frames::SETTINGS, frames::ACK, 0, &[]);
    client.send(&[frames::PREFACE, &no_window, &acked, &asked].concat()).await.unwrap();
    let in_flight = async || platform.proxies[0].readyz().await["inFlight"] == 1;
    assert!(eventually(SOON, in_flight).await);
    let mut rest = Vec::new();
    let closed = timeout(SOON, client.stream().read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the connection is still there");
    signal(&platform).await;
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_of_progress_until_the_job_ends_however_short_a_connection_may_idle() {
    let platform = Platform::builder().proxy_args(&["--head-timeout=1", "--answer-timeout=1"]).start().await;
    let id = platform.submit("/hello/jobs/work?steps=12&ms=300").await;
    let accept = ("accept", "text/event-stream");
    let (one, other) = [0, 1].map(|_| later(&platform, format!("/-/jobs/{id}"), accept)).into();
    for answer in [one, other] {
        let answer = answer.await.unwrap();
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
        let told = events(&answer.text());
        assert!(told.iter().map(|(_, id, _)| *id).eq(1..=told.len() as u64), "{told:?}");
        assert_eq!(told[0].0, "state");
        let (name, _, last) = told.last().unwrap();
        assert_eq!((name.as_str(), &last["state"]), ("state", &json!("done")));
        let progress: Vec<_> = told.iter().filter(|(name, ..)| name == "progress").collect();
        assert!(!progress.is_empty(), "{told:?}");
        let percents = progress.iter().map(|(_, _, told)| told["progress"]["percent"].as_f64().unwrap());
        assert!(percents.is_sorted(), "{progress:?}");
    }
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_while_it_is_queued_never_runs() {
    let platform = Platform::builder().worker_args(&["--job-permits", "1"]).start().await;
    let first = running(&platform).await;
    let queued = platform.submit("/hello/wait").await;
    let cancelled = platform.ask("DELETE", &format!("/-/jobs/{queued}"), &[], "").await;
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (200, &json!("cancelled")));
    assert_problem(&platform.job_answer(&queued).await, 409, "job-cancelled");
    signal(&platform).await;
    platform.job_is(&first, "done").await;
    let empty = eventually(SOON, async || platform.stream("uptake-job-hello").await.unwrap().messages == 0);
    assert!(empty.await, "its message is settled");
    assert_eq!(platform.counters().await.started, 1);
    for id in [first, queued] {
        let again = platform.ask("DELETE", &format!("/-/jobs/{id}"), &[], "").await;
        assert_problem(&again, 409, "job-final");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_while_it_runs_is_given_up() {
    let platform = Platform::start().await;
    let id = running(&platform).await;
    let events_of_it = later(&platform, format!("/-/jobs/{id}"), ("accept", "text/event-stream"));
    assert_eq!(platform.ask("DELETE", &format!("/-/jobs/{id}"), &[], "").await.status, 200);
    assert!(eventually(SOON, async || platform.counters().await.dropped == 1).await);
    let told = platform.job(&id).await;
    assert_eq!((&told["state"], &told["attempts"]), (&json!("cancelled"), &json!(1)), "{told}");
    let told = events(&events_of_it.await.unwrap().text());
    assert_eq!(told.last().unwrap().2["state"], "cancelled");
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_leaves_its_job_alone() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    let head = "POST /hello/wait HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Length: 0\r\n\r\n";
    client.send(head.as_bytes()).await.unwrap();
    assert!(eventually(SOON, async || platform.counters().await.started == 1).await);
    drop(client);
    let left = eventually(SOON, async || platform.proxies[0].readyz().await["waiters"] == 0);
    assert!(left.await, "the proxy has noticed");
    signal(&platform).await;
    let answer = platform.ask("POST", "/hello/wait", &[("idempotency-key", "k")], "").await;
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (204, Some("true")));
    let counters = platform.counters().await;
    assert_eq!((counters.started, counters.dropped), (1, 0));
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_not_there_is_no_job_whatever_is_asked() {
    let platform = Platform::start().await;
    let theirs = [("prefer", "respond-async"), ("authorization", "Basic YTpi")];
    let accepted = platform.ask("POST", "/hello/wait", &theirs, "").await;
    let id = accepted.json()["id"].as_str().unwrap().to_owned();
    for id in [id.as_str(), "0123456789abcdef0123456789abcdef", "x", "%00"] {
        for (method, rest) in [("GET", ""), ("GET", "/response"), ("DELETE", "")] {
            let answer = platform.ask(method, &format!("/-/jobs/{id}{rest}"), &[], "").await;
            assert_problem(&answer, 404, "no-job");
        }
    }
    let own = platform.ask("DELETE", &format!("/-/jobs/{id}"), &theirs[1..], "").await;
    assert_eq!(own.status, 200, "its own tenant sees it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_drains_sends_away_who_waits_for_a_job() {
    let mut platform = Platform::builder().proxies(2).start().await;
    let id = running(&platform).await;
    let waiting = later(&platform, format!("/-/jobs/{id}"), ("prefer", "wait=60"));
    let following = later(&platform, format!("/-/jobs/{id}"), ("accept", "text/event-stream"));
    let both = eventually(SOON, async || platform.proxies[0].readyz().await["inFlight"] == 2);
    assert!(both.await, "a stream of events is a request in flight");
    platform.proxies[0].process.signal(Signal::TERM);
    let waited = waiting.await.unwrap();
    assert_eq!((waited.status, &waited.json()["state"]), (200, &json!("running")));
    let told = events(&following.await.unwrap().text());
    assert_eq!(told.last().unwrap().2["state"], "running");
    assert!(platform.proxies[0].process.wait_exit(2 * SOON).await.success());
    platform.proxies.remove(0);
    signal(&platform).await;
    platform.job_is(&id, "done").await;
}

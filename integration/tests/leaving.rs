//! Work that nobody waits for any more, and handlers that panic.

use std::time::Duration;

use integration::{Platform, SOON, assert_problem, wire_log::deliveries_of};
use test_support::{HttpClient, eventually};
use tokio::time::sleep;

/// Sends a GET and leaves `after` a while without an answer.
async fn ask_and_leave(platform: &Platform, target: &str, after: impl AsyncFnOnce()) {
    let mut client = platform.client().await;
    client.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await.unwrap();
    after().await;
}

#[tokio::test]
async fn a_client_that_leaves_stops_its_handler() {
    let platform = Platform::start().await;
    ask_and_leave(&platform, "/hello/work?ms=25000", async || {
        assert!(eventually(SOON, async || platform.counters().await.started == 1).await);
        assert_eq!(platform.counters().await.dropped, 0);
    })
    .await;
    let stopped = eventually(Duration::from_secs(10), async || platform.counters().await.dropped == 1);
    assert!(stopped.await, "the handler runs on: {:?}", platform.counters().await);
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_message_whose_client_left_while_it_was_queued_behind_others_never_runs() {
    let builder = Platform::builder().worker_args(&["--permits", "2"]).behind_chaos(true);
    let platform = builder.start().await;
    let wire = platform.workers[0].wire();
    let ahead: Vec<_> = (0..2).map(|_| platform.get_later("/hello/work?ms=5000")).collect();
    assert!(eventually(SOON, async || wire.unsettled_now() == 2).await);
    ask_and_leave(&platform, "/hello/work?ms=1", async || {
        assert!(eventually(SOON, async || platform.hello_stream().await.last_sequence == 3).await);
    })
    .await;
    for answer in ahead {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    // First in, first out: its turn comes before that of the look at the counters.
    let counters = platform.counters().await;
    assert_eq!((counters.started, counters.dropped), (2, 0));
    assert_eq!(deliveries_of(wire, "get", "/hello/work").len(), 3, "it was taken up, and settled unrun");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_queued_call_whose_budget_is_used_up_is_not_run() {
    let mut platform = Platform::builder().worker_args(&["--permits", "1"]).start().await;
    let hasty = platform.add_proxy(&["--budget", "1"]).await.address();
    let ahead = platform.get_later("/hello/work?ms=4000");
    assert!(eventually(SOON, async || platform.hello_stream().await.last_sequence == 1).await);
    let answer = HttpClient::connect(hasty).await.unwrap().get("/hello/work?ms=1").await.unwrap();
    assert_problem(&answer, 504, "outcome-unknown");
    assert!(!ahead.is_finished(), "it was queued behind another one");
    assert_eq!(ahead.await.unwrap().status, 200);
    let counters = platform.counters().await;
    assert_eq!((counters.started, counters.dropped), (1, 0));
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_handler_that_exceeds_the_budget_is_stopped() {
    let platform = Platform::builder().proxy_args(&["--budget", "2"]).start().await;
    assert_problem(&platform.get("/hello/work?ms=30000").await, 504, "outcome-unknown");
    assert!(eventually(SOON, async || platform.counters().await.dropped == 1).await);
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_panic_is_one_500_and_the_worker_goes_on() {
    let mut platform = Platform::builder().behind_chaos(true).start().await;
    assert_problem(&platform.get("/hello/panic").await, 500, "handler-panicked");
    let posted = platform.client().await.request::<&str, &str>("POST", "/hello/panic", &[], "x").await;
    assert_problem(&posted.unwrap(), 500, "handler-panicked");
    sleep(Duration::from_millis(100)).await;
    platform.assert_sound().await;
    let wire = platform.workers[0].wire();
    for method in ["get", "post"] {
        assert_eq!(deliveries_of(wire, method, "/hello/panic").len(), 1, "one delivery of {method}");
    }
    assert!(platform.workers[0].process.is_running());
}

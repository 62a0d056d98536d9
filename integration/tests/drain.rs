//! Processes that are asked to end, under load.

use std::time::Duration;

use integration::{
    Platform, SOON, heavy,
    load::{Ask, Load, Outcome, assert_all_ok},
    wire_log::assert_delivered_once,
};
use test_support::{Signal, eventually};
use tokio::time::sleep;

/// Longer than an open pull request lives at the server.
const DRAINED_WITHIN: Duration = Duration::from_secs(30);

/// GETs and POSTs, some short and some long; one in four on a connection of its own.
fn mixed(number: usize) -> Ask {
    let ask = match number % 8 {
        0..3 => Ask::get("/hello/work?ms=20"),
        3..6 => Ask::post("/hello/work?ms=20", "x"),
        6 => Ask::get("/hello/work?ms=300"),
        _ => Ask::post("/hello/echo", number.to_string()),
    };
    if number.is_multiple_of(4) { ask.and_close() } else { ask }
}

/// POSTs, one in two on a connection of its own.
fn posts(number: usize) -> Ask {
    let ask = Ask::post("/hello/echo", number.to_string());
    if number.is_multiple_of(2) { ask.and_close() } else { ask }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_of_a_worker_under_load_costs_no_request() {
    let _turn = heavy().await;
    let builder = Platform::builder().workers(2).worker_args(&["--permits", "16"]).behind_chaos(true);
    let mut platform = builder.start().await;
    let load = Load::start(&[platform.address()], 32, usize::MAX, mixed);
    load.reach(500).await;
    platform.workers[0].process.signal(Signal::TERM);
    assert!(platform.workers[0].process.wait_exit(DRAINED_WITHIN).await.success());
    sleep(Duration::from_millis(500)).await;
    let outcomes = load.stop().await;
    assert_all_ok(&outcomes);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.repeated).count(), 0);
    let wires = platform.workers.iter().map(|worker| worker.wire());
    assert_delivered_once(wires);
    assert_eq!(platform.workers[0].wire().unsettled_now(), 0);
    platform.workers.remove(0);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_idles_ends_soon_after_sigterm_and_what_it_was_sent_meanwhile_is_answered() {
    let mut platform = Platform::start().await;
    sleep(Duration::from_millis(200)).await;
    platform.workers[0].process.signal(Signal::TERM);
    platform.workers[0].process.wait_for_line("draining", SOON).await;
    // Its pull request is still open at the server.
    assert_eq!(platform.get("/hello").await.status, 200);
    assert!(platform.workers[0].process.wait_exit(DRAINED_WITHIN).await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_finishes_what_it_runs_before_it_ends() {
    let mut platform = Platform::start().await;
    let running = platform.get_later("/hello/work?ms=3000");
    sleep(Duration::from_millis(500)).await;
    platform.workers[0].process.signal(Signal::TERM);
    assert_eq!(running.await.unwrap().status, 200);
    assert!(platform.workers[0].process.wait_exit(DRAINED_WITHIN).await.success());
}

/// Two proxies on one port under load; one, of two threads, is asked to end. Returns what the clients saw.
async fn end_one_of_two_proxies(make: fn(usize) -> Ask) -> Vec<Outcome> {
    let builder = Platform::builder().proxies(0).worker_args(&["--permits", "32"]);
    let mut platform = builder.start().await;
    let address = platform.add_proxy(&["--reuse-port", "--threads", "2"]).await.address();
    platform.add_proxy(&["--reuse-port", "--listen", &address.to_string()]).await;
    let load = Load::start(&[address], 32, usize::MAX, make);
    load.reach(500).await;
    let ending = &mut platform.proxies[0];
    let before = ending.process.lines().iter().filter(|line| line.contains("/hello/")).count();
    assert!(before > 0, "the kernel gave it no connection");
    ending.process.signal(Signal::TERM);
    assert!(ending.process.wait_exit(DRAINED_WITHIN).await.success(), "{}", ending.process.output());
    sleep(Duration::from_millis(500)).await;
    let outcomes = load.stop().await;
    platform.proxies.remove(0);
    platform.assert_sound().await;
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_of_one_of_two_proxies_under_load_costs_no_request() {
    let _turn = heavy().await;
    let outcomes = end_one_of_two_proxies(mixed).await;
    assert_all_ok(&outcomes);
    // A client may repeat a GET whose connection ended before the first octet of an answer; it should not have to.
    let repeated = outcomes.iter().filter(|outcome| outcome.repeated).count();
    println!("{repeated} of {} GETs and POSTs were repeated on a new connection", outcomes.len());
    assert!(repeated <= 32, "{repeated} were repeated: more than there were connections");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_of_one_of_two_proxies_resets_no_connection_with_a_post_on_it() {
    let _turn = heavy().await;
    let outcomes = end_one_of_two_proxies(posts).await;
    assert_all_ok(&outcomes);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thread_of_a_proxy_takes_requests_over_a_connection_of_its_own() {
    let platform = Platform::builder().proxy_args(&["--threads", "2"]).start().await;
    let all_publish = async || {
        // Each on a new connection, which either thread may accept.
        assert_eq!(platform.get("/hello").await.status, 200);
        let connections = platform.server.monitor("/connz").await["connections"].take();
        let proxy = connections.as_array().unwrap().iter().filter(|one| one["name"] == "uptake proxy");
        let published: Vec<_> = proxy.map(|one| one["in_msgs"].as_u64().unwrap()).collect();
        assert_eq!(published.len(), 2);
        // A connection that serves nobody reads the list of streams now and then.
        published.iter().all(|count| *count >= 10)
    };
    assert!(eventually(SOON, all_publish).await);
    let state = platform.proxies[0].readyz().await;
    assert_eq!((&state["connected"], &state["waiters"]), (&true.into(), &0.into()), "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_drains_is_not_ready_and_finishes_what_it_has() {
    let mut platform = Platform::builder().proxies(2).start().await;
    let running = platform.get_later("/hello/work?ms=2000");
    sleep(Duration::from_millis(500)).await;
    platform.proxies[0].process.signal(Signal::TERM);
    platform.proxies[0].process.wait_for_line("draining", SOON).await;
    let state = platform.proxies[0].readyz().await;
    assert_eq!((&state["ready"], &state["inFlight"]), (&false.into(), &1.into()), "{state}");
    let answer = running.await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(platform.proxies[0].process.wait_exit(SOON).await.success());
    platform.proxies.remove(0);
    platform.assert_sound().await;
}

//! `uptake top` of a platform that runs.

use integration::{Platform, SOON, command_line::uptake};
use serde_json::Value;
use test_support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn top_tells_of_a_platform_as_text_and_as_json() {
    let platform = Platform::start().await;
    let held = platform.get_later("/hello/wait");
    let json = async || uptake(&platform.server, "top --json").await.done().json();
    let busy = async || {
        let overview = json().await;
        let busy = |service: &Value| service["busy"] == 1 && service["inWork"] == 1;
        busy(&overview["services"][0]) && overview["proxies"][0]["inFlight"] == 1
    };
    assert!(eventually(SOON, busy).await, "{:#}", json().await);
    let overview = json().await;
    let worker = overview["workers"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(overview["services"][0]["noWorker"], false);

    let once = uptake(&platform.server, "top --once").await.done();
    assert_eq!(once.stderr, "");
    for expected in
        ["uptake at 20", "nats-server 2.", "Dead letters: 0", &worker, "uptake-call-hello", "  ok"]
    {
        assert!(once.stdout.contains(expected), "no {expected} in {}", once.stdout);
    }
    let titles = |text: &str| text.lines().filter(|line| line.chars().all(char::is_alphabetic)).count();
    let without = uptake(&platform.server, "top").await.done();
    assert_eq!(titles(&without.stdout), titles(&once.stdout), "the same where there is no terminal");
    assert!(!once.stdout.contains('\u{1b}'));
    held.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn top_says_which_service_has_no_worker() {
    let mut platform = Platform::start().await;
    platform.workers.clear();
    let _asked = platform.get_later("/hello");
    // The pull requests of a worker that was killed stay open until they expire, 10 s.
    let alone = eventually(SOON, async || {
        uptake(&platform.server, "top --once").await.done().stdout.contains("NO WORKER")
    });
    assert!(alone.await, "{}", uptake(&platform.server, "top --once").await.stdout);
}

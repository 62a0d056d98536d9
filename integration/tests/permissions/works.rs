//! All that the platform does, with the users that are rendered.

use integration::SOON;
use serde_json::Value;
use test_support::{HttpClient, eventually};

use super::stage::Stage;

/// Requests to JetStream that are made while nobody asks for anything: looks at streams, stores and clocks.
const IDLE_REQUESTS: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_with_the_users_that_are_rendered_and_nothing_is_refused() {
    let stage = Stage::start().await;
    calls(&stage).await;
    jobs(&stage).await;
    dead_letters(&stage).await;
    private_listener(&stage).await;
    overview(&stage).await;

    let asked = async || stage.platform.server.monitor("/jsz").await["api"]["total"].as_u64().unwrap();
    let before = asked().await;
    assert!(eventually(SOON, async || asked().await >= before + IDLE_REQUESTS).await, "nobody looks");
    assert_eq!(stage.violations(), Vec::<String>::new());
    let programs = stage.platform.workers.iter().map(|worker| &worker.process);
    for program in programs.chain(stage.platform.proxies.iter().map(|proxy| &proxy.process)) {
        assert!(!program.output().contains("Violation"), "{}", program.output());
    }
}

async fn calls(stage: &Stage) {
    let platform = &stage.platform;
    assert_eq!(platform.get("/hello/inspect").await.status, 200);
    let relayed = platform.get("/hello/relay?target=/hello/inspect/inner").await;
    assert_eq!((relayed.status, relayed.json()["target"].clone()), (200, "/hello/inspect/inner".into()));
    // A client that leaves: its call is cancelled.
    let left = platform.get_later("/hello/wait");
    let busy = async || platform.get("/hello/counters").await.json()["started"].as_u64() == Some(1);
    assert!(eventually(SOON, busy).await);
    left.abort();
    let dropped = async || platform.get("/hello/counters").await.json()["dropped"].as_u64() == Some(1);
    assert!(eventually(SOON, dropped).await, "the cancel has reached no worker");
}

async fn jobs(stage: &Stage) {
    let platform = &stage.platform;
    for replayed in [None, Some("true")] {
        let answer = platform.ask("POST", "/hello/echo", &[("idempotency-key", "k")], "hi").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "hi"));
        assert_eq!(answer.header("idempotency-replayed"), replayed);
    }
    let id = platform.submit("/hello/jobs/work?steps=3&ms=50").await;
    let events = platform.ask("GET", &format!("/-/jobs/{id}"), &[("accept", "text/event-stream")], "").await;
    assert!(events.text().contains("done"), "{}", events.text());
    let waiting = platform.submit("/hello/wait").await;
    platform.job_is(&waiting, "running").await;
    assert_eq!(platform.ask("DELETE", &format!("/-/jobs/{waiting}"), &[], "").await.status, 200);
    platform.job_is(&waiting, "cancelled").await;
    // Its first attempt kills the worker: what was not settled goes to the other one.
    let survivor = platform.submit("/hello/jobs/die?times=1").await;
    platform.job_is(&survivor, "done").await;
}

/// The number of the newest dead letter, once there are `count` more than there were.
async fn letter_of(stage: &Stage, target: &str) -> u64 {
    let id = stage.platform.submit(target).await;
    stage.platform.job_is(&id, "failed").await;
    let listed: Value = serde_json::from_str(&stage.uptake("dead-letters list --json").await).unwrap();
    let letters = listed["deadLetters"].as_array().unwrap();
    letters.last().unwrap()["sequence"].as_u64().unwrap()
}

async fn dead_letters(stage: &Stage) {
    let failing = "/hello/jobs/fail?times=9";
    let letter = letter_of(stage, failing).await;
    assert!(stage.uptake(&format!("dead-letters show {letter}")).await.contains("/hello/jobs/fail"));
    stage.uptake(&format!("dead-letters redrive {letter}")).await;
    let second = letter_of(stage, failing).await;
    stage.uptake(&format!("dead-letters delete {second} --yes")).await;
    letter_of(stage, failing).await;
    assert!(stage.uptake("dead-letters purge --yes").await.contains("deleted"));
    let waiting = stage.platform.submit("/hello/wait").await;
    stage.platform.job_is(&waiting, "running").await;
    assert!(stage.uptake("jobs list --state running").await.contains(&waiting));
    assert!(stage.uptake(&format!("jobs show {waiting}")).await.contains("/hello/wait"));
    stage.uptake(&format!("jobs cancel {waiting} --yes")).await;
    stage.platform.job_is(&waiting, "cancelled").await;
}

async fn private_listener(stage: &Stage) {
    let mut admin = HttpClient::connect(stage.platform.proxies[0].admin()).await.unwrap();
    let fields = [("uptake-admin", "1")];
    let letter = letter_of(stage, "/hello/jobs/fail?times=9").await;
    let redriven =
        admin.request("POST", &format!("/dead-letters/{letter}/redrive"), &fields, "").await.unwrap();
    assert_eq!(redriven.status, 200, "{}", redriven.text());
    let letter = letter_of(stage, "/hello/jobs/fail?times=9").await;
    let deleted = admin.request("DELETE", &format!("/dead-letters/{letter}"), &fields, "").await.unwrap();
    assert_eq!(deleted.status, 204, "{}", deleted.text());
    let listed = admin.get("/jobs?state=done").await.unwrap();
    assert!(!listed.json()["jobs"].as_array().unwrap().is_empty());
    // What is told of streams comes by the proxy's own user.
    let told = async || {
        let mut admin = HttpClient::connect(stage.platform.proxies[0].admin()).await.unwrap();
        admin.get("/metrics").await.unwrap().text().contains("uptake-job-inner")
    };
    assert!(eventually(SOON, told).await);
}

async fn overview(stage: &Stage) {
    let mut last = String::new();
    let whole = eventually(SOON, async || {
        last = stage.uptake("top --json").await;
        let told: Value = serde_json::from_str(&last).unwrap();
        let count = |name: &str| told[name].as_array().map_or(0, Vec::len);
        // One of three workers has died.
        (count("workers"), count("proxies"), count("errors")) == (2, 1, 0) && count("streams") == 6
    });
    assert!(whole.await, "{last}");
}

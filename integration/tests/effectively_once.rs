//! A worker dies when it has committed and not yet answered.

use integration::{
    Platform, SOON, assert_problem,
    program::{spawn, spawn_with},
};
use tempfile::TempDir;
use test_support::{HttpClient, Process, RawResponse};

/// What became of a `POST /users` whose worker died so.
struct Loss {
    platform: Platform,
    answer: RawResponse,
    other: Process,
    _directory: TempDir,
}

async fn die_after_a_commit(flags: &[&str]) -> Loss {
    let platform = Platform::builder().workers(0).start().await;
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/ratings.db", directory.path().display());
    let url = platform.server.url();
    let args = ["--nats-url", &url, "--database-url", &database, "--ack-wait", "2", "--log", "info"];
    let args = [&args[..], flags].concat();
    let mut first = spawn_with("rating-service", &args, &[("UPTAKE_FAULT_POINTS", "committed=1")]);
    first.wait_for_line("pulling", SOON).await;
    let address = platform.address();
    let answer = tokio::spawn(async move {
        let mut client = HttpClient::connect(address).await.unwrap();
        let json = [("content-type", "application/json")];
        client.request("POST", "/users", &json, r#"{"name": "Ann"}"#).await.unwrap()
    });
    assert!(!first.wait_exit(SOON).await.success());
    let mut other = spawn("rating-service", &args);
    other.wait_for_line("pulling", SOON).await;
    Loss { platform, answer: answer.await.unwrap(), other, _directory: directory }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_answered_once_and_done_once_though_its_worker_dies_after_the_commit() {
    let mut loss = die_after_a_commit(&[]).await;
    assert_eq!(loss.answer.status, 201, "{}", loss.answer.text());
    loss.other.wait_for_line("executed before", SOON).await;
    let users = loss.platform.get("/users").await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1, "{users}");
    assert_eq!(users["items"][0], loss.answer.json());
    let shown = loss.platform.get(loss.answer.header("location").unwrap()).await;
    assert_eq!(shown.header("etag"), loss.answer.header("etag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_inbox_such_a_post_is_answered_outcome_unknown() {
    let loss = die_after_a_commit(&["--inbox=false"]).await;
    assert_problem(&loss.answer, 502, "outcome-unknown");
    let users = loss.platform.get("/users").await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1, "{users}");
}

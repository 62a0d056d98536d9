//! What workers make of jobs: attempts, failures, cancels, copies.

use integration::{Platform, SOON};
use serde_json::json;
use test_support::eventually;

/// Attempts follow each other quickly.
const QUICK: [&str; 4] = ["--job-backoff", "0.05", "--ack-wait", "2"];

async fn quick() -> Platform {
    Platform::builder().worker_args(&QUICK).start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_executed_and_its_handler_knows_which_it_is() {
    let platform = quick().await;
    let id = platform.submit("/hello/jobs/facts").await;
    let told = platform.job_is(&id, "done").await;
    assert_eq!((&told["run"], &told["attempts"]), (&json!(1), &json!(1)), "{told}");
    let answer = platform.job_answer(&id).await;
    assert_eq!(answer.json(), json!({"id": id, "run": 1, "attempt": 1, "inbox_key": id}));
    let empty = eventually(SOON, async || platform.stream("uptake-job-hello").await.unwrap().messages == 0);
    assert!(empty.await, "it is acked");
    assert_eq!(platform.dead_letters().await.len(), 0);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_failure_ends_a_job_whatever_its_status() {
    let platform = quick().await;
    let id = platform.submit("/hello/jobs/fail?times=9&status=404").await;
    let told = platform.job_is(&id, "done").await;
    assert_eq!(told["attempts"], 1);
    assert_eq!(platform.job_answer(&id).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_tried_again_after_its_backoff_and_what_retry_after_asks_for() {
    let platform = quick().await;
    let id = platform.submit("/hello/jobs/fail?times=2&status=503").await;
    let slow = platform.submit("/hello/jobs/fail?times=1&status=429&retry_after=3600").await;
    let told = platform.job_is(&id, "done").await;
    assert_eq!((&told["attempts"], &told["lastFailure"]["status"]), (&json!(3), &json!(503)), "{told}");
    assert_eq!(platform.job_answer(&id).await.text(), "3");
    let told = platform.job_until(&slow, "put off", |job| job["nextAttempt"].is_string()).await;
    assert_eq!((&told["state"], &told["attempts"]), (&json!("accepted"), &json!(1)), "{told}");
    let at = |name: &str| told[name].as_str().unwrap().to_owned();
    assert!(at("nextAttempt") > at("started"), "{told}");
    assert_eq!(platform.job(&slow).await["state"], "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_attempts_are_used_up_keeps_its_last_failure_and_leaves_a_dead_letter() {
    let args = [&QUICK[..], &["--job-route", "/hello/jobs/panic attempts=2"]].concat();
    let platform = Platform::builder().worker_args(&args).start().await;
    let failed = platform.ask(
        "POST",
        "/hello/jobs/fail?times=9&status=500",
        &[
            ("prefer", "respond-async"),
            ("authorization", "Bearer secret"),
            ("cookie", "a=secret"),
            ("x-kept", "yes"),
        ],
        "body",
    );
    let id = failed.await.json()["id"].as_str().unwrap().to_owned();
    let panicked = platform.submit("/hello/jobs/panic?times=9").await;
    let told = platform.job_is(&panicked, "failed").await;
    assert_eq!((&told["attempts"], &told["lastFailure"]["error"]), (&json!(2), &json!("handler-panicked")));
    integration::assert_fault(&platform.job_answer(&panicked).await, 500, "handler-panicked");

    let is_stored = eventually(SOON, async || platform.dead_letters().await.len() == 2);
    assert!(is_stored.await, "{:?}", platform.dead_letters().await);
    let letters = platform.dead_letters().await;
    let letter = letters.iter().find(|letter| letter.facts["job"] == json!(id)).unwrap();
    for (name, value) in [
        ("cause", json!("attempts-failed")),
        ("class", json!("job")),
        ("service", json!("hello")),
        ("stream", json!("uptake-job-hello")),
        ("attempts", json!(5)),
        ("status", json!(500)),
        ("method", json!("POST")),
        ("target", json!("/hello/jobs/fail?times=9&status=500")),
        ("leftOut", json!(["authorization", "cookie"])),
    ] {
        assert_eq!(letter.facts[name], value, "{name} in {}", letter.facts);
    }
    assert_eq!(letter.original["body"], "Ym9keQ==");
    let text = letter.original.to_string();
    assert!(text.contains("Http-x-kept") && !text.contains("secret"), "{text}");
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_which_there_is_no_room_ends_its_job_at_once() {
    let platform = quick().await;
    let id = platform.submit("/hello/jobs/large?octets=70000").await;
    let told = platform.job_is(&id, "failed").await;
    assert_eq!(told["attempts"], 1, "a repeat would make the same answer");
    integration::assert_fault(&platform.job_answer(&id).await, 502, "answer-too-large");
    let fits = platform.submit("/hello/jobs/large?octets=65000").await;
    platform.job_is(&fits, "done").await;
    assert_eq!(platform.job_answer(&fits).await.body.len(), 65000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_never_ends_is_dropped_at_its_timeout() {
    let args = [&QUICK[..], &["--job-route", "/hello/jobs/forever timeout=0.3 attempts=2"]].concat();
    let platform = Platform::builder().worker_args(&args).start().await;
    let id = platform.submit("/hello/jobs/forever").await;
    let told = platform.job_is(&id, "failed").await;
    assert_eq!((&told["attempts"], &told["lastFailure"]["error"]), (&json!(2), &json!("job-timeout")));
    let counters = platform.counters().await;
    assert_eq!((counters.started, counters.dropped), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_while_it_runs_is_dropped_and_one_that_waits_never_runs() {
    let args = [&QUICK[..], &["--job-permits", "1"]].concat();
    let platform = Platform::builder().worker_args(&args).start().await;
    let running = platform.submit("/hello/jobs/forever").await;
    platform.job_is(&running, "running").await;
    let waiting = platform.submit("/hello/jobs/forever").await;
    for id in [&waiting, &running] {
        let answer = platform.ask("DELETE", &format!("/-/jobs/{id}"), &[], "").await;
        assert!((200..300).contains(&answer.status), "{}", answer.text());
        assert_eq!(platform.job(id).await["state"], "cancelled");
    }
    let empty = eventually(SOON, async || platform.stream("uptake-job-hello").await.unwrap().messages == 0);
    assert!(empty.await, "both are acked");
    let counters = platform.counters().await;
    assert_eq!((counters.started, counters.dropped), (1, 1), "the one that ran was dropped");
    let next = platform.submit("/hello/jobs/facts").await;
    platform.job_is(&next, "done").await;
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_seen_while_a_job_runs_and_the_last_of_it_when_it_is_done() {
    let platform = quick().await;
    let id = platform.submit("/hello/jobs/work?steps=8&ms=200").await;
    let told = platform.job_until(&id, "on its way", |job| job["progress"].is_object()).await;
    assert_eq!(told["state"], "running", "{told}");
    let told = platform.job_is(&id, "done").await;
    assert_eq!(told["progress"], json!({"percent": 100.0, "text": "step 8 of 8"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_jobs_keep_no_call_waiting() {
    let args = [&QUICK[..], &["--permits", "1", "--job-permits", "2"]].concat();
    let platform = Platform::builder().worker_args(&args).start().await;
    let jobs = [platform.submit("/hello/jobs/forever").await, platform.submit("/hello/jobs/forever").await];
    for id in &jobs {
        platform.job_is(id, "running").await;
    }
    assert_eq!(platform.get("/hello").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_permits_for_jobs_has_no_stream_for_them() {
    let platform = Platform::builder().worker_args(&["--job-permits", "0"]).start().await;
    assert_eq!(platform.stream("uptake-job-hello").await, None);
    let answer = platform.ask("POST", "/hello/jobs/facts", &[("prefer", "respond-async")], "").await;
    assert_eq!((answer.status, answer.text().as_str()), (409, "no job\n"), "it is a call");
}

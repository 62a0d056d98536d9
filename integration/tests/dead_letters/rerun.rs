//! Redrives of jobs that real workers have given up.

use std::ops::RangeInclusive;

use integration::{
    Platform, SOON,
    command_line::{uptake, uptake_with},
    heavy,
};
use serde_json::{Value, json};
use test_support::eventually;

/// Counts its runs, and never ends in time.
const JOB: &str = "/hello/jobs/work?steps=1&ms=30000";
/// One attempt, which fails at once.
const ARGS: [&str; 4] = ["--job-permits", "64", "--job-route", "/hello/jobs attempts=1 timeout=0.2"];

async fn platform() -> Platform {
    Platform::builder().worker_args(&ARGS).start().await
}

async fn letters(platform: &Platform) -> Vec<Value> {
    let list = uptake(&platform.server, "dead-letters list --limit 1000 --json").await.done().json();
    list["deadLetters"].as_array().unwrap().clone()
}

/// Waits until the letters are those with these numbers.
async fn letters_are(platform: &Platform, numbers: RangeInclusive<u64>) {
    let wanted: Vec<_> = numbers.clone().map(|number| json!(number)).collect();
    let found =
        async || letters(platform).await.iter().map(|one| one["sequence"].clone()).collect::<Vec<_>>();
    assert!(eventually(SOON, async || found().await == wanted).await, "{:?}, not {numbers:?}", found().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_that_was_interrupted_has_the_job_run_once_more_and_not_twice() {
    let _turn = heavy().await;
    let platform = platform().await;
    let id = platform.submit(JOB).await;
    letters_are(&platform, 1..=1).await;
    assert_eq!(platform.counters().await.started, 1);

    let points = [("UPTAKE_FAULT_POINTS", "redrive-recorded=1")];
    assert_eq!(uptake_with(&platform.server, "dead-letters redrive 1", &points).await.code, None);
    let half = platform.job(&id).await;
    assert_eq!((&half["state"], &half["run"], &half["attempts"]), (&json!("accepted"), &json!(2), &json!(0)));
    let both =
        futures_util::future::join_all([1, 2, 3].map(|_| uptake(&platform.server, "dead-letters redrive 1")));
    assert!(both.await.iter().any(|told| told.code == Some(0)));
    // It fails again, with a letter of its own.
    letters_are(&platform, 2..=2).await;
    let facts = letters(&platform).await[0]["facts"].clone();
    assert_eq!((&facts["job"], &facts["run"], &facts["attempts"]), (&json!(id), &json!(2), &json!(1)));
    assert_eq!(platform.counters().await.started, 2, "once more, not twice");
    let empty = eventually(SOON, async || platform.stream("uptake-job-hello").await.unwrap().messages == 0);
    assert!(empty.await);
    assert_eq!(platform.counters().await.started, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_again_while_all_are_redriven_is_not_taken_up_again() {
    let _turn = heavy().await;
    let platform = platform().await;
    // More than are redriven between two looks at the list: the second look finds what has failed again meanwhile.
    let jobs = 110;
    let ids = futures_util::future::join_all((0..jobs).map(|_| platform.submit(JOB))).await;
    letters_are(&platform, 1..=jobs).await;
    let told = uptake(&platform.server, "dead-letters redrive --all --service hello").await.done().stdout;
    assert!(told.ends_with("110 redriven, 0 not\n"), "{told}");
    letters_are(&platform, jobs + 1..=2 * jobs).await;
    assert_eq!(platform.counters().await.started, 2 * jobs);
    let shown = uptake(&platform.server, &format!("jobs show {}", ids[0])).await.done().stdout;
    assert!(shown.contains("1, in run 2") && shown.contains("504 job-timeout"), "{shown}");
    let failed =
        uptake(&platform.server, "jobs list --state failed --path /hello/jobs --limit 200 --json").await;
    assert_eq!(failed.done().json()["jobs"].as_array().unwrap().len(), 110);
    assert_eq!(uptake(&platform.server, "jobs list --path /hello/job").await.done().stdout, "no jobs\n");
}

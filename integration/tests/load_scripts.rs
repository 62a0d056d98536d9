//! The scripts of k6 that are short and about right answers, by the real k6.

use std::{
    fs,
    process::{Command, Output},
};

use test_support::tools::{self, workspace_root};

use crate::rating_service::Ratings;

/// The exit code of k6 where a threshold does not hold.
const OBJECTIVE_MISSED: i32 = 99;

/// Writes of `idempotency`, each sent three times: fewer than in a load test.
const WRITES: &str = "20";

/// Runs a script against a platform; what it prints, and the summaries for programs and people.
async fn run(script: &'static str, ratings: &Ratings) -> (Output, serde_json::Value, String) {
    let base_url = format!("http://{}/api", ratings.platform.address());
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(tools::k6().unwrap().path);
        command.args(["run", "--no-usage-report", "--quiet", "--address", "", script]);
        command.env("BASE_URL", base_url).env("SUMMARY_DIR", folder.path()).env("WRITES", WRITES);
        let output = command.current_dir(workspace_root().join("k6")).output().unwrap();
        let summary = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        let json = serde_json::from_str(&summary("summary.json")).unwrap_or_default();
        (output, json, summary("summary.html"))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn smoke_finds_nothing_wrong_and_says_so_to_people_and_programs() {
    let ratings = Ratings::start().await;
    let (output, json, html) = run("smoke.js", &ratings).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("All objectives are met."), "{text}");
    assert_eq!(
        (&json["passed"], &json["requests"]["classes"]["ok"]),
        (&true.into(), &json["requests"]["asked"])
    );
    assert!(html.contains("✓ All"), "{html}");
    let left = ratings.platform.get("/api/users?name=load-").await.json();
    assert_eq!(left["items"].as_array().map(Vec::len), Some(0), "it has removed what it made: {left}");
}

#[tokio::test]
async fn smoke_notices_a_service_that_answers_wrongly() {
    let ratings = Ratings::start_as("broken-service", &["rating-service", "--break", "wrong"]).await;
    let (output, json, html) = run("smoke.js", &ratings).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(OBJECTIVE_MISSED),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("NOT all objectives are met."), "{text}");
    assert_eq!(json["passed"], false);
    assert!(html.contains("What was not so"), "{html}");
}

#[tokio::test]
async fn idempotency_sees_one_effect_of_each_key() {
    let ratings = Ratings::start().await;
    let (output, json, _) = run("idempotency.js", &ratings).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(json["requests"]["asked"], 140);
}

#[tokio::test]
async fn idempotency_notices_a_service_that_does_everything_twice() {
    let ratings = Ratings::start_as("broken-service", &["rating-service", "--break", "doubles"]).await;
    let (output, json, _) = run("idempotency.js", &ratings).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(OBJECTIVE_MISSED), "{text}");
    let checks = json["checks"].as_array().unwrap();
    let one_user = checks.iter().find(|check| check["name"] == "there is one user for each write").unwrap();
    assert_eq!(one_user["fails"], 1, "{text}");
}

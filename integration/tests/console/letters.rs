//! Dead letters and jobs, by who is signed in.

use serde_json::Value;
use uptake::wire::{DeadCause, DeadLetter, JobState};

use super::stage::{Browser, Settings, TOKEN, slug};
use crate::dead_letters::stage::{Stage, letter_of_job, record};

async fn stage() -> (Stage, Settings) {
    let settings = Settings::new(TOKEN);
    let args = settings.args();
    (Stage::start_with(&[&args[0], &args[1]]).await, settings)
}

fn sequences(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|one| one["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn letters_are_listed_inspected_redriven_and_deleted() {
    let (stage, _settings) = stage().await;
    for number in 1..=9 {
        let cause = if number > 6 { DeadCause::WorkerLost } else { DeadCause::AttemptsFailed };
        let letter = DeadLetter { cause, ..letter_of_job(number) };
        stage.store_record(&record(&letter, "/users", JobState::Failed)).await;
        stage.store_letter(letter, "/users", b"body").await;
    }
    let browser = Browser::signed_in(&stage.platform.proxies[0]).await;
    let at = |path: &str| format!("/console/api/dead-letters{path}");
    let page = browser.get(&at("?cause=attempts-failed&limit=4")).await.json();
    assert_eq!((sequences(&page["deadLetters"]), page["next"].as_u64()), (vec![1, 2, 3, 4], Some(4)));
    let letter = browser.get(&at("/3")).await.json();
    assert_eq!(
        (letter["sequence"].as_u64(), &letter["facts"]["cause"]),
        (Some(3), &"attempts-failed".into())
    );
    assert_eq!(letter["message"]["body"], "Ym9keQ==", "{letter}");
    let one = browser.ask("POST", &at("/1/redrive")).await.json();
    assert_eq!((one["sequence"].as_u64(), one["run"].as_u64()), (Some(1), Some(2)));
    let many = browser.ask("POST", &at("/redrive?cause=attempts-failed&limit=2")).await.json();
    assert_eq!((sequences(&many["redriven"]), many["next"].as_u64()), (vec![2, 3], Some(3)));
    assert_eq!(browser.ask("DELETE", &at("/4")).await.status, 204);
    assert_eq!(slug(&browser.ask("DELETE", &at("/4")).await), "no-dead-letter");
    let some = browser.ask("DELETE", &at("?cause=worker-lost&limit=2")).await.json();
    assert_eq!(some, serde_json::json!({"deleted": 2, "next": 8}));
    let rest = browser.ask("DELETE", &at("?cause=worker-lost&after=8")).await.json();
    assert_eq!(rest, serde_json::json!({"deleted": 1, "next": null}));
    assert_eq!(stage.letters().await, [5, 6]);
}

#[tokio::test]
async fn jobs_are_listed_shown_and_cancelled() {
    let (stage, _settings) = stage().await;
    let job = record(&letter_of_job(1), "/users", JobState::Accepted);
    stage.store_record(&job).await;
    let browser = Browser::signed_in(&stage.platform.proxies[0]).await;
    let list = browser.get("/console/api/jobs?state=accepted&path=/users").await.json();
    assert_eq!(list["jobs"][0]["id"], job.id.as_str());
    let target = format!("/console/api/jobs/{}", job.id);
    assert_eq!(browser.get(&target).await.json()["state"], "accepted");
    assert_eq!(browser.ask("POST", &format!("{target}/cancel")).await.json()["state"], "cancelled");
    assert_eq!(slug(&browser.ask("POST", &format!("{target}/cancel")).await), "job-final");
}

#[tokio::test]
async fn a_stream_that_was_deleted_meanwhile_is_told_as_such() {
    let (stage, _settings) = stage().await;
    stage.store_letter(letter_of_job(1), "/users", b"body").await;
    let browser = Browser::signed_in(&stage.platform.proxies[0]).await;
    assert_eq!(browser.get("/console/api/dead-letters").await.status, 200);
    for stream in ["uptake-dead", "KV_uptake-jobs"] {
        stage.context.delete_stream(stream).await.unwrap();
    }
    for (method, target, wrong) in [
        ("GET", "dead-letters", "no-dead-letters"),
        ("GET", "dead-letters/1", "no-dead-letters"),
        ("DELETE", "dead-letters?cause=worker-lost", "no-dead-letters"),
        ("DELETE", "dead-letters", "no-dead-letters"),
        ("POST", "dead-letters/redrive", "no-dead-letters"),
        ("GET", "jobs", "no-jobs"),
    ] {
        let answer = browser.ask(method, &format!("/console/api/{target}")).await;
        assert_eq!((answer.status, slug(&answer).as_str()), (404, wrong), "{method} {target}");
    }
}

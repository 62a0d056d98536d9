//! The private listener: the same as the command line.

use integration::command_line::uptake;
use test_support::{HttpClient, RawResponse};
use uptake::wire::{DeadCause, DeadLetter, JobState};

use super::stage::{Stage, letter_of_job, record};

type Fields<'a> = &'a [(&'a str, &'a str)];

const ADMIN: Fields<'static> = &[("Uptake-Admin", "1")];

async fn ask(stage: &Stage, method: &str, target: &str, fields: Fields<'_>) -> RawResponse {
    let mut client = HttpClient::connect(stage.platform.proxies[0].admin()).await.unwrap();
    client.request(method, target, fields, "").await.unwrap()
}

#[tokio::test]
async fn command_line_and_private_listener_say_the_same() {
    let stage = Stage::start().await;
    for number in 1..=3 {
        let letter = letter_of_job(number);
        stage.store_record(&record(&letter, "/users", JobState::Failed)).await;
        stage.store_letter(letter, "/users", b"body").await;
    }
    let id = letter_of_job(2).job.unwrap();
    for (line, target) in [
        ("dead-letters list", "/dead-letters".to_owned()),
        ("dead-letters list --limit 2 --service users", "/dead-letters?limit=2&service=users".to_owned()),
        (
            "dead-letters list --cause worker-lost --after 1",
            "/dead-letters?cause=worker-lost&after=1".to_owned(),
        ),
        ("dead-letters show 2", "/dead-letters/2".to_owned()),
        ("jobs list", "/jobs".to_owned()),
        (
            "jobs list --state failed --path /users --limit 2",
            "/jobs?state=failed&path=%2Fusers&limit=2".to_owned(),
        ),
        ("jobs list --state done", "/jobs?state=done".to_owned()),
        (&format!("jobs show {id}"), format!("/jobs/{id}")),
    ] {
        let told = uptake(&stage.platform.server, &format!("{line} --json")).await.done().json();
        let answer = ask(&stage, "GET", &target, &[]).await;
        assert_eq!((answer.status, answer.json()), (200, told), "{target}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn letters_are_redriven_and_deleted_by_programs() {
    let stage = Stage::start().await;
    for number in 1..=6 {
        let letter = letter_of_job(number);
        let state = if number == 4 { JobState::Done } else { JobState::Failed };
        stage.store_record(&record(&letter, "/users", state)).await;
        stage.store_letter(letter, "/users", b"body").await;
    }
    let (one, job) =
        (ask(&stage, "POST", "/dead-letters/1/redrive", ADMIN).await, letter_of_job(1).job.unwrap());
    assert_eq!(one.status, 200, "{}", one.text());
    assert_eq!((one.json()["job"].as_str(), one.json()["run"].as_u64()), (Some(job.as_str()), Some(2)));
    let some = ask(&stage, "POST", "/dead-letters/redrive?service=users&limit=3", ADMIN).await.json();
    let numbers = |of: &str| {
        some[of].as_array().unwrap().iter().map(|one| one["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((numbers("redriven"), numbers("notRedriven")), (vec![2, 3], vec![4]), "{some}");
    assert_eq!((some["next"].as_u64(), some["stopped"].as_bool()), (Some(4), Some(false)));
    assert_eq!(ask(&stage, "DELETE", "/dead-letters/4", ADMIN).await.status, 204);
    let purged = ask(&stage, "DELETE", "/dead-letters?service=users", ADMIN).await;
    assert_eq!(purged.json()["deleted"], 2);
    assert_eq!(stage.letters().await, [] as [u64; 0]);
}

#[tokio::test]
async fn letters_are_deleted_by_cause_a_page_at_a_time() {
    let stage = Stage::start().await;
    for number in 1..=8 {
        let service = if number < 7 { "users" } else { "orders" };
        let cause = if number % 2 == 0 { DeadCause::AttemptsFailed } else { DeadCause::WorkerLost };
        let letter = DeadLetter { service: service.to_owned(), cause, ..letter_of_job(number) };
        stage.store_letter(letter, "/users", b"body").await;
    }
    let delete = async |query: &str| {
        let answer = ask(&stage, "DELETE", &format!("/dead-letters?{query}"), ADMIN).await.json();
        (answer["deleted"].as_u64().unwrap(), answer["next"].as_u64())
    };
    assert_eq!(delete("cause=attempts-failed&service=users&limit=2").await, (2, Some(4)));
    assert_eq!(delete("cause=attempts-failed&service=users&limit=2&after=4").await, (1, None));
    assert_eq!(stage.letters().await, [1, 3, 5, 7, 8]);
    assert_eq!(delete("limit=1").await, (1, Some(1)), "a page of all, not all");
    assert_eq!(delete("cause=undecodable").await, (0, None));
    let server = &stage.platform.server;
    let purged = uptake(server, "dead-letters purge --service users --cause worker-lost --yes").await.done();
    assert_eq!(purged.stdout, "deleted 2 dead letters\n");
    assert_eq!(stage.letters().await, [7, 8]);
    assert_eq!(delete("service=orders").await, (2, None));
}

#[tokio::test]
async fn a_job_is_cancelled_once() {
    let stage = Stage::start().await;
    let open = record(&letter_of_job(1), "/users", JobState::Accepted);
    stage.store_record(&open).await;
    let cancel = format!("/jobs/{}/cancel", open.id);
    assert_eq!(ask(&stage, "POST", &cancel, ADMIN).await.json()["state"], "cancelled");
    assert_eq!(stage.record(&open.id).await.state, JobState::Cancelled);
    let again = ask(&stage, "POST", &cancel, ADMIN).await;
    assert_eq!((again.status, again.json()["type"].as_str()), (409, Some("urn:uptake:problem:job-final")));
    let told = uptake(&stage.platform.server, &format!("jobs cancel {} --yes", open.id)).await;
    assert!(told.stderr.contains("is cancelled: nothing is left to cancel"), "{told:?}");
    let none = format!("jobs cancel {} --yes", letter_of_job(9).job.unwrap());
    assert_eq!(uptake(&stage.platform.server, &none).await.code, Some(1));
}

#[tokio::test]
async fn nothing_is_changed_for_a_web_page_or_by_a_misspelt_filter() {
    let stage = Stage::start().await;
    stage.store_letter(letter_of_job(1), "/users", b"body").await;
    let from_a_page: Fields<'_> = &[("Uptake-Admin", "1"), ("Origin", "null")];
    let id = letter_of_job(7).job.unwrap();
    for (method, target, fields, status, slug) in [
        ("DELETE", "/dead-letters", [].as_slice(), 403, "admin-field-required"),
        ("DELETE", "/dead-letters", from_a_page, 403, "admin-field-required"),
        ("POST", "/dead-letters/1/redrive", &[], 403, "admin-field-required"),
        ("DELETE", "/dead-letters?servce=orders", ADMIN, 400, "bad-query"),
        ("POST", "/dead-letters/redrive?limit=1000", ADMIN, 400, "bad-query"),
        ("GET", "/dead-letters?limit=-1", &[], 400, "bad-query"),
        ("GET", "/jobs?state=gone", &[], 400, "bad-query"),
        ("GET", "/dead-letters/17", &[], 404, "no-dead-letter"),
        ("POST", "/dead-letters/17/redrive", ADMIN, 404, "no-dead-letter"),
        ("DELETE", "/dead-letters/17", ADMIN, 404, "no-dead-letter"),
        ("GET", &format!("/jobs/{id}"), &[], 404, "no-job"),
        ("PUT", "/dead-letters/1", ADMIN, 405, "method-not-allowed"),
        ("GET", "/dead-letters/1/redrive", &[], 405, "method-not-allowed"),
        ("GET", "/dead-letters/one", &[], 404, "no-route"),
    ] {
        let answer = ask(&stage, method, target, fields).await;
        let told = answer.json();
        assert_eq!(answer.status, status, "{method} {target}: {told}");
        assert_eq!(told["type"], format!("urn:uptake:problem:{slug}"), "{method} {target}: {told}");
        assert_eq!(answer.header("allow").is_some(), status == 405, "{method} {target}");
    }
    assert_eq!(stage.letters().await, [1]);
}

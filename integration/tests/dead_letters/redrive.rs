//! Redrives: one more run, whatever happens on the way.

use std::time::Duration;

use integration::command_line::{uptake, uptake_with};
use test_support::NatsServer;
use uptake::wire::{
    Class, DeadCause, DeadLetter, Envelope, JobId, JobState, Message, Record, encode_request,
};

use super::stage::{JOBS, Stage, letter_of_job, record, request, root};

/// A job that has failed, with its letter.
async fn failed_job(stage: &Stage, number: u128, state: JobState) -> JobId {
    let letter = letter_of_job(number);
    let id = letter.job.clone().unwrap();
    stage.store_record(&record(&letter, "/users", state)).await;
    stage.store_letter(letter, "/users", b"body").await;
    id
}

async fn redrive(server: &NatsServer, number: u64) -> (Option<i32>, String) {
    let told = uptake(server, &format!("dead-letters redrive {number}")).await;
    (told.code, told.stdout + &told.stderr)
}

#[tokio::test]
async fn a_redrive_begins_the_next_run_of_the_same_job() {
    let stage = Stage::start().await;
    for (number, state) in [(1, JobState::Failed), (2, JobState::Dead)] {
        let id = failed_job(&stage, number, state).await;
        let told = redrive(&stage.platform.server, number.try_into().unwrap()).await;
        assert_eq!(told, (Some(0), format!("dead letter {number} is redriven: job {id}, run 2\n")));
        let record = stage.record(&id).await;
        assert_eq!((record.state, record.run, record.attempts), (JobState::Accepted, 2, 0));
        assert_eq!((record.sequence, record.finished), (None, None));
        assert!(stage.job_messages().await.contains(&format!("{id}.2")));
    }
    assert_eq!(stage.letters().await, [] as [u64; 0]);
    let message = stage.stream(JOBS).await.get_raw_message(1).await.unwrap();
    let header = |name: &str| message.headers.get(name).map(|value| value.as_str().to_owned());
    assert_eq!(header("Uptake-Auth-Subject").as_deref(), Some("ada"), "the verified identity goes along");
    assert_eq!(
        (header("Http-authorization"), header("Http-cookie"), header("Uptake-Reply-To")),
        (None, None, None)
    );
    assert_eq!(&message.payload[..], b"body");
}

#[tokio::test]
async fn a_redrive_that_died_on_the_way_is_finished_by_the_next_one() {
    let stage = Stage::start().await;
    let id = failed_job(&stage, 1, JobState::Failed).await;
    let server = &stage.platform.server;
    let points = [("UPTAKE_FAULT_POINTS", "redrive-recorded=1")];
    let died = uptake_with(server, "dead-letters redrive 1", &points).await;
    assert_eq!(died.code, None, "it was to die: {died:?}");
    let half = stage.record(&id).await;
    assert_eq!((half.state, half.run, half.sequence), (JobState::Accepted, 2, None));
    assert_eq!((stage.letters().await, stage.job_messages().await), (vec![1], vec![]));
    // Once more half-way, then to the end.
    assert_eq!(uptake_with(server, "dead-letters redrive 1", &points).await.code, None);
    assert_eq!(redrive(server, 1).await.0, Some(0));
    assert_eq!(stage.letters().await, [] as [u64; 0]);
    assert_eq!(stage.job_messages().await, [format!("{id}.2")], "one more run, not two");
}

#[tokio::test]
async fn a_letter_whose_run_has_begun_is_only_deleted() {
    let stage = Stage::start().await;
    let id = failed_job(&stage, 1, JobState::Failed).await;
    let begun =
        Record { run: 2, sequence: Some(9), ..record(&letter_of_job(1), "/users", JobState::Running) };
    stage.store_record(&begun).await;
    let (code, told) = redrive(&stage.platform.server, 1).await;
    assert_eq!((code, told.contains("which had begun before")), (Some(0), true), "{told}");
    assert_eq!(stage.record(&id).await.state, JobState::Running);
    assert_eq!((stage.letters().await, stage.job_messages().await), (vec![], vec![]));
}

#[tokio::test]
async fn several_redrives_at_once_are_one_run() {
    let stage = Stage::start().await;
    let server = &stage.platform.server;
    for number in 1..=5 {
        let id = failed_job(&stage, number, JobState::Failed).await;
        let line = format!("dead-letters redrive {number}");
        let all = futures_util::future::join_all((0..4).map(|_| uptake(server, &line))).await;
        assert!(all.iter().any(|told| told.code == Some(0)), "{all:?}");
        for told in all.iter().filter(|told| told.code != Some(0)) {
            assert!(told.stderr.contains("no dead letter"), "{told:?}");
        }
        let messages = stage.job_messages().await;
        assert_eq!(
            messages.iter().filter(|message| **message == format!("{id}.2")).count(),
            1,
            "{messages:?}"
        );
    }
    assert_eq!(stage.letters().await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_record_that_has_lapsed_is_made_anew_for_the_same_tenant() {
    let stage = Stage::start().await;
    let letter = letter_of_job(1);
    let id = letter.job.clone().unwrap();
    stage.store_letter(letter.clone(), "/users?a=b", b"body").await;
    assert_eq!(redrive(&stage.platform.server, 1).await.0, Some(0));
    let made = stage.record(&id).await;
    assert_eq!(
        (made.state, made.run, &made.tenant, made.keyed),
        (JobState::Accepted, 2, &letter.tenant, true)
    );
    assert_eq!(made.fingerprint, record(&letter, "/users?a=b", JobState::Failed).fingerprint);
    assert_eq!(stage.job_messages().await, [format!("{id}.2")]);
}

#[tokio::test]
async fn a_redrive_of_what_is_gone_or_has_moved_on_says_so() {
    let stage = Stage::start().await;
    let gone = redrive(&stage.platform.server, 17).await;
    let text = "uptake: no dead letter 17: it may have been redriven or deleted, or be older than 30 days\n";
    assert_eq!(gone, (Some(1), text.to_owned()));
    for (number, state) in [(1, JobState::Done), (2, JobState::Cancelled), (3, JobState::Running)] {
        failed_job(&stage, number.into(), state).await;
        let (code, told) = redrive(&stage.platform.server, number).await;
        assert_eq!(code, Some(1));
        assert!(told.contains(&format!("is {} in its run 1", state.as_str())), "{told}");
    }
    assert_eq!((stage.letters().await, stage.job_messages().await), (vec![1, 2, 3], vec![]));
}

#[tokio::test]
async fn what_no_stream_takes_stays_as_it_was() {
    let stage = Stage::start().await;
    let id = failed_job(&stage, 1, JobState::Failed).await;
    stage.context.delete_stream(JOBS).await.unwrap();
    let (code, told) = redrive(&stage.platform.server, 1).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("dead letter 1 is not redriven yet") && told.contains("try again"), "{told}");
    assert_eq!((stage.letters().await, stage.record(&id).await.state), (vec![1], JobState::Failed));
}

/// The letter of a call, and its message.
fn call(method: &str, target: &str) -> (DeadLetter, Message) {
    let letter = letter_of_job(1);
    let letter = DeadLetter {
        class: Class::Call,
        cause: DeadCause::WorkerLost,
        job: None,
        run: None,
        tenant: String::new(),
        keyed: false,
        ..letter
    };
    let (mut request, reply) = (request(target, b"body"), "uptake.reply.proxy.a.b");
    *request.method_mut() = method.parse().unwrap();
    let message = encode_request(&root(), &request, &Envelope::default(), reply, Duration::from_secs(1));
    (letter, message.unwrap())
}

#[tokio::test]
async fn a_call_becomes_one_job_where_a_service_takes_jobs() {
    let stage = Stage::start().await;
    for (method, target) in [("POST", "/users"), ("GET", "/users")] {
        let (letter, message) = call(method, target);
        stage
            .store_letter_of(
                DeadLetter { sequence: stage.letters().await.len() as u64 + 1, ..letter },
                message,
            )
            .await;
    }
    let server = &stage.platform.server;
    let points = [("UPTAKE_FAULT_POINTS", "redrive-recorded=1")];
    assert_eq!(uptake_with(server, "dead-letters redrive 1", &points).await.code, None);
    let done = uptake(server, "dead-letters redrive 1 --json").await.done().json();
    let id: JobId = done["redriven"][0]["job"].as_str().unwrap().parse().unwrap();
    assert_eq!((stage.record(&id).await.run, stage.job_messages().await), (1, vec![format!("{id}.1")]));
    let (code, told) = redrive(server, 2).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("a GET call, which changes nothing"), "{told}");

    stage.context.delete_stream(JOBS).await.unwrap();
    let (letter, message) = call("POST", "/orders");
    stage.store_letter_of(DeadLetter { sequence: 9, ..letter }, message).await;
    let (code, told) = redrive(server, 3).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("no service takes jobs at /orders"), "{told}");
}

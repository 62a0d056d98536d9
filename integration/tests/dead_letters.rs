//! Dead letters as operators see them: the command line and the private listener, on a real server.

mod api;
mod many;
mod redrive;
mod rerun;
pub(crate) mod stage;

use integration::command_line::uptake;
use stage::{Stage, letter_of_job};
use uptake::wire::{DeadCause, DeadLetter};

#[tokio::test]
async fn letters_are_listed_by_service_by_cause_and_in_pages() {
    let stage = Stage::start().await;
    for number in 0..6 {
        let service = if number < 4 { "users" } else { "orders" };
        let cause = if number % 2 == 0 { DeadCause::AttemptsFailed } else { DeadCause::WorkerLost };
        let letter = DeadLetter { service: service.to_owned(), cause, ..letter_of_job(number) };
        stage.store_letter(letter, &format!("/{service}/{number}"), b"body").await;
    }
    let listed = async |args: &str| {
        let list =
            uptake(&stage.platform.server, &format!("dead-letters list --json {args}")).await.done().json();
        let numbers: Vec<_> = list["deadLetters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["sequence"].as_u64().unwrap())
            .collect();
        (numbers, list["next"].as_u64())
    };
    assert_eq!(listed("").await, (vec![1, 2, 3, 4, 5, 6], None));
    assert_eq!(listed("--service users").await, (vec![1, 2, 3, 4], None));
    assert_eq!(listed("--cause worker-lost --service orders").await, (vec![6], None));
    assert_eq!(listed("--limit 2 --cause attempts-failed").await, (vec![1, 3], Some(3)));
    assert_eq!(listed("--limit 2 --after 3").await, (vec![4, 5], Some(5)));
    assert_eq!(listed("--service nobody").await, (vec![], None));
    let table = uptake(&stage.platform.server, "dead-letters list --limit 1").await.done().stdout;
    assert!(table.starts_with("SEQ  DIED") && table.contains("POST /users/0"), "{table}");
    assert!(table.ends_with("and more: --after 1\n"), "{table}");
    assert_eq!(stage.consumers_of_dead().await, 0, "a lister leaves no consumer behind");
}

#[tokio::test]
async fn a_letter_is_shown_with_its_body_whatever_its_size() {
    let stage = Stage::start().await;
    let large = vec![b'x'; 512 * 1024];
    stage.store_letter(letter_of_job(1), "/users/1", &large).await;
    let shown = uptake(&stage.platform.server, "dead-letters show 1").await.done().stdout;
    for text in ["POST /users/1", "attempts-failed", "524288 octets", "Not stored: authorization, cookie"] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
    assert!(!shown.contains("secret"), "{shown}");
    let body = uptake(&stage.platform.server, "dead-letters show 1 --body -").await.done().stdout;
    assert_eq!(body.len(), large.len());
    let file = tempfile::NamedTempFile::new().unwrap();
    let line = format!("dead-letters show 1 --body {}", file.path().display());
    let told = uptake(&stage.platform.server, &line).await.done().stdout;
    assert!(told.starts_with("524288 octets written to "), "{told}");
    assert_eq!(std::fs::read(file.path()).unwrap(), large);
}

#[tokio::test]
async fn what_cannot_be_undone_needs_a_yes() {
    let stage = Stage::start().await;
    for number in 0..3 {
        stage.store_letter(letter_of_job(number), "/users", b"").await;
    }
    let server = &stage.platform.server;
    for line in
        ["dead-letters delete 1", "dead-letters purge", "jobs cancel 00000000000000000000000000000001"]
    {
        let refused = uptake(server, line).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("say --yes"), "{refused:?}");
    }
    assert_eq!(stage.letters().await, [1, 2, 3]);
    let deleted = uptake(server, "dead-letters delete 1 9 --yes").await;
    assert_eq!((deleted.code, deleted.stdout.as_str()), (Some(1), "dead letter 1 is deleted\n"));
    assert!(deleted.stderr.contains("no dead letter 9: it may have been redriven or deleted"), "{deleted:?}");
    assert_eq!(
        uptake(server, "dead-letters purge --service orders --yes").await.done().stdout,
        "deleted 0 dead letters\n"
    );
    assert_eq!(
        uptake(server, "dead-letters purge --service users --yes").await.done().stdout,
        "deleted 2 dead letters\n"
    );
    assert_eq!(uptake(server, "dead-letters list").await.done().stdout, "no dead letters\n");
}

#[tokio::test]
async fn a_platform_without_dead_letters_is_told_as_such() {
    let server = test_support::NatsServer::start().await;
    let told = uptake(&server, "dead-letters list").await;
    assert_eq!((told.code, told.stdout.as_str()), (Some(1), ""));
    assert!(told.stderr.starts_with("uptake: no dead letters: there is no stream uptake-dead"), "{told:?}");
    let told = uptake(&server, "jobs list --root other").await;
    assert!(told.stderr.starts_with("uptake: no jobs: there is no bucket other-jobs"), "{told:?}");
    let told =
        uptake(&server, "dead-letters list --nats-connect-timeout 1 --nats-url nats://127.0.0.1:1").await;
    assert_eq!(told.code, Some(1));
    assert!(told.stderr.contains("cannot connect to NATS at nats://127.0.0.1:1"), "{told:?}");
}

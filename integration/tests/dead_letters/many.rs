//! Ten thousand dead letters.

use integration::{Proxy, command_line::uptake, heavy};
use test_support::HttpClient;
use uptake::wire::{DeadCause, DeadLetter, Envelope, Original, encode_dead_letter, encode_job};

use super::stage::{Stage, letter_of_job, request, root};

const COUNT: u64 = 10_000;
/// Their bodies together are far more than a list may take.
const BODY: usize = 5_000;
/// What a proxy may grow by.
const MAX_GROWTH_KIB: u64 = 32 * 1024;

async fn fill(stage: &Stage) {
    let mut acks = Vec::new();
    for number in 0..u128::from(COUNT) {
        let cause = if number % 2 == 0 { DeadCause::AttemptsFailed } else { DeadCause::WorkerLost };
        let letter = DeadLetter { cause, ..letter_of_job(number) };
        let (id, body) = (letter.job.clone().unwrap(), vec![b'x'; BODY]);
        let message =
            encode_job(&root(), &request("/users", &body), &Envelope::default(), None, &id, 1).unwrap();
        let original = Original::new(&message.subject, &message.headers, message.payload);
        let message = encode_dead_letter(&root(), letter.told_by(&original), original);
        let publish = stage.context.publish_with_headers(message.subject, message.headers, message.payload);
        acks.push(publish.await.unwrap());
        if acks.len() == 200 {
            for ack in acks.drain(..) {
                ack.await.unwrap();
            }
        }
    }
}

/// Deletes those of a cause, page by page.
async fn deleted_of_cause(proxy: &Proxy, cause: &str) -> u64 {
    let (mut deleted, mut after) = (0, Some(0));
    while let Some(from) = after {
        let mut client = HttpClient::connect(proxy.admin()).await.unwrap();
        let target = format!("/dead-letters?cause={cause}&limit=1000&after={from}");
        let page = client.request("DELETE", &target, &[("Uptake-Admin", "1")], "").await.unwrap().json();
        let of_page = page["deleted"].as_u64().unwrap();
        assert!(of_page <= 1_000, "{page}");
        deleted += of_page;
        after = page["next"].as_u64();
    }
    deleted
}

#[tokio::test]
async fn ten_thousand_letters_are_listed_and_deleted_in_pages_without_their_bodies() {
    let _turn = heavy().await;
    let stage = Stage::start().await;
    fill(&stage).await;
    let proxy = &stage.platform.proxies[0];
    let before = proxy.process.rss_kib().unwrap();
    let (mut listed, mut after) = (0, Some(0));
    while let Some(from) = after {
        let mut client = HttpClient::connect(proxy.admin()).await.unwrap();
        let page = client.get(&format!("/dead-letters?limit=1000&after={from}")).await.unwrap().json();
        for (letter, number) in page["deadLetters"].as_array().unwrap().iter().zip(from + 1..) {
            assert_eq!(letter["sequence"], number);
            listed += 1;
        }
        after = page["next"].as_u64();
    }
    assert_eq!(listed, COUNT);
    let growth = proxy.process.rss_kib().unwrap().saturating_sub(before);
    assert!(growth < MAX_GROWTH_KIB, "the proxy has grown by {growth} KiB");
    let told = uptake(&stage.platform.server, "dead-letters list --limit 10000 --json").await.done().json();
    assert_eq!((told["deadLetters"].as_array().unwrap().len(), told["next"].as_u64()), (10_000, None));
    assert_eq!(stage.consumers_of_dead().await, 0);
    assert_eq!(deleted_of_cause(proxy, "undecodable").await, 0);
    assert_eq!(deleted_of_cause(proxy, "attempts-failed").await, COUNT / 2);
    let purged = uptake(&stage.platform.server, "dead-letters purge --yes").await.done().stdout;
    assert_eq!(purged, "deleted 5000 dead letters\n");
}

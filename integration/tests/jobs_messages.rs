//! Messages of jobs as no proxy of ours would publish them, and what the server gives up.

use async_nats::{HeaderMap, jetstream};
use integration::{Platform, SOON, heavy};
use serde_json::json;
use test_support::eventually;

const STREAM: &str = "uptake-job-hello";

async fn nats(platform: &Platform) -> async_nats::Client {
    async_nats::connect(platform.server.url()).await.unwrap()
}

async fn is_empty(platform: &Platform, stream: &str) -> bool {
    eventually(2 * SOON, async || platform.stream(stream).await.unwrap().messages == 0).await
}

/// Publishes into a stream.
async fn publish(client: &async_nats::Client, subject: &str, headers: HeaderMap, payload: &'static str) {
    let context = jetstream::new(client.clone());
    let ack = context.publish_with_headers(subject.to_owned(), headers, payload.into()).await.unwrap();
    ack.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_job_is_not_executed() {
    let mut platform = Platform::builder().worker_args(&["--ack-wait", "1"]).start().await;
    platform.workers[0].process.kill();
    // The proxy has seen the stream.
    let id = platform.submit("/hello/jobs/work?steps=1&ms=500").await;
    let client = nats(&platform).await;
    let stream = jetstream::new(client.clone()).get_stream(STREAM).await.unwrap();
    let first = stream.get_raw_message(1).await.unwrap();
    for copy in 0..5 {
        let mut headers = first.headers.clone();
        headers.insert("Nats-Msg-Id", format!("copy-{copy}").as_str());
        publish(&client, &first.subject, headers, "").await;
    }
    platform.add_worker(&[]).await;
    let told = platform.job_is(&id, "done").await;
    assert_eq!(told["attempts"], 1, "{told}");
    assert!(is_empty(&platform, STREAM).await, "the copies are acked");
    assert_eq!(platform.counters().await.started, 1);
    // After the end too, and a message whose job nobody knows.
    let mut headers = first.headers.clone();
    headers.insert("Nats-Msg-Id", "late");
    publish(&client, &first.subject, headers.clone(), "").await;
    headers.insert("Nats-Msg-Id", "unknown");
    headers.insert("Uptake-Job", "00000000000000000000000000000001");
    publish(&client, &first.subject, headers, "").await;
    assert!(is_empty(&platform, STREAM).await);
    assert_eq!(platform.counters().await.started, 1);
    assert_eq!(platform.dead_letters().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nobody_can_read_becomes_a_dead_letter_and_ends_the_job_that_it_names() {
    let mut platform = Platform::builder().worker_args(&["--ack-wait", "1"]).start().await;
    let client = nats(&platform).await;
    publish(&client, "uptake.call.post.hello", HeaderMap::new(), "a call").await;
    publish(&client, "uptake.job.post.hello", HeaderMap::new(), "a job").await;
    let stored = eventually(SOON, async || platform.dead_letters().await.len() == 2);
    assert!(stored.await, "{:?}", platform.dead_letters().await);
    for letter in platform.dead_letters().await {
        assert_eq!(
            (&letter.facts["cause"], &letter.facts["service"]),
            (&json!("undecodable"), &json!("hello"))
        );
        let body = if letter.facts["class"] == "call" { "YSBjYWxs" } else { "YSBqb2I=" };
        assert_eq!(letter.original["body"], body);
    }
    assert!(is_empty(&platform, STREAM).await && is_empty(&platform, "uptake-call-hello").await);

    platform.workers[0].process.kill();
    let id = platform.submit("/hello/jobs/facts").await;
    let stream = jetstream::new(client.clone()).get_stream(STREAM).await.unwrap();
    let last = platform.stream(STREAM).await.unwrap().last_sequence;
    let whole = stream.get_raw_message(last).await.unwrap();
    stream.delete_message(last).await.unwrap();
    let mut headers = whole.headers.clone();
    headers.insert("Uptake-Method", "BREW");
    headers.insert("Nats-Msg-Id", "broken");
    publish(&client, &whole.subject, headers, "").await;
    platform.add_worker(&[]).await;
    platform.job_is(&id, "dead").await;
    integration::assert_problem(&platform.job_answer(&id).await, 502, "job-dead");
    let stored = eventually(SOON, async || platform.dead_letters().await.len() == 3);
    assert!(stored.await);
    let letter = platform.dead_letters().await.pop().unwrap();
    assert_eq!((&letter.facts["job"], &letter.facts["run"]), (&json!(id), &json!(1)));
    assert!(is_empty(&platform, STREAM).await);
}

/// Takes a message from a consumer and never says a word of it, as a worker that dies over it.
async fn swallow(client: &async_nats::Client, stream: &str, deliveries: usize) {
    use futures_util::StreamExt as _;
    let inbox = client.new_inbox();
    let mut messages = client.subscribe(inbox.clone()).await.unwrap();
    let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.workers");
    let pull = json!({"batch": deliveries, "expires": 120_000_000_000_u64}).to_string();
    client.publish_with_reply(subject, inbox, pull.into()).await.unwrap();
    for delivery in 0..deliveries {
        let message = tokio::time::timeout(2 * SOON, messages.next()).await;
        assert!(message.is_ok_and(|message| message.is_some()), "delivery {delivery}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_gives_up_is_kept_too_and_its_job_is_dead() {
    let mut platform = Platform::builder().worker_args(&["--ack-wait", "0.3"]).start().await;
    platform.workers[0].process.kill();
    let id = platform.submit("/hello/jobs/facts").await;
    // Its client gives up after us.
    let _lost = platform.get_later("/hello?lost");
    let client = nats(&platform).await;
    tokio::join!(swallow(&client, STREAM, 32), swallow(&client, "uptake-call-hello", 6));
    platform.add_worker(&[]).await;
    let stored = eventually(2 * SOON, async || platform.dead_letters().await.len() == 2);
    assert!(stored.await, "{:?}", platform.dead_letters().await);
    for letter in platform.dead_letters().await {
        assert_eq!(letter.facts["cause"], "max-deliveries", "{}", letter.facts);
        assert!(letter.original["headers"].to_string().contains("Uptake-Target"), "{}", letter.original);
    }
    platform.job_is(&id, "dead").await;
    assert!(is_empty(&platform, STREAM).await && is_empty(&platform, "uptake-call-hello").await);
}

/// What the two processes may grow by over 10,000 jobs.
const MAX_GROWTH_KIB: u64 = 32 * 1024;
const MANY: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_the_jobs_that_wait() {
    let _turn = heavy().await;
    let mut platform = Platform::start().await;
    let warm = platform.submit("/hello/jobs/facts").await;
    platform.job_is(&warm, "done").await;
    let idle = platform.workers[0].process.rss_kib().unwrap();
    let before = platform.proxies[0].process.rss_kib().unwrap();
    platform.workers[0].process.kill();
    let make = |_| integration::load::Ask::post("/hello/jobs/facts", "").with("prefer", "respond-async");
    let accepted = integration::load::Load::start(&[platform.address()], 16, MANY, make).finish().await;
    assert!(accepted.iter().all(|outcome| outcome.status() == 202));
    assert_eq!(platform.stream(STREAM).await.unwrap().messages, MANY as u64);
    platform.add_worker(&[]).await;
    let worker = platform.workers.len() - 1;
    let mut peak = 0;
    let done = eventually(20 * SOON, async || {
        peak = peak.max(platform.workers[worker].process.rss_kib().unwrap());
        platform.stream(STREAM).await.unwrap().messages == 0
    });
    assert!(done.await, "{:?}", platform.stream(STREAM).await);
    let after = platform.proxies[0].process.rss_kib().unwrap();
    println!("worker: {idle} KiB, at most {peak}; proxy: {before} KiB, then {after}");
    assert!(peak < idle + MAX_GROWTH_KIB && after < before + MAX_GROWTH_KIB);
}

//! nats-server is killed while jobs are accepted: what was promised is kept.

use std::{collections::BTreeSet, time::Duration};

use integration::{Platform, SOON, assert_problem, heavy, nats_at};
use test_support::{ChaosProxy, HttpClient, eventually};
use tokio::{task::JoinSet, time::sleep};
use uptake::job::{Operator, secret::Secret};

const CLIENTS: usize = 8;
/// How long clients ask before the server is killed, and while it is away.
const PERIOD: Duration = Duration::from_millis(700);

/// Asks for one job after the other until the end; the ids of those that were accepted.
async fn ask(address: std::net::SocketAddr, client: usize, until: tokio::time::Instant) -> Vec<String> {
    let mut accepted = Vec::new();
    let mut http = None;
    for number in 0.. {
        if tokio::time::Instant::now() >= until {
            break;
        }
        let connected = match http.take() {
            Some(connected) => connected,
            None => HttpClient::connect(address).await.unwrap(),
        };
        let mut connected = connected;
        let body = format!("{client}-{number}");
        let answer = connected.request("POST", "/hello/echo", &[("prefer", "respond-async")], &body).await;
        let Ok(answer) = answer else { continue };
        match answer.status {
            202 => accepted.push(format!("{} {body}", answer.json()["id"].as_str().unwrap())),
            // Nothing is promised.
            503 | 504 => sleep(Duration::from_millis(20)).await,
            _ => panic!("{}: {}", answer.status, answer.text()),
        }
        http = Some(connected);
    }
    accepted
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_that_was_accepted_is_done_though_nats_server_is_killed() {
    let _turn = heavy().await;
    let mut platform = Platform::builder().workers(2).proxy_args(&["--budget", "3"]).start().await;
    let until = tokio::time::Instant::now() + 4 * PERIOD;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(ask(platform.address(), client, until));
    }
    sleep(PERIOD).await;
    platform.server.kill();
    sleep(PERIOD).await;
    platform.server.start_again().await;
    let accepted: Vec<_> = clients.join_all().await.into_iter().flatten().collect();
    assert!(accepted.len() > CLIENTS, "{} jobs are too few to tell", accepted.len());
    let distinct: BTreeSet<_> = accepted.iter().collect();
    assert_eq!(distinct.len(), accepted.len());
    for job in &accepted {
        let (id, body) = job.split_once(' ').unwrap();
        let done = eventually(4 * SOON, async || {
            let answer = platform.get(&format!("/-/jobs/{id}/response")).await;
            assert!([200, 409, 503].contains(&answer.status), "{job}: {} {}", answer.status, answer.text());
            answer.status == 200 && answer.text() == body
        });
        assert!(done.await, "{job} of {}", accepted.len());
    }
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_jobs_that_was_deleted_is_made_again() {
    let platform = Platform::start().await;
    let nats = async_nats::jetstream::new(async_nats::connect(platform.server.url()).await.unwrap());
    assert!(nats.delete_stream("KV_uptake-jobs").await.unwrap().success);
    let ask = async || {
        let mut client = platform.client().await;
        client.request("POST", "/hello/echo", &[("idempotency-key", "k")], "hi").await.unwrap()
    };
    let first = ask().await;
    // The worker may have been quick.
    if first.status != 200 {
        assert_problem(&first, 503, "job-store-unavailable");
    }
    assert!(eventually(2 * SOON, async || ask().await.status == 200).await, "{}", ask().await.text());
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_deleted_is_made_anew_and_not_taken_for_an_empty_one() {
    let platform = Platform::start().await;
    let nats = async_nats::jetstream::new(async_nats::connect(platform.server.url()).await.unwrap());
    // As `nats kv del` does it.
    let subject = "$KV.uptake-platform.job-secret";
    let headers =
        async_nats::HeaderMap::from_iter([("KV-Operation".parse().unwrap(), "DEL".parse().unwrap())]);
    nats.publish_with_headers(subject, headers, "".into()).await.unwrap().await.unwrap();
    let fields = [("idempotency-key", "k"), ("prefer", "respond-async")];
    let answer = platform.ask("POST", "/hello/echo", &fields, "hi").await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let guessed = Secret::new(b"").job_id("", "POST", "/hello/echo", "k").to_string();
    assert_ne!(answer.json()["id"], guessed);
    let bucket = nats.get_stream("KV_uptake-platform").await.unwrap();
    let made = Secret::new(&bucket.get_last_raw_message_by_subject(subject).await.unwrap().payload);
    assert_eq!(answer.json()["id"], made.job_id("", "POST", "/hello/echo", "k").to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_of_which_no_word_comes_is_told_as_done_and_not_as_too_late() {
    let platform = Platform::start().await;
    let id = platform.submit("/hello/wait").await;
    platform.job_is(&id, "running").await;
    let chaos = ChaosProxy::start(platform.server.addr()).await;
    let config = nats_at(&chaos.url());
    let operator = Operator::connect(&config, "test").await.unwrap();
    // So late that its word is still on its way when the record is seen to be cancelled.
    chaos.delay(Duration::from_secs(1));
    let cancelled = tokio::spawn({
        let id = id.parse().unwrap();
        async move { operator.cancel_job(&id).await }
    });
    platform.job_is(&id, "cancelled").await;
    chaos.pause(true);
    // Longer than a step may take.
    sleep(Duration::from_secs(6)).await;
    chaos.delay(Duration::ZERO);
    chaos.pause(false);
    let document = cancelled.await.unwrap().unwrap();
    assert_eq!(document.record.state.as_str(), "cancelled");
    assert!(eventually(SOON, async || platform.counters().await.dropped == 1).await);
}

//! One cluster of three servers, and streams with three copies.

use integration::{
    Proxy, SOON, Worker, heavy,
    load::{Ask, Load, assert_all_ok},
};
use test_support::{NatsCluster, eventually};
use tokio::time::Instant;

use super::{HELLO, ask, assert_answers, tally};

/// Calls in memory and jobs on file, each with three copies.
const REPLICATED: [&str; 6] = ["--replicas", "3", "--storage", "memory", "--permits", "16"];

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_of_a_stream_dies_under_load_and_no_accepted_job_is_lost() {
    let _turn = heavy().await;
    let mut cluster = NatsCluster::start(3).await;
    let url = cluster.url();
    let workers = [Worker::at(&url, &REPLICATED, &[]).await, Worker::at(&url, &REPLICATED, &[]).await];
    let proxy = Proxy::at(&url, &["--budget", "20"], &[]).await;
    assert_answers(&proxy).await;

    let make = |number: usize| match number % 3 {
        0 => Ask::post(format!("/hello/work?ms=5&job={number}"), "").with("prefer", "respond-async"),
        _ => Ask::get("/hello/work?ms=5"),
    };
    let load = Load::start(&[proxy.address()], 12, usize::MAX, make);
    load.reach(200).await;
    let leader = cluster.leader_of(HELLO).await.expect("the stream has a leader");
    let killed = Instant::now();
    cluster.servers[leader].kill();
    let elected = eventually(SOON, async || cluster.leader_of(HELLO).await.is_some());
    assert!(elected.await, "two of three elect nobody");
    load.reach(load.begun() + 300).await;
    let outcomes = load.stop().await;

    let refused = outcomes.iter().filter(|outcome| outcome.status() == 503);
    let last = refused.map(|outcome| outcome.ended.duration_since(killed)).max();
    let tally = tally(&outcomes);
    println!("the last refusal came {last:?} after the kill: {tally:?}");
    // While a stream has no leader, or a connection is lost, clients get an answer that says what they know.
    let clear = |(status, slug): &(u16, String)| match status {
        200 | 202 => true,
        503 => !slug.is_empty(),
        _ => *status == 504 && slug == "outcome-unknown",
    };
    assert!(tally.keys().all(clear), "{tally:?}");
    let accepted: Vec<_> = outcomes.iter().filter(|outcome| outcome.status() == 202).collect();
    assert!(accepted.len() > 100, "{tally:?}");
    for outcome in accepted {
        let id = outcome.answer.as_ref().unwrap().json()["id"].as_str().unwrap().to_owned();
        let mut last = String::new();
        let done = eventually(SOON, async || {
            let job = ask(&proxy, "GET", &format!("/-/jobs/{id}"), &[]).await;
            last = job.text();
            job.status == 200 && job.json()["state"] == "done"
        });
        assert!(done.await, "{last}");
    }

    // Two of three go on as three did; the third comes back and catches up.
    assert_all_ok(&Load::start(&[proxy.address()], 8, 100, |_| Ask::get("/hello")).finish().await);
    cluster.servers[leader].start_again().await;
    let caught_up = eventually(SOON, async || {
        let stream = super::stream_at(&cluster.servers[leader], HELLO).await;
        stream.is_some_and(|stream| stream["cluster"]["leader"].is_string())
    });
    assert!(caught_up.await, "{}", cluster.servers[leader].log());
    assert_all_ok(&Load::start(&[proxy.address()], 8, 100, |_| Ask::get("/hello")).finish().await);
    drop(workers);
}

//! A worker is killed while it works.

use std::{collections::BTreeMap, time::Duration};

use integration::{
    Platform, SOON, assert_problem,
    load::{Ask, Load, Outcome, assert_all_ok},
    wire_log::{deliveries_of, most_held},
};
use test_support::{Signal, eventually};
use tokio::time::sleep;

const IN_FLIGHT: usize = 200;

/// What became of 200 requests in flight at two workers, one of which was killed.
struct Loss {
    platform: Platform,
    outcomes: Vec<Outcome>,
    /// Stream sequences that the killed worker had taken up.
    taken_by_killed: Vec<u64>,
    /// Runs that began at the worker that lives.
    started_by_other: u64,
}

async fn kill_one_of_two(method: &'static str, worker_args: &[&str]) -> Loss {
    let builder = Platform::builder().workers(2).worker_args(worker_args).behind_chaos(true);
    let mut platform = builder.start().await;
    let make = move |_| match method {
        "GET" => Ask::get("/hello/work?ms=3000"),
        _ => Ask::post("/hello/work?ms=3000", "x"),
    };
    let load = Load::start(&[platform.address()], IN_FLIGHT, IN_FLIGHT, make);
    // All are in the stream; both workers have their hands full, some wait.
    let stored = eventually(SOON, async || {
        let busy: Vec<_> = platform.workers.iter().map(|worker| worker.wire().unsettled_now()).collect();
        platform.hello_stream().await.last_sequence >= IN_FLIGHT as u64 && busy.iter().all(|busy| *busy > 0)
    });
    assert!(stored.await, "{:?}", platform.hello_stream().await);
    platform.workers[0].process.kill();
    let subject = method.to_lowercase();
    let taken_by_killed: Vec<_> = deliveries_of(platform.workers[0].wire(), &subject, "/hello/work")
        .into_iter()
        .map(|delivery| delivery.stream_seq)
        .collect();
    assert_eq!(platform.workers[0].wire().acks().iter().filter(|ack| ack.kind.settles()).count(), 0);
    assert!(!taken_by_killed.is_empty());
    let outcomes = load.finish().await;
    let started_by_other = platform.counters().await.started;
    Loss { platform, outcomes, taken_by_killed, started_by_other }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_200_gets_are_answered_though_a_worker_is_killed() {
    let loss = kill_one_of_two("GET", &["--permits", "64"]).await;
    assert_all_ok(&loss.outcomes);
    assert_eq!(loss.started_by_other, IN_FLIGHT as u64, "the other worker ran each of them once");
    loss.platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn none_of_200_posts_runs_twice_when_a_worker_is_killed_and_those_cut_off_get_502() {
    let loss = kill_one_of_two("POST", &["--permits", "64"]).await;
    let cut_off: Vec<_> = loss.outcomes.iter().filter(|outcome| outcome.status() != 200).collect();
    for outcome in &cut_off {
        assert_problem(outcome.answer.as_ref().unwrap(), 502, "outcome-unknown");
    }
    assert_eq!(
        cut_off.len(),
        loss.taken_by_killed.len(),
        "502 is for what the killed worker had, and only that"
    );
    let ran = loss.taken_by_killed.len() + usize::try_from(loss.started_by_other).unwrap();
    assert_eq!(ran, IN_FLIGHT, "each ran once: here or there");

    let other = loss.platform.workers[1].wire();
    let redelivered: BTreeMap<_, _> = deliveries_of(other, "post", "/hello/work")
        .into_iter()
        .filter(|delivery| delivery.delivered > 1)
        .map(|delivery| (delivery.stream_seq, delivery.delivered))
        .collect();
    let expected: BTreeMap<_, _> = loss.taken_by_killed.iter().map(|sequence| (*sequence, 2)).collect();
    assert_eq!(redelivered, expected);
    loss.platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_to_a_service_that_is_effectively_once_run_again_when_a_worker_is_killed() {
    let loss = kill_one_of_two("POST", &["--permits", "64", "--effectively-once"]).await;
    assert_all_ok(&loss.outcomes);
    loss.platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_which_two_workers_die_is_not_run_a_third_time() {
    let builder = Platform::builder().worker_args(&["--ack-wait", "2"]).behind_chaos(true);
    let mut platform = builder.start().await;
    let answer = platform.get_later("/hello/wait");
    for killed in 0..2 {
        let wire = platform.workers[killed].wire();
        assert!(eventually(SOON, async || wire.unsettled_now() == 1).await, "worker {killed} has it");
        platform.workers[killed].process.signal(Signal::KILL);
        platform.add_worker(&[]).await;
    }
    assert_problem(&answer.await.unwrap(), 502, "worker-lost");
    assert_eq!(platform.counters().await.started, 0, "the third worker ran it");
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gets_are_answered_while_a_worker_is_frozen_and_it_goes_on_when_it_thaws() {
    let builder = Platform::builder().workers(2).worker_args(&["--permits", "4"]).behind_chaos(true);
    let mut platform = builder.start().await;
    let load = Load::start(&[platform.address()], 16, usize::MAX, |_| Ask::get("/hello/work?ms=100"));
    load.reach(50).await;
    platform.workers[0].process.signal(Signal::STOP);
    // Longer than a pull request may be silent.
    sleep(Duration::from_secs(8)).await;
    platform.workers[0].process.signal(Signal::CONT);
    let frozen = platform.workers[0].wire();
    let before = frozen.acks().len();
    assert!(
        eventually(SOON, async || frozen.acks().len() > before + 20).await,
        "it takes nothing up any more"
    );
    assert_all_ok(&load.stop().await);
    for worker in &platform.workers {
        assert!(most_held(worker.wire()) <= 4, "{} at once", most_held(worker.wire()));
    }
    platform.assert_sound().await;
}

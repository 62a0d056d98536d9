//! nats-server dies under load, stays away, and comes back.

use std::{collections::BTreeSet, time::Duration};

use integration::{
    Platform, SOON, assert_problem, heavy,
    load::{Ask, Load, Outcome, assert_all_ok},
    wire_log::deliveries_of,
};
use test_support::{RawResponse, Signal, eventually};
use tokio::time::{Instant, sleep};

/// How long the server stays away.
const AWAY: Duration = Duration::from_secs(2);
/// How long a proxy may take to notice that its connection has ended.
const NOTICED: Duration = Duration::from_millis(300);

/// How long a request may take to its publish: what began later may find the connection gone, and get 503.
const HANDED_OVER: Duration = Duration::from_millis(50);

/// When what happened.
struct Outage {
    killed: Instant,
    starts: Instant,
}

/// Kills nats-server under a load of GETs and POSTs, waits, starts it again, and lets the load go on for a while.
async fn outage(platform: &mut Platform, wiped: bool) -> (Outage, Vec<Outcome>) {
    let make = |number: usize| match number % 4 {
        0 => Ask::get("/hello/work?ms=40"),
        1 => Ask::post("/hello/work?ms=40", "x"),
        2 => Ask::get("/hello/work?ms=400"),
        _ => Ask::post("/hello/work?ms=400", "x"),
    };
    let load = Load::start(&[platform.address()], 24, usize::MAX, make);
    load.reach(300).await;
    let killed = Instant::now();
    platform.server.kill();
    sleep(NOTICED).await;
    // All clients from before may be waiting for what was in flight.
    let meanwhile = Load::start(&[platform.address()], 8, usize::MAX, make);
    sleep(AWAY).await;
    let starts = Instant::now();
    if wiped {
        platform.server.wipe_and_restart().await;
    } else {
        platform.server.start_again().await;
    }
    sleep(Duration::from_secs(5)).await;
    let (mut outcomes, meanwhile) = (load.stop().await, meanwhile.stop().await);
    outcomes.extend(meanwhile);
    (Outage { killed, starts }, outcomes)
}

fn assert_outcomes(outage: &Outage, outcomes: &[Outcome]) {
    let tell = |wrong: Vec<&Outcome>| wrong.iter().map(|one| one.tell()).collect::<Vec<_>>().join("\n");
    let wrong = |is_right: &dyn Fn(&Outcome) -> bool, of: &dyn Fn(&Outcome) -> bool| {
        tell(outcomes.iter().filter(|one| of(one) && !is_right(one)).collect())
    };
    // A POST that was lost on its way to a worker comes again as a second delivery, which is not run.
    let is_unknown = |one: &Outcome| {
        let status = one.status() == 504 || one.method == "POST" && one.status() == 502;
        status && one.slug() == "outcome-unknown"
    };
    let is_refused = |one: &Outcome| one.status() == 503 && !one.slug().is_empty();

    let before = |one: &Outcome| one.ended < outage.killed;
    assert_eq!(wrong(&|one| one.status() == 200, &before), "", "before the server died");

    let in_flight = |one: &Outcome| one.began + HANDED_OVER < outage.killed && one.ended >= outage.killed;
    assert!(outcomes.iter().any(in_flight), "nothing was in flight");
    assert_eq!(wrong(&|one| one.status() == 200 || is_unknown(one), &in_flight), "", "in flight");

    let meanwhile = |one: &Outcome| one.began >= outage.killed + NOTICED && one.began < outage.starts;
    assert!(outcomes.iter().any(meanwhile), "nothing began while it was away");
    let is_disconnected = |one: &Outcome| {
        let retry = one.answer.as_ref().ok().and_then(|answer| answer.header("retry-after"));
        is_refused(one) && one.slug() == "disconnected" && retry.is_some()
    };
    assert_eq!(wrong(&is_disconnected, &meanwhile), "", "begun while it was away");

    let anything = |one: &Outcome| one.status() == 200 || is_unknown(one) || is_refused(one);
    assert_eq!(wrong(&anything, &|_| true), "", "at any time");
}

/// All is as before, by itself: both proxies answer, both workers take requests up.
async fn assert_restored(platform: &Platform) {
    let address = platform.address();
    let steady = eventually(SOON, async || {
        let outcomes = Load::start(&[address], 2, 20, |_| Ask::get("/hello")).finish().await;
        outcomes.iter().all(|one| one.status() == 200)
    });
    assert!(steady.await, "the platform does not recover");
    platform.assert_sound().await;
    assert_eq!(platform.hello_stream().await.consumers, 1);
    for worker in &platform.workers {
        let before = worker.wire().deliveries().len();
        let again = eventually(SOON, async || {
            let _ = Load::start(&[address], 8, 40, |_| Ask::get("/hello/work?ms=5")).finish().await;
            worker.wire().deliveries().len() > before
        });
        assert!(again.await, "a worker takes nothing up any more:\n{}", worker.process.output());
    }
}

async fn survives(wiped: bool) {
    let _turn = heavy().await;
    let builder = Platform::builder().workers(2).worker_args(&["--permits", "16"]).behind_chaos(true);
    let mut platform = builder.proxy_args(&["--budget", "10"]).start().await;
    let (outage, outcomes) = outage(&mut platform, wiped).await;
    assert_outcomes(&outage, &outcomes);
    assert_restored(&platform).await;
    for worker in &mut platform.workers {
        assert!(worker.process.is_running(), "{}", worker.process.output());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nats_server_that_crashes_under_load_costs_503_and_504_and_everything_works_again_by_itself() {
    survives(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nats_server_that_comes_back_without_its_store_gets_its_streams_and_consumers_again() {
    survives(true).await;
}

/// In its last moments an orderly server refuses pull requests: that must not delay what follows.
#[tokio::test(flavor = "multi_thread")]
async fn what_begins_after_an_orderly_restart_of_nats_is_answered_or_refused_but_never_unknown() {
    let mut platform = Platform::builder().proxy_args(&["--budget", "2"]).start().await;
    for _ in 0..2 {
        let make = |_| Ask::post("/hello/work?ms=5", "x");
        let before = Load::start(&[platform.address()], 4, usize::MAX, make);
        before.reach(50).await;
        platform.server.stop().await;
        // What was in flight may keep its clients waiting.
        let load = Load::start(&[platform.address()], 4, usize::MAX, make);
        sleep(AWAY).await;
        let starts = Instant::now();
        platform.server.start_again().await;
        sleep(Duration::from_secs(1)).await;
        before.stop().await;
        let outcomes = load.stop().await;
        let wrong = outcomes.iter().filter(|one| one.began >= starts && ![200, 503].contains(&one.status()));
        assert_eq!(wrong.map(Outcome::tell).collect::<Vec<_>>().join("\n"), "");
        assert!(outcomes.iter().any(|one| one.began >= starts && one.status() == 200));
    }
    platform.assert_sound().await;
}

/// A server that stands still takes nothing; what it is sent meanwhile is gone when it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_get_that_was_lost_on_its_way_to_nats_is_published_again_and_a_post_is_not() {
    const LOST: usize = 20;
    let mut platform = Platform::builder().proxy_args(&["--budget", "8"]).start().await;
    let stored = platform.hello_stream().await.last_sequence;
    platform.server.signal(Signal::STOP);
    let address = platform.address();
    let gets = Load::start(&[address], LOST, LOST, |_| Ask::get("/hello/work?ms=5"));
    let posts = Load::start(&[address], LOST, LOST, |_| Ask::post("/hello/work?ms=5", "x"));
    let sent = async || platform.proxies[0].readyz().await["inFlight"] == 2 * LOST;
    assert!(eventually(SOON, sent).await);
    platform.server.kill();
    platform.server.start_again().await;
    assert_all_ok(&gets.finish().await);
    for outcome in posts.finish().await {
        assert_problem(outcome.answer.as_ref().unwrap(), 504, "outcome-unknown");
    }
    assert_eq!(platform.hello_stream().await.last_sequence, stored + LOST as u64);
    platform.assert_sound().await;
}

/// Lets two workers of four permits each work on eight requests while nats-server crashes.
async fn eight_over_a_crash(method: &'static str) -> (Platform, Vec<Outcome>) {
    let builder = Platform::builder().workers(2).worker_args(&["--permits", "4"]).behind_chaos(true);
    let mut platform = builder.start().await;
    let make = move |_| match method {
        "GET" => Ask::get("/hello/work?ms=4000"),
        _ => Ask::post("/hello/work?ms=4000", "x"),
    };
    let load = Load::start(&[platform.address()], 8, 8, make);
    let taken = eventually(SOON, async || platform.workers.iter().all(|one| one.wire().unsettled_now() == 4));
    assert!(taken.await);
    platform.server.kill();
    sleep(AWAY).await;
    platform.server.start_again().await;
    let outcomes = load.finish().await;
    platform.assert_sound().await;
    (platform, outcomes)
}

/// Asks for the counters until both workers have told theirs.
async fn runs_of_two_workers(platform: &Platform) -> u64 {
    let (mut counts, path) = (BTreeSet::new(), "/hello/counters");
    let have_told = || platform.workers.iter().all(|one| !deliveries_of(one.wire(), "get", path).is_empty());
    while !have_told() {
        let answers = Load::start(&[platform.address()], 8, 8, move |_| Ask::get(path)).finish().await;
        assert_all_ok(&answers);
        counts.extend(
            answers.iter().map(|one| one.answer.as_ref().unwrap().json()["started"].as_u64().unwrap()),
        );
    }
    match Vec::from_iter(counts)[..] {
        [both] => both + both,
        [one, other] => one + other,
        ref more => panic!("more than two workers: {more:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gets_that_are_in_work_while_nats_is_away_are_answered_afterwards() {
    let (platform, outcomes) = eight_over_a_crash("GET").await;
    assert_all_ok(&outcomes);
    assert!(runs_of_two_workers(&platform).await >= 8);
}

/// A server that was killed may have forgotten what it had handed out, and hand it out as new.
#[tokio::test(flavor = "multi_thread")]
async fn posts_that_are_in_work_while_nats_is_away_are_answered_and_none_runs_twice() {
    let (platform, outcomes) = eight_over_a_crash("POST").await;
    for outcome in outcomes.iter().filter(|outcome| outcome.status() != 200) {
        // 502 for a second delivery, 504 where the server has forgotten the first.
        assert!([502, 504].contains(&outcome.status()), "{}", outcome.tell());
        assert_problem(outcome.answer.as_ref().unwrap(), outcome.status(), "outcome-unknown");
    }
    assert_eq!(runs_of_two_workers(&platform).await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_in_work_while_nats_is_away_is_answered_afterwards_and_runs_once() {
    let mut platform = Platform::builder().behind_chaos(true).start().await;
    let in_work: Vec<_> = (0..8).map(|_| platform.get_later("/hello/work?ms=4000")).collect();
    let taken = eventually(SOON, async || platform.workers[0].wire().unsettled_now() == 8);
    assert!(taken.await);
    platform.server.kill();
    sleep(Duration::from_secs(2)).await;
    platform.server.start_again().await;
    for answer in in_work {
        let answer: RawResponse = answer.await.unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, "worked 4000 ms\n"));
    }
    let wire = platform.workers[0].wire();
    let deliveries: Vec<_> =
        wire.deliveries().iter().map(|one| (one.connection, one.stream_seq, one.delivered)).collect();
    assert_eq!(platform.counters().await.started, 8, "{deliveries:?}");
    platform.assert_sound().await;
}

//! A worker never has more than its permits.

use integration::{
    Platform, SOON, heavy,
    load::{Ask, Load, assert_all_ok},
    wire_log::{assert_delivered_once, assert_redelivered_only_after_a_cut, most_held},
};
use test_support::{ChaosProxy, RawResponse, Signal, eventually};
use tokio::task::JoinHandle;

const PERMITS: usize = 4;
const QUICK: usize = 10_000;

/// Three workers of four permits; the first alone has taken four requests that wait for a signal.
async fn one_full_of_three() -> (Platform, Vec<JoinHandle<RawResponse>>) {
    let builder = Platform::builder()
        .worker_args(&["--permits", "4", "--max-ack-pending", "120"])
        .proxy_args(&["--budget", "100"])
        .behind_chaos(true);
    let mut platform = builder.start().await;
    let waiting: Vec<_> = (0..PERMITS).map(|_| platform.get_later("/hello/wait")).collect();
    let full = eventually(SOON, async || platform.workers[0].wire().unsettled_now() == PERMITS);
    assert!(full.await, "worker 1 has {} requests", platform.workers[0].wire().unsettled_now());
    platform.add_worker(&[]).await;
    platform.add_worker(&[]).await;
    (platform, waiting)
}

async fn end_waits(platform: &mut Platform, waiting: Vec<JoinHandle<RawResponse>>) {
    platform.workers[0].process.signal(Signal::USR1);
    for answer in waiting {
        assert_eq!(answer.await.unwrap().status, 204);
    }
}

fn wires(platform: &Platform) -> [&ChaosProxy; 3] {
    [0, 1, 2].map(|worker| platform.workers[worker].wire())
}

fn assert_within_permits(platform: &Platform) {
    for (worker, wire) in wires(platform).into_iter().enumerate() {
        let most = most_held(wire);
        assert!(most <= PERMITS, "worker {} had {most} at once", worker + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_worker_takes_nothing_more_and_the_others_answer_10_000_requests_meanwhile() {
    let _turn = heavy().await;
    let (mut platform, waiting) = one_full_of_three().await;
    let load = Load::start(&[platform.address()], 32, QUICK, |_| Ask::get("/hello"));
    assert_all_ok(&load.finish().await);
    assert!(waiting.iter().all(|answer| !answer.is_finished()), "a wait ended before its signal");
    assert_eq!(platform.workers[0].wire().deliveries().len(), PERMITS, "worker 1 before the signal");
    end_waits(&mut platform, waiting).await;
    for wire in wires(&platform) {
        assert!(wire.max_unsettled() <= PERMITS, "{} unsettled at once", wire.max_unsettled());
    }
    assert_within_permits(&platform);
    assert_delivered_once(wires(&platform));
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_connection_is_cut_again_and_again_never_has_more_than_its_permits() {
    let _turn = heavy().await;
    let (mut platform, waiting) = one_full_of_three().await;
    let load = Load::start(&[platform.address()], 32, QUICK, |_| Ask::get("/hello"));
    for cut in 1..=9 {
        load.reach(cut * QUICK / 10).await;
        assert_eq!(platform.workers[cut % 3].wire().cut().await, 1);
    }
    assert_all_ok(&load.finish().await);
    assert!(waiting.iter().all(|answer| !answer.is_finished()), "a wait ended before its signal");
    let taken = platform.workers[0].wire().deliveries();
    assert!(taken.iter().all(|delivery| delivery.stream_seq <= PERMITS as u64), "worker 1 before the signal");
    end_waits(&mut platform, waiting).await;
    assert_within_permits(&platform);
    assert_redelivered_only_after_a_cut(&wires(&platform));
    platform.assert_sound().await;
}

//! Work that takes longer than the ack wait of 5 seconds.

use std::thread::available_parallelism;

use integration::{
    Platform, heavy,
    wire_log::{assert_delivered_once, deliveries_of},
};
use test_support::chaos_proxy::AckKind;

#[tokio::test]
async fn work_that_takes_longer_than_the_ack_wait_runs_once() {
    let platform = Platform::builder().workers(2).behind_chaos(true).start().await;
    let response = platform.get("/hello/work?ms=12000").await;
    assert_eq!((response.status, response.text().as_str()), (200, "worked 12000 ms\n"));
    let wires: Vec<_> = platform.workers.iter().map(|worker| worker.wire()).collect();
    let deliveries = wires.iter().flat_map(|wire| deliveries_of(wire, "get", "/hello/work"));
    assert_eq!(deliveries.count(), 1);
    assert_delivered_once(wires);
    platform.assert_sound().await;
}

#[tokio::test]
async fn work_that_burns_every_handler_thread_is_delivered_once() {
    let _turn = heavy().await;
    let platform = Platform::builder().behind_chaos(true).start().await;
    let threads = available_parallelism().unwrap().get();
    let burning: Vec<_> = (0..threads).map(|_| platform.get_later("/hello/work?cpu=12000")).collect();
    for answer in burning {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    let wire = platform.workers[0].wire();
    assert_eq!(deliveries_of(wire, "get", "/hello/work").len(), threads);
    assert_delivered_once([wire]);
    let progress = wire.acks().iter().filter(|ack| ack.kind == AckKind::InProgress).count();
    assert!(progress >= threads * 3, "{progress} progress acks");
    assert_eq!(platform.counters().await.started, threads as u64);
    platform.assert_sound().await;
}

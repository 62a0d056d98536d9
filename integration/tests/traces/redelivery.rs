//! Deliveries of one message to several workers.

use integration::{Platform, SOON, Traced};
use test_support::{
    Signal,
    collector::{Span, Trace},
    eventually,
};

use super::{assert_attributes, assert_linked, assert_tree, assert_well};

/// A platform whose only worker has this request in work, and takes no other.
async fn in_work(target: &str) -> (Traced, tokio::task::JoinHandle<test_support::RawResponse>) {
    let builder = Platform::builder().worker_args(&["--ack-wait", "2", "--permits", "1"]).behind_chaos(true);
    let stage = Traced::start(builder).await;
    let answer = stage.platform.get_later(target);
    let wire = stage.platform.workers[0].wire();
    assert!(eventually(SOON, async || wire.unsettled_now() == 1).await, "the worker has it");
    (stage, answer)
}

/// The only trace of `GET /hello/work`.
fn trace_of_work(ended: &integration::Ended) -> Trace {
    let spans = ended.collector.spans();
    let is_it = |span: &&Span| span.attribute("url.path").as_deref() == Some("/hello/work");
    let server = spans.iter().find(is_it).unwrap();
    ended.collector.trace(&server.trace_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_delivery_has_a_span_and_points_to_the_one_before() {
    let (mut stage, answer) = in_work("/hello/work?ms=1500").await;
    stage.platform.workers[0].process.signal(Signal::STOP);
    stage.platform.add_worker(&[]).await;
    assert_eq!(answer.await.unwrap().status, 200);
    stage.platform.workers[0].process.signal(Signal::CONT);
    let trace = trace_of_work(&stage.end().await);
    assert_tree(
        &trace,
        &[
            "SERVER GET /hello/work [http-to-nats-proxy]",
            "  PRODUCER publish uptake-call-hello [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-call-hello [hello]",
            "    INTERNAL wait in uptake-call-hello [hello]",
            "    CONSUMER process uptake-call-hello [hello]",
            "      INTERNAL handle GET /hello/work [hello]",
            "      PRODUCER reply [hello]",
            "    CONSUMER process uptake-call-hello [hello]",
            "      INTERNAL handle GET /hello/work [hello]",
            "      PRODUCER reply [hello]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    // The first ends last.
    let mut deliveries = trace.named("process");
    deliveries.reverse();
    assert_attributes(deliveries[0], &[("uptake.delivery.count", "1")]);
    assert_attributes(deliveries[1], &[("uptake.delivery.count", "2")]);
    assert!(deliveries[0].links.is_empty());
    assert_linked(deliveries[1], deliveries[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivery_points_to_the_delivery_of_a_worker_that_was_killed() {
    let (mut stage, answer) = in_work("/hello/work?ms=1500").await;
    stage.platform.workers[0].process.kill();
    stage.platform.workers.remove(0);
    stage.platform.add_worker(&[]).await;
    assert_eq!(answer.await.unwrap().status, 200);
    let trace = trace_of_work(&stage.end().await);
    assert_tree(
        &trace,
        &[
            "SERVER GET /hello/work [http-to-nats-proxy]",
            "  PRODUCER publish uptake-call-hello [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-call-hello [hello]",
            "    CONSUMER process uptake-call-hello [hello]",
            "      INTERNAL handle GET /hello/work [hello]",
            "      PRODUCER reply [hello]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    assert_well(&trace);
    let delivery = trace.only("process");
    assert_attributes(delivery, &[("uptake.delivery.count", "2")]);
    // Of the first nothing was exported; its id is known all the same.
    let [link] = &delivery.links[..] else { panic!("{delivery:#?}") };
    assert_eq!(link.trace_id, delivery.trace_id);
    assert!(trace.spans().iter().all(|span| span.span_id != link.span_id));
}

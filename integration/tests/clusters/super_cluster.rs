//! Two clusters that gateways join.

use async_nats::jetstream::{self, stream::Placement};
use integration::{Proxy, SOON, Worker};
use test_support::{NatsCluster, eventually};

use super::{HELLO, assert_answers, stream_at};

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_one_region_reaches_workers_of_another_and_streams_lie_where_they_are_placed() {
    let regions = NatsCluster::start_all(&[("east", 2), ("west", 1)]).await;
    let [east, west] = &regions[..] else { unreachable!() };
    let worker = Worker::at(&east.url(), &["--job-permits", "0"], &[]).await;
    let kept_in_east = eventually(SOON, async || east.leader_of(HELLO).await.is_some());
    assert!(kept_in_east.await, "a stream is placed in the cluster of whoever makes it");
    assert_eq!(west.leader_of(HELLO).await, None);
    let proxy = Proxy::at(&west.url(), &[], &[]).await;
    assert_answers(&proxy).await;

    // Placed by a tag, and made by somebody in the other region: what a worker with `--provision other` finds.
    drop(worker);
    let context = jetstream::new(async_nats::connect(east.url().split(',').next().unwrap()).await.unwrap());
    let mut config = context.get_stream(HELLO).await.unwrap().cached_info().config.clone();
    let consumer: jetstream::consumer::pull::Config = {
        let stream = context.get_stream(HELLO).await.unwrap();
        let mut consumer: jetstream::consumer::PullConsumer = stream.get_consumer("workers").await.unwrap();
        jetstream::consumer::FromConsumer::try_from_consumer_config(
            consumer.info().await.unwrap().config.clone(),
        )
        .unwrap()
    };
    context.delete_stream(HELLO).await.unwrap();
    config.placement = Some(Placement { cluster: None, tags: vec!["cluster:west".to_owned()] });
    let stream = context.create_stream(config).await.unwrap();
    stream.create_consumer(consumer).await.unwrap();
    let placed = eventually(SOON, async || stream_at(&west.servers[0], HELLO).await.is_some());
    assert!(placed.await);
    assert_eq!(east.leader_of(HELLO).await, None);
    let _worker = Worker::at(&east.url(), &["--job-permits", "0", "--provision", "other"], &[]).await;
    assert_answers(&proxy).await;
}

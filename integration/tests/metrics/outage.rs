//! What the figures say while nats-server is away.

use integration::{Platform, SOON};
use test_support::eventually;

use super::{LISTENS, Scrape};

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_nats_shows_and_what_was_told_of_streams_vanishes_and_comes_back() {
    let mut platform = Platform::builder().worker_args(&LISTENS).start().await;
    let (proxy, worker) = (platform.proxies[0].admin(), platform.workers[0].admin().await);
    let connected = async |is: f64| {
        let all = [Scrape::of(proxy).await, Scrape::of(worker).await];
        all.iter().all(|one| one.value("uptake_nats_connected") == Some(is))
    };
    let reconnects = async || {
        [proxy, worker].map(async |admin| Scrape::of(admin).await.value("uptake_nats_reconnects_total"))
    };
    let streams = async || {
        let scrape = Scrape::of(proxy).await;
        let is_of_streams =
            |name: &str| name.starts_with("uptake_stream_") || name.starts_with("uptake_consumer_");
        let others = ["uptake_dead_letters", "uptake_jobs"];
        let named = scrape.samples.iter().map(|sample| sample.name.as_str());
        named.filter(|name| is_of_streams(name) || others.contains(name)).count()
    };
    assert!(eventually(SOON, async || streams().await > 0).await, "{:#?}", Scrape::of(proxy).await);
    assert!(connected(1.0).await);
    for count in reconnects().await {
        assert_eq!(count.await, Some(0.0));
    }
    let before = Scrape::of(proxy).await.value("uptake_platform_read_time_seconds").unwrap();

    platform.server.kill();
    assert!(eventually(SOON, async || connected(0.0).await).await);
    assert!(eventually(SOON, async || streams().await == 0).await, "{:#?}", Scrape::of(proxy).await);
    let still = Scrape::of(proxy).await.value("uptake_platform_read_time_seconds").unwrap();
    assert!(still >= before, "the time of the last look stays: that is what to alarm on");

    platform.server.start_again().await;
    assert!(eventually(SOON, async || connected(1.0).await).await);
    assert!(eventually(SOON, async || streams().await > 0).await, "{:#?}", Scrape::of(proxy).await);
    for count in reconnects().await {
        assert!(count.await.unwrap() >= 1.0);
    }
    let after = Scrape::of(proxy).await.value("uptake_platform_read_time_seconds").unwrap();
    assert!(after > still);
    platform.assert_sound().await;
}

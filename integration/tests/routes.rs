//! Which route stands for a request at a proxy: the service's own template, or the prefix that the service owns.

use std::time::Duration;

use integration::Platform;
use test_support::{HttpClient, eventually};

/// Sooner than a proxy reads its routing table without a reason, which is every 30 seconds.
const BEFORE_THE_NEXT_LOOK: Duration = Duration::from_secs(20);

/// The metrics of the only proxy.
async fn metrics(platform: &Platform) -> String {
    HttpClient::connect(platform.proxies[0].admin()).await.unwrap().get("/metrics").await.unwrap().text()
}

fn count(route: &str, status: u16) -> String {
    format!(
        "http_server_request_duration_seconds_count{{http_request_method=\"GET\",\
         http_response_status_code=\"{status}\",http_route=\"{route}\"}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_younger_than_its_proxy_is_known_by_its_routes() {
    let mut platform = Platform::builder().workers(0).start().await;
    // The proxy has looked, and has found nobody.
    assert_eq!(platform.get("/hello").await.status, 404);
    platform.add_worker(&[]).await;
    assert_eq!(platform.get("/hello").await.status, 200);
    assert!(metrics(&platform).await.contains(&count("/hello", 200)), "what the service tells is exact");
    let known = eventually(BEFORE_THE_NEXT_LOOK, async || {
        assert_eq!(platform.get("/hello/nothing").await.status, 404);
        metrics(&platform).await.contains(&count("/hello/*", 404))
    });
    assert!(known.await, "{}", metrics(&platform).await);
}

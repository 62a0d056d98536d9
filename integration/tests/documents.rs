//! `/-/openapi`: where the services describe themselves, as the streams tell.

use integration::{Platform, SOON, assert_problem};
use serde_json::{Value, json};
use test_support::{Signal, eventually};

async fn listed(platform: &Platform) -> Value {
    let response = platform.get("/api/-/openapi").await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

fn documents(services: &[&str]) -> Value {
    let document =
        |service: &&str| json!({"service": service, "url": format!("/api/openapi/{service}.json")});
    json!({"documents": services.iter().map(document).collect::<Vec<_>>()})
}

#[tokio::test]
async fn the_documents_of_all_services_are_listed_as_soon_as_their_streams_are_there() {
    let mut platform = Platform::builder().workers(0).proxy_args(&["--strip-prefix", "/api"]).start().await;
    assert_eq!(listed(&platform).await, documents(&[]));
    for (name, prefixes) in [("b-2", "/hello,/openapi/b-2.json"), ("a", "/openapi/a.json,/users")] {
        platform.add_worker(&["--service-name", name, "--prefixes", prefixes]).await;
    }
    // A look-up serves all who ask within a second.
    let all = documents(&["a", "b-2"]);
    assert!(eventually(SOON, async || listed(&platform).await == all).await, "{}", listed(&platform).await);
    assert_eq!(platform.get("/-/openapi").await.json(), all, "with and without the prefix");
}

#[tokio::test]
async fn a_silent_jetstream_is_told_and_not_taken_for_no_services() {
    let mut platform = Platform::start().await;
    platform.server.signal(Signal::STOP);
    // What was learnt within the last second still counts.
    assert!(eventually(SOON, async || platform.get("/-/openapi").await.status != 200).await);
    let response = platform.get("/-/openapi").await;
    platform.server.signal(Signal::CONT);
    assert_problem(&response, 503, "stream-unavailable");
    assert_eq!(response.header("retry-after"), Some("1"));
    platform.assert_sound().await;
    assert_eq!(platform.get("/-/openapi").await.json(), json!({"documents": []}), "hello describes nothing");
}

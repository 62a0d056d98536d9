//! Paths that mean something to NATS, to a file system, or to nobody.

use integration::{Platform, assert_problem};
use test_support::{HttpClient, RawResponse};

async fn get(client: &mut HttpClient, target: &[u8]) -> RawResponse {
    client.request::<&str, &str>("GET", target, &[], "").await.unwrap()
}

#[tokio::test]
async fn a_path_reaches_its_handler_exactly_as_it_was_sent() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    let before = platform.hello_stream().await.last_sequence;
    let targets: [&str; 24] = [
        "/hello/inspect/*",
        "/hello/inspect/%3E",
        "/hello/inspect/a.b.c",
        "/hello/inspect/.",
        "/hello/inspect/../../reply/x",
        "/hello/inspect/*/%3e/.",
        "/hello/inspect/$JS.API.STREAM.DELETE.uptake-call-hello",
        "/hello/inspect/%20",
        "/hello/inspect/a%20b",
        "/hello/inspect/%2F",
        "/hello/inspect/%2f%2F",
        "/hello/inspect/%0d%0a",
        "/hello/inspect/%0d%0aNats-Rollup:%20all%0d%0a%0d%0a",
        "/hello/inspect/%00",
        "/hello/inspect/%",
        "/hello/inspect/%zz",
        "/hello/inspect/%7E~",
        "/hello/inspect//",
        "/hello/inspect//a///b//",
        "/hello/inspect/a/",
        "/hello/inspect/a?b=*.%3E&c=%0d%0a&&d",
        "/hello/inspect/a;b=c:d@e!f'(g),h+i=j",
        "/hello/inspect?",
        "/hello/inspect?//*.%3E",
    ];
    for target in targets {
        let response = get(&mut client, target.as_bytes()).await;
        assert_eq!(response.status, 200, "{target}: {}", response.text());
        assert_eq!(response.json()["target"], target);
    }
    let stored = platform.hello_stream().await.last_sequence - before;
    assert_eq!(stored, targets.len() as u64, "one message each, in the service's own stream");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_target_of_8000_octets_is_served_and_one_beyond_the_limit_gets_414() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    let many = format!("/hello/inspect/{}", "%2F/*/".repeat(1331));
    let long = format!("/hello/inspect/{}?{}", "x".repeat(4000), "y".repeat(3980));
    for target in [many, long] {
        assert!((7990..8192).contains(&target.len()), "{}", target.len());
        let response = get(&mut client, target.as_bytes()).await;
        assert_eq!((response.status, response.json()["target"].as_str()), (200, Some(target.as_str())));
    }
    let response = get(&mut client, format!("/hello/inspect/{}", "x".repeat(8192)).as_bytes()).await;
    assert_problem(&response, 414, "target-too-long");
    assert_eq!(get(&mut client, b"/hello").await.status, 200, "on the same connection");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_path_that_no_service_owns_gets_404_whatever_it_looks_like() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    let before = platform.hello_stream().await.last_sequence;
    let unknown = [
        "/",
        "/*",
        "/%3E",
        "/.",
        "/..",
        "//",
        "//hello",
        "/hell",
        "/helloo",
        "/Hello",
        "/%68ello",
        "/hello%2Fecho",
        "/hello.echo",
        "/hello%20",
        "/call/get/hello",
        "/uptake.call.get.hello",
        "/$JS/API/INFO",
        "/-/",
        "/nothing/here?x=/hello",
    ];
    for target in unknown {
        assert_problem(&get(&mut client, target.as_bytes()).await, 404, "no-route");
    }
    assert_eq!(platform.hello_stream().await.last_sequence, before, "none was stored");
    platform.assert_sound().await;
}

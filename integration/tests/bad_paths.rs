//! Paths that mean something to NATS, to a file system, or to nobody.

use integration::{Platform, assert_problem};
use test_support::{HttpClient, RawResponse, raw_exchange};

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
        "/-/jobs/1",
        "/nothing/here?x=/hello",
    ];
    for target in unknown {
        assert_problem(&get(&mut client, target.as_bytes()).await, 404, "no-route");
    }
    assert_eq!(platform.hello_stream().await.last_sequence, before, "none was stored");
    platform.assert_sound().await;
}

#[tokio::test]
async fn what_is_no_request_line_is_refused_and_never_published() {
    let platform = Platform::start().await;
    let before = platform.hello_stream().await.last_sequence;
    let lines: [&[u8]; 10] = [
        b"GET /hello/inspect/a b HTTP/1.1",
        b"GET /hello/inspect/a\tb HTTP/1.1",
        b"GET /hello/inspect/\x01 HTTP/1.1",
        b"GET /hello/inspect/> HTTP/1.1",
        b"GET hello HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET ?x HTTP/1.1",
        b"GET  /hello HTTP/1.1",
        b"GET /hello HTTP/1.2",
        b"G\x00T /hello HTTP/1.1",
    ];
    for line in lines {
        let request = [line, b"\r\nHost: x\r\nConnection: close\r\n\r\n"].concat();
        let answer = raw_exchange(platform.address(), &request).await.unwrap();
        let shown = String::from_utf8_lossy(line).into_owned();
        let responses = RawResponse::parse_all(&answer);
        assert!(responses.len() <= 1, "{shown}: {} answers", responses.len());
        let status = responses.first().map(|response| response.status);
        assert!(matches!(status, None | Some(400 | 505)), "{shown}: {status:?}");
    }
    assert_eq!(platform.hello_stream().await.last_sequence, before, "none was stored");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_path_with_octets_beyond_ascii_is_refused() {
    let platform = Platform::start().await;
    for path in [&b"/hello/inspect/J\xc3\xb6rg"[..], b"/hello/inspect/J\xf6rg", b"/hello/inspect/\x7f"] {
        let request = [b"GET ", path, b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"].concat();
        let answer = raw_exchange(platform.address(), &request).await.unwrap();
        let responses = RawResponse::parse_all(&answer);
        assert_eq!(responses.len(), 1, "{}", String::from_utf8_lossy(&answer));
        assert_eq!(responses[0].status, 400, "{}", responses[0].text());
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn methods_without_a_subject_get_501_and_are_never_published() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    let before = platform.hello_stream().await.last_sequence;
    for method in ["BREW", "get", "Get", "TRACE", "PROPFIND", "QUERY", "*"] {
        let response = client.request::<&str, &str>(method, "/hello", &[], "").await.unwrap();
        assert_problem(&response, 501, "method-not-supported");
    }
    let response = client.request::<&str, &str>("OPTIONS", "*", &[], "").await.unwrap();
    assert_eq!((response.status, response.header("allow").is_some()), (204, true));
    assert_eq!(platform.hello_stream().await.last_sequence, before, "none was stored");
    platform.assert_sound().await;
}

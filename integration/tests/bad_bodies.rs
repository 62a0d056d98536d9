//! Bodies that are too large, too slow, or never end.

use std::time::Duration;

use integration::{Platform, assert_problem};
use test_support::{HttpClient, RawResponse};
use tokio::{io::AsyncWriteExt as _, time::sleep};

/// The default limit, in octets.
const LIMIT: usize = 512 * 1024;

fn body(octets: usize) -> Vec<u8> {
    // No text: every octet occurs.
    (0..octets).map(|at| u8::try_from((at * 31 + at / 251) % 256).unwrap_or_default()).collect()
}

async fn post(client: &mut HttpClient, body: &[u8]) -> RawResponse {
    client.request::<&str, &str>("POST", "/hello/echo", &[], body).await.unwrap()
}

async fn post_chunked(client: &mut HttpClient, body: &[u8]) -> RawResponse {
    let mut chunked = Vec::new();
    for chunk in body.chunks(10_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let head = b"POST /hello/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(head).await.unwrap();
    // A server that has seen enough may close before the end.
    let _ = client.send(&chunked).await;
    client.response(false).await.unwrap()
}

#[tokio::test]
async fn a_body_at_the_limit_is_echoed_and_one_octet_more_gets_413() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    for octets in [0, 1, 65_535, 65_536, LIMIT - 1, LIMIT] {
        let sent = body(octets);
        let (plain, chunked) = (post(&mut client, &sent).await, post_chunked(&mut client, &sent).await);
        for response in [plain, chunked] {
            assert_eq!(response.status, 200, "{octets}: {}", response.text());
            assert!(response.body == sent, "{octets} octets came back as {} others", response.body.len());
        }
    }
    let before = platform.hello_stream().await.last_sequence;
    let over = body(LIMIT + 1);
    let plain = post(&mut client, &over).await;
    let chunked = post_chunked(&mut platform.client().await, &over).await;
    for response in [plain, chunked] {
        assert_problem(&response, 413, "body-too-large");
        assert_eq!(response.header("connection"), Some("close"));
    }
    assert_eq!(platform.hello_stream().await.last_sequence, before, "none was stored");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_body_that_is_refused_by_its_length_is_not_waited_for() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    let head =
        "POST /hello/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 524289\r\nExpect: 100-continue\r\n\r\n";
    client.send(head.as_bytes()).await.unwrap();
    assert_problem(&client.response(false).await.unwrap(), 413, "body-too-large");
    let mut client = platform.client().await;
    let head = "POST /hello/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\n";
    client.send(head.as_bytes()).await.unwrap();
    assert_problem(&client.response(false).await.unwrap(), 413, "body-too-large");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_limit_of_its_own_counts_for_a_proxy() {
    let platform = Platform::builder().proxy_args(&["--max-body-bytes", "100"]).start().await;
    let mut client = platform.client().await;
    assert_eq!(post(&mut client, &body(100)).await.body, body(100));
    assert_problem(&post(&mut client, &body(101)).await, 413, "body-too-large");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_body_that_is_too_slow_gets_408_and_nothing_runs() {
    let platform = Platform::builder().proxy_args(&["--body-timeout", "1"]).start().await;
    let mut client = platform.client().await;
    let head = b"POST /hello/work?ms=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nslow";
    client.send(head).await.unwrap();
    assert_problem(&client.response(false).await.unwrap(), 408, "body-timeout");
    assert_eq!(platform.counters().await.started, 0);
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_leaves_nothing_behind() {
    let platform = Platform::start().await;
    for how in ["reset", "half-close"] {
        let mut client = platform.client().await;
        let head = b"POST /hello/work?ms=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
        client.send(head).await.unwrap();
        client.send(&body(50_000)).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        if how == "half-close" {
            client.stream().shutdown().await.unwrap();
            if let Ok(response) = client.response(false).await {
                assert_problem(&response, 400, "body-incomplete");
            }
        }
    }
    assert_eq!(platform.counters().await.started, 0);
    platform.assert_sound().await;
}

#[tokio::test]
async fn an_answer_over_the_limit_gets_502() {
    let platform = Platform::start().await;
    let response = platform.get("/hello/large?octets=524288").await;
    assert_eq!((response.status, response.body.len()), (200, LIMIT));
    assert_problem(&platform.get("/hello/large?octets=524289").await, 502, "answer-too-large");
    platform.assert_sound().await;
}

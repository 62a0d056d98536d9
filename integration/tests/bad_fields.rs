//! Fields that mean something to NATS or to us, and values that are no ASCII.

use integration::{Platform, SOON, assert_problem};
use serde_json::json;
use test_support::{RawResponse, eventually};

/// `GET /hello/inspect` with these fields.
async fn inspect(platform: &Platform, fields: &[(&str, &[u8])]) -> RawResponse {
    let response = platform.client().await.request("GET", "/hello/inspect", fields, "").await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    response
}

#[tokio::test]
async fn fields_of_nats_and_of_ours_arrive_as_plain_fields() {
    let platform = Platform::start().await;
    let fields: [(&str, &[u8]); 14] = [
        ("Nats-Rollup", b"all"),
        ("Nats-Msg-Id", b"7"),
        ("Nats-TTL", b"1s"),
        ("Nats-Expected-Stream", b"other"),
        ("Nats-Expected-Last-Sequence", b"999999"),
        ("Uptake-Reply-To", b"uptake.reply.evil.evil.evil"),
        ("Uptake-Wire", b"2"),
        ("Uptake-Method", b"DELETE"),
        ("Uptake-Target", b"/other"),
        ("Uptake-Budget-Ms", b"0"),
        ("Uptake-Auth-Subject", b"root"),
        ("Uptake-Request-Id", b"spoofed"),
        ("Http-X-Inner", b"1"),
        ("Http8-X-Inner", b"%0D%0A"),
    ];
    let response = inspect(&platform, &fields).await;
    let seen = &response.json();
    assert_eq!((&seen["method"], &seen["target"]), (&json!("GET"), &json!("/hello/inspect")));
    for (name, value) in fields {
        let value = str::from_utf8(value).unwrap();
        assert_eq!(seen["fields"][name.to_lowercase()], json!([value]), "{name}");
    }
    assert_eq!(seen["fields"].get("x-inner"), None);
    assert_ne!(response.header("x-request-id"), Some("spoofed"));
    platform.assert_sound().await;
}

#[tokio::test]
async fn the_same_nats_msg_id_twice_is_two_requests() {
    let platform = Platform::start().await;
    let before = platform.hello_stream().await.last_sequence;
    for _ in 0..3 {
        let mut client = platform.client().await;
        let response = client.request("POST", "/hello/echo", &[("Nats-Msg-Id", "7")], "again").await.unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, "again"));
    }
    assert_eq!(platform.hello_stream().await.last_sequence - before, 3, "each was stored");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_rollup_or_a_ttl_of_a_client_does_nothing_to_what_waits_in_the_stream() {
    let platform = Platform::builder().worker_args(&["--permits", "1"]).start().await;
    let running = platform.get_later("/hello/work?ms=3000");
    assert!(eventually(SOON, async || platform.hello_stream().await.last_sequence == 1).await);
    let queued: Vec<_> = (0..5).map(|_| platform.get_later("/hello/work?ms=1")).collect();
    assert!(eventually(SOON, async || platform.hello_stream().await.messages == 6).await);
    let mut client = platform.client().await;
    let fields = [("Nats-Rollup", "all"), ("Nats-TTL", "1s"), ("Nats-Rollup", "sub")];
    let response = client.request("GET", "/hello/work?ms=1", &fields, "").await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    for answer in queued.into_iter().chain([running]) {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_value_in_latin1_or_utf8_arrives_octet_for_octet() {
    let platform = Platform::start().await;
    let fields: [(&str, &[u8]); 7] = [
        ("X-Latin1", b"J\xf6rg \xa3\xff"),
        ("X-Utf8", "Jörg ¶ → ✓".as_bytes()),
        ("X-Mixed", b"plain"),
        ("X-Mixed", b"n\xf6t plain"),
        ("X-Percent", b"100%25 \xe9"),
        ("X-Tab", b"a\tb"),
        ("X-Empty", b""),
    ];
    let seen = inspect(&platform, &fields).await.text();
    let latin1 = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let mut names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    names.dedup();
    for name in names {
        let values: Vec<_> =
            fields.iter().filter(|field| field.0 == name).map(|field| latin1(field.1)).collect();
        let expected = format!("{:?}:{values:?}", name.to_lowercase());
        assert!(seen.contains(&expected), "{expected} in {seen}");
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_value_of_an_answer_in_latin1_or_utf8_arrives_octet_for_octet() {
    let platform = Platform::start().await;
    for value in [&b"text/plain; name=J\xf6rg"[..], "text/plain; name=Jörg%20✓".as_bytes()] {
        let mut client = platform.client().await;
        let response = client.request("POST", "/hello/echo", &[("Content-Type", value)], "x").await.unwrap();
        assert_eq!((response.status, response.header_bytes("content-type")), (200, vec![value]));
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn fields_that_end_at_the_proxy_do_not_reach_the_service() {
    let platform = Platform::start().await;
    let fields: [(&str, &[u8]); 7] = [
        ("Connection", b"keep-alive, X-Hop"),
        ("X-Hop", b"1"),
        ("Keep-Alive", b"timeout=5"),
        ("Proxy-Authorization", b"Basic eDp5"),
        ("TE", b"trailers"),
        ("Upgrade", b"websocket"),
        ("X-End", b"1"),
    ];
    let seen = inspect(&platform, &fields).await.json();
    assert_eq!(seen["fields"]["x-end"], json!(["1"]));
    for (name, _) in &fields[..6] {
        assert_eq!(seen["fields"].get(name.to_lowercase()), None, "{name}");
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn fields_that_no_message_can_carry_get_431() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    for (count, octets) in [(1, 61 * 1024), (60, 1024)] {
        let value = "v".repeat(octets);
        let fields: Vec<_> = (0..count).map(|number| (format!("x-field-{number}"), value.clone())).collect();
        let response = client.request("GET", "/hello", &fields, "").await.unwrap();
        assert_problem(&response, 431, "fields-too-large");
    }
    // Percent-encoded it triples.
    let wide = vec![0xf6_u8; 21 * 1024];
    let response = client.request("GET", "/hello", &[("x-wide", wide)], "").await.unwrap();
    assert_problem(&response, 431, "fields-too-large");
    let fits = "v".repeat(58 * 1024);
    let response = client.request("GET", "/hello", &[("x-fits", fits)], "").await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    platform.assert_sound().await;
}

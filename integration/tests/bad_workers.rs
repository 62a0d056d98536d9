//! Workers that answer rubbish, twice, late or never; and messages that no proxy made.

use std::time::Duration;

use async_nats::HeaderMap;
use integration::{
    Platform, SOON, assert_problem,
    fake_service::{FakeService, good_headers},
};
use test_support::{HttpClient, chaos_proxy::AckKind, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

async fn platform_with_fake(proxy_args: &[&str]) -> (Platform, FakeService) {
    let platform = Platform::builder().proxy_args(proxy_args).start().await;
    let fake = FakeService::start(&platform.server, "fake").await;
    (platform, fake)
}

/// Good headers, but for one.
fn headers_with(name: &str, value: &str) -> HeaderMap {
    let mut headers = good_headers();
    headers.insert(name, value);
    headers
}

fn headers_without(name: &str) -> HeaderMap {
    let good = good_headers();
    let rest = good.iter().filter(|(known, _)| known.to_string() != name);
    rest.flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone()))).collect()
}

#[tokio::test]
async fn an_answer_that_is_rubbish_gets_502() {
    let (platform, mut fake) = platform_with_fake(&["--budget", "5"]).await;
    let mut unknown = HeaderMap::new();
    unknown.insert("X-Rubbish", "1");
    let rubbish: [(&str, HeaderMap, &[u8]); 16] = [
        ("no header, no body", HeaderMap::new(), b""),
        ("no header, text", HeaderMap::new(), b"rubbish"),
        ("no header, octets", HeaderMap::new(), &[0, 255, 13, 10, 0]),
        ("no header, a JSON array", HeaderMap::new(), b"[]"),
        ("no header, JSON null", HeaderMap::new(), b"null"),
        ("no header, a JSON object", HeaderMap::new(), br#"{"hello":"world"}"#),
        ("unknown header", unknown, b"rubbish"),
        ("no version", headers_without("Uptake-Wire"), b"x"),
        ("other version", headers_with("Uptake-Wire", "2"), b"x"),
        ("no status", headers_without("Uptake-Status"), b"x"),
        ("status that is no number", headers_with("Uptake-Status", "fine"), b"x"),
        ("interim status", headers_with("Uptake-Status", "100"), b"x"),
        ("status out of range", headers_with("Uptake-Status", "999"), b"x"),
        ("no attempt", headers_without("Uptake-Attempt"), b"x"),
        ("malformed timing", headers_with("Uptake-Timing", "-1 x"), b"x"),
        ("unknown fault", headers_with("Uptake-Error", "no-such-thing"), b"x"),
    ];
    for (what, headers, body) in rubbish {
        let answer = platform.get_later("/fake/thing");
        fake.take().await.answer_with(headers, body.to_vec()).await;
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 502, "{what}: {}", answer.text());
        assert_problem(&answer, 502, "answer-undecodable");
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn fields_of_an_answer_that_are_no_http_are_left_out() {
    let (platform, mut fake) = platform_with_fake(&[]).await;
    let answer = platform.get_later("/fake");
    let mut headers = good_headers();
    let odd = [
        ("Http-x-good", "1"),
        ("Http-", "1"),
        ("Http8-x-bad", "%0d%0aX: 1"),
        ("Http8-x-cut", "%4"),
        ("Http-transfer-encoding", "chunked"),
        ("Http-connection", "close"),
        ("Http-content-length", "9999"),
        ("X-Other", "1"),
    ];
    for (name, value) in odd {
        headers.insert(name, value);
    }
    fake.take().await.answer_with(headers, b"body".to_vec()).await;
    let answer = answer.await.unwrap();
    assert_eq!((answer.status, answer.text().as_str(), answer.header("x-good")), (200, "body", Some("1")));
    for name in ["x-bad", "x-cut", "transfer-encoding", "connection", "x", "x-other"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(answer.header("content-length"), Some("4"));
    platform.assert_sound().await;
}

#[tokio::test]
async fn of_two_answers_the_first_counts() {
    let (platform, mut fake) = platform_with_fake(&[]).await;
    let mut client = platform.client().await;
    client.send(b"GET /fake/1 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let taken = fake.take().await;
    taken.answer("first").await;
    taken.answer("second").await;
    assert_eq!(client.response(false).await.unwrap().text(), "first");
    // Late for the first request, and not for the second one on the same connection.
    taken.answer("third").await;
    client.send(b"GET /fake/2 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let next = fake.take().await;
    assert_ne!(next.reply_to(), taken.reply_to());
    taken.answer("fourth").await;
    next.answer("own").await;
    assert_eq!(client.response(false).await.unwrap().text(), "own");
    platform.assert_sound().await;
}

#[tokio::test]
async fn an_answer_that_comes_late_is_ignored() {
    let (platform, mut fake) = platform_with_fake(&["--budget", "1"]).await;
    let answer = platform.get_later("/fake");
    let late = fake.take().await;
    assert_problem(&answer.await.unwrap(), 504, "outcome-unknown");
    late.answer("late").await;
    let answer = platform.get_later("/fake");
    let next = fake.take().await;
    late.answer("later").await;
    next.answer("own").await;
    assert_eq!(answer.await.unwrap().text(), "own");
    platform.assert_sound().await;
}

#[tokio::test]
async fn an_answer_that_never_comes_gets_504() {
    let (platform, mut fake) = platform_with_fake(&["--budget", "1"]).await;
    for method in ["GET", "POST"] {
        let mut client = platform.client().await;
        let response = client.request::<&str, &str>(method, "/fake", &[], "").await.unwrap();
        assert_problem(&response, 504, "outcome-unknown");
        fake.take().await;
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn an_answer_to_an_address_that_nobody_has_is_ignored() {
    let (platform, mut fake) = platform_with_fake(&[]).await;
    let answer = platform.get_later("/fake");
    let taken = fake.take().await;
    let client = async_nats::connect(platform.server.url()).await.unwrap();
    let own = taken.reply_to().to_owned();
    let (prefix, token) = own.rsplit_once('.').unwrap();
    let (slot, _secret) = token.split_once('-').unwrap();
    let guesses = [
        format!("{slot}-0000000000000000"),
        "ffff-0".to_owned(),
        slot.to_owned(),
        "-".to_owned(),
        "99999999999999999999-1".to_owned(),
        "x".to_owned(),
    ];
    for guess in guesses {
        let subject = format!("{prefix}.{guess}");
        client.publish_with_headers(subject, good_headers(), "stolen".into()).await.unwrap();
    }
    client.flush().await.unwrap();
    sleep(Duration::from_millis(200)).await;
    assert!(!answer.is_finished());
    taken.answer("own").await;
    assert_eq!(answer.await.unwrap().text(), "own");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_message_that_is_no_request_is_terminated_and_the_worker_goes_on() {
    let platform = Platform::builder().behind_chaos(true).start().await;
    let client = async_nats::connect(platform.server.url()).await.unwrap();
    let mut wrong_version = HeaderMap::new();
    wrong_version.insert("Uptake-Wire", "99");
    let mut half = HeaderMap::new();
    half.insert("Uptake-Wire", "1");
    half.insert("Uptake-Method", "GET");
    half.insert("Uptake-Reply-To", "$JS.API.STREAM.DELETE.uptake-call-hello");
    for headers in [HeaderMap::new(), wrong_version, half] {
        client.publish_with_headers("uptake.call.get.hello", headers, "rubbish".into()).await.unwrap();
    }
    client.publish("uptake.call.post.hello.%", "rubbish".into()).await.unwrap();
    client.flush().await.unwrap();
    let wire = platform.workers[0].wire();
    let terminated =
        eventually(SOON, async || wire.acks().iter().filter(|ack| ack.kind == AckKind::Term).count() == 4);
    assert!(terminated.await, "{:?}", wire.acks());
    assert_eq!(wire.deliveries().len(), 4);
    platform.assert_sound().await;
}

/// `async-nats` ends its connection over a header value that is not UTF-8, and makes a new one.
#[tokio::test]
async fn an_answer_with_headers_that_are_not_utf8_harms_nobody_else() {
    let (platform, mut fake) = platform_with_fake(&["--budget", "5"]).await;
    let others: Vec<_> = (0..8).map(|_| platform.get_later("/hello/work?ms=1000")).collect();
    assert!(eventually(SOON, async || platform.hello_stream().await.messages == 8).await);
    let answer = platform.get_later("/fake");
    let taken = fake.take().await;
    let head = b"NATS/1.0\r\nUptake-Wire: 1\r\nHttp-x: J\xf6rg\r\n\r\n";
    let line = format!(
        "CONNECT {{\"headers\":true,\"verbose\":false}}\r\nHPUB {} {} {}\r\n",
        taken.reply_to(),
        head.len(),
        head.len()
    );
    let mut raw = TcpStream::connect(platform.server.addr()).await.unwrap();
    raw.write_all(&[line.as_bytes(), head, b"\r\nPING\r\n"].concat()).await.unwrap();
    let answer = answer.await.unwrap();
    assert!([502, 504].contains(&answer.status), "{}", answer.text());
    for other in others {
        let other = other.await.unwrap();
        assert_eq!((other.status, other.text().as_str()), (200, "worked 1000 ms\n"));
    }
    platform.assert_sound().await;
}

/// `async-nats` panics over a CR within a header value, and its connection is gone for good.
async fn publish_a_bare_cr(platform: &Platform, subject: &str) {
    let head = b"NATS/1.0\r\nUptake-Wire: 1\r\nHttp-x: a\rb\r\n\r\n";
    let line = format!("CONNECT {{\"headers\":true}}\r\nHPUB {subject} {0} {0}\r\n", head.len());
    let mut raw = TcpStream::connect(platform.server.addr()).await.unwrap();
    raw.write_all(&[line.as_bytes(), head, b"\r\nPING\r\n"].concat()).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"PONG\r\n") {
        assert_ne!(raw.read_buf(&mut read).await.unwrap(), 0, "{}", String::from_utf8_lossy(&read));
    }
}

#[tokio::test]
async fn a_proxy_whose_connection_cannot_be_restored_ends_and_the_others_go_on() {
    let platform = Platform::builder().proxies(2).start().await;
    let mut fake = FakeService::start(&platform.server, "fake").await;
    let _answer = platform.get_later("/fake");
    let reply_to = fake.take().await.reply_to().to_owned();
    publish_a_bare_cr(&platform, &reply_to).await;
    let mut platform = platform;
    let ended = platform.proxies[0].process.wait_exit(SOON).await;
    assert_eq!(ended.code(), Some(1), "{}", platform.proxies[0].process.output());
    let mut other = HttpClient::connect(platform.proxies[1].address()).await.unwrap();
    assert_eq!(other.get("/hello").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_worker_whose_connection_cannot_be_restored_ends() {
    let mut platform = Platform::start().await;
    publish_a_bare_cr(&platform, "uptake.call.get.hello").await;
    let ended = platform.workers[0].process.wait_exit(SOON).await;
    let output = platform.workers[0].process.output();
    assert!(ended.code() == Some(1) && output.contains("has ended for good"), "{ended}: {output}");
}

//! A proxy that may have 10 connections, and 512 KiB of bodies and of answers.

use futures_util::FutureExt as _;
use integration::{Proxy, SOON};
use test_support::{HttpClient, eventually};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::{
    frames,
    http1::{get, post},
    row::{Row, Seen},
    run::Reader,
};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::script("one connection more", "10 silent ones, then `GET /hello`", |proxy| {
            one_more(proxy).boxed_local()
        })
        .kept("200")
        .published(1..=1),
        Row::script(
            "more octets than may be in flight",
            "400 KiB of 500, waiting; then `POST` of 200 KiB",
            |proxy| bodies(proxy).boxed_local(),
        )
        .refused("503 in-flight-limit, 408 body-timeout"),
        Row::script(
            "more octets of heads than may be in flight",
            "8 × `POST` with 60 KiB of fields, waiting; then `GET /hello` with as many",
            |proxy| heads(proxy).boxed_local(),
        )
        .refused("503 in-flight-limit"),
        Row::script(
            "more unread answers than half of it",
            "400,000 octets not read over HTTP/2; then `GET /hello`",
            |proxy| answers(proxy).boxed_local(),
        )
        .refused("503 in-flight-limit")
        .published(1..=1),
    ]
}

/// It is accepted by the kernel, and served when another has ended.
async fn one_more(proxy: &Proxy) -> Seen {
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(proxy.address()).await.unwrap());
    }
    assert!(eventually(SOON, async || proxy.readyz().await["connections"] == 10).await);
    let (mut client, mut writer) = Reader::connect(proxy.address()).await;
    writer.write_all(get("/hello").as_bytes()).await.unwrap();
    client.read_answers(1).await;
    client.seen
}

async fn bodies(proxy: &Proxy) -> Seen {
    let (mut slow, mut writer) = Reader::connect(proxy.address()).await;
    let part = post("Content-Length: 512000\r\n", &"x".repeat(400 << 10));
    writer.write_all(part.as_bytes()).await.unwrap();
    assert!(eventually(SOON, async || octets_in_flight(proxy).await > 400 << 10).await);
    let mut client = HttpClient::connect(proxy.address()).await.unwrap();
    let refused =
        client.request::<&str, &str>("POST", "/hello/echo", &[], vec![b'x'; 200 << 10]).await.unwrap();
    let mut seen = Seen::default();
    seen.note(&refused, false);
    slow.read_answers(1).await;
    seen.answers.extend(slow.seen.answers);
    seen
}

/// They need not be sent for each request where HTTP/2 refers to what it has sent before.
async fn heads(proxy: &Proxy) -> Seen {
    let fields = format!("X-A: {}\r\n", "a".repeat(60_000));
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let (reader, mut writer) = Reader::connect(proxy.address()).await;
        writer.write_all(post(&format!("{fields}Content-Length: 5\r\n"), "").as_bytes()).await.unwrap();
        waiting.push((reader, writer));
    }
    assert!(eventually(SOON, async || octets_in_flight(proxy).await > 8 * 60_000).await);
    let mut client = HttpClient::connect(proxy.address()).await.unwrap();
    let refused = client.request("GET", "/hello", &[("X-A", "a".repeat(60_000))], vec![]).await.unwrap();
    let mut seen = Seen::default();
    seen.note(&refused, false);
    seen
}

async fn octets_in_flight(proxy: &Proxy) -> u64 {
    proxy.readyz().await["inFlightBytes"].as_u64().unwrap()
}

async fn answers(proxy: &Proxy) -> Seen {
    let (mut connection, mut writer) = frames::Connection::open(proxy.address()).await;
    writer.write_all(&frames::get(1, "/hello/large?octets=400000")).await.unwrap();
    assert!(eventually(SOON, async || proxy.readyz().await["answerBytes"] == 400_000).await);
    let refused = HttpClient::connect(proxy.address()).await.unwrap().get("/hello").await.unwrap();
    let mut seen = Seen::default();
    seen.note(&refused, false);
    connection.read_until(|_| false).await;
    seen
}

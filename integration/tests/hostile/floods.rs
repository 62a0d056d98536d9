//! Connections by the thousand, and clients that take their time.

use std::time::Duration;

use futures_util::{FutureExt as _, future::join_all};
use integration::{Proxy, SOON};
use test_support::HttpClient;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use super::{
    frames::PREFACE,
    http1::{get, inspect},
    row::{Row, Seen},
};

/// How many connections.
const MANY: usize = 1000;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::script("silent connections", "1,000 connections, nothing", |proxy| {
            many(proxy, b"").boxed_local()
        })
        .refused("none"),
        Row::script("half heads", "1,000 × `GET /hel`", |proxy| many(proxy, b"GET /hel").boxed_local())
            .refused("none"),
        Row::script("half prefaces", "1,000 × `PRI * HTTP/2.0`", |proxy| {
            many(proxy, b"PRI * HTTP/2.0").boxed_local()
        })
        .refused("none"),
        Row::script("HTTP/2 without a stream", "1,000 × the preface", |proxy| {
            many(proxy, PREFACE).boxed_local()
        })
        .refused("none"),
        Row::script("idle connections", "1,000 × `GET /hello`, then nothing", |proxy| {
            idle(proxy).boxed_local()
        })
        .refused("1000 × 200")
        .published(1000..=1000),
        Row::script("slow head", "5 octets a second", |proxy| slow_head(proxy).boxed_local()).refused("none"),
        Row::script(
            "a client that does not read",
            "40 × `GET /hello/large` at once, nothing read",
            |proxy| unread(proxy).boxed_local(),
        )
        .refused("none")
        .published(1..=40),
    ]
}

/// Connections that have sent these octets, each at once: the proxy's patience begins when it accepts.
async fn connect(proxy: &Proxy, octets: &[u8]) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..MANY {
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        stream.write_all(octets).await.unwrap();
        streams.push(stream);
    }
    streams
}

/// A request beside them is served; then the proxy closes them all, and answers none.
async fn many(proxy: &Proxy, octets: &'static [u8]) -> Seen {
    let streams = connect(proxy, octets).await;
    let served = HttpClient::connect(proxy.address()).await.unwrap().get("/hello").await.unwrap();
    assert_eq!(served.status, 200, "beside them");
    let ends = join_all(streams.into_iter().map(read_to_end)).await;
    let mut seen = Seen { probes: 1, ..Seen::default() };
    seen.answers.extend(ends.into_iter().filter(|end| end.starts_with("HTTP/1") || end == "silence"));
    seen
}

async fn idle(proxy: &Proxy) -> Seen {
    let streams = connect(proxy, get("/hello").as_bytes()).await;
    let ends = join_all(streams.into_iter().map(read_to_end)).await;
    let describe = |end: String| if end.starts_with("HTTP/1.1 200 ") { "200".to_owned() } else { end };
    Seen { answers: ends.into_iter().map(describe).collect(), ..Seen::default() }
}

/// What comes until the server closes.
async fn read_to_end(mut stream: TcpStream) -> String {
    let mut octets = Vec::new();
    let closed = async { while let Ok(1..) = stream.read_buf(&mut octets).await {} };
    if timeout(2 * SOON, closed).await.is_err() {
        return "silence".to_owned();
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// Stops when the proxy closes.
async fn slow_head(proxy: &Proxy) -> Seen {
    let (mut reader, mut writer) = TcpStream::connect(proxy.address()).await.unwrap().into_split();
    let write = async {
        for octet in inspect(&format!("X-A: {}\r\n", "a".repeat(1000))).into_bytes() {
            if writer.write_all(&[octet]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    let mut octets = Vec::new();
    let read = async { while let Ok(1..) = reader.read_buf(&mut octets).await {} };
    tokio::select! { () = write => {} () = read => {} }
    let answers =
        if octets.is_empty() { Vec::new() } else { vec![String::from_utf8_lossy(&octets).into_owned()] };
    Seen { answers, ..Seen::default() }
}

/// More than the kernel keeps for a client that reads nothing.
async fn unread(proxy: &Proxy) -> Seen {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(proxy.address()).await.unwrap();
    stream.write_all(get("/hello/large?octets=524288").repeat(40).as_bytes()).await.unwrap();
    // Reset while our octets are unread: the next write fails.
    let closed = async {
        while stream.write_all(b" ").await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    let answers = if timeout(2 * SOON, closed).await.is_ok() { Vec::new() } else { vec!["open".to_owned()] };
    Seen { answers, ..Seen::default() }
}

//! Frames that break the rules of HTTP/2, and legal ones in numbers that are an attack.

use futures_util::FutureExt as _;
use integration::Proxy;
use test_support::HttpClient;
use tokio::io::AsyncWriteExt as _;

use super::{
    frames::{
        CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY,
        PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, block, fields, finish, frame, get, open,
    },
    row::{Row, Seen},
};

pub(crate) fn rows() -> Vec<Row> {
    [frames(), floods()].into_iter().flatten().collect()
}

fn window(stream: u32, octets: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &octets.to_be_bytes())
}

fn frames() -> Vec<Row> {
    let (protocol, flow, size) =
        ("GOAWAY PROTOCOL_ERROR", "GOAWAY FLOW_CONTROL_ERROR", "GOAWAY FRAME_SIZE_ERROR");
    let pending = || open(1, &fields("POST", "/hello/echo", &[]), false);
    vec![
        Row::http2("garbage", "`GET / HTTP/1.1` behind preface and settings", "GET / HTTP/1.1\r\n\r\n")
            .refused(size),
        Row::http1(
            "half a preface",
            "`PRI * HTTP/2.0\\r\\n\\r\\nXX\\r\\n\\r\\n`",
            "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        )
        .refused("bare 400"),
        Row::http2(
            "window of the connection beyond 2³¹−1",
            "WINDOW_UPDATE of 2³¹−1, twice",
            window(0, 0x7fff_ffff).repeat(2),
        )
        .refused(flow),
        Row::http2(
            "window of a stream beyond 2³¹−1",
            "WINDOW_UPDATE of 2³¹−1, twice",
            [pending(), window(1, 0x7fff_ffff).repeat(2)].concat(),
        )
        .kept("RST_STREAM FLOW_CONTROL_ERROR"),
        Row::http2("window widened by nothing", "WINDOW_UPDATE of 0", window(0, 0)).refused(protocol),
        Row::http2("DATA on stream 0", "", frame(DATA, 0, 0, b"x")).refused(protocol),
        Row::http2("DATA on an idle stream", "", frame(DATA, 0, 7, b"x")).refused(protocol),
        Row::http2(
            "DATA on a stream that has ended",
            "",
            [get(1, "/hello"), frame(DATA, END_STREAM, 1, b"x")].concat(),
        )
        .published(0..=1)
        .refused("GOAWAY PROTOCOL_ERROR or GOAWAY STREAM_CLOSED"),
        Row::http2(
            "HEADERS on stream 0",
            "",
            frame(HEADERS, END_HEADERS | END_STREAM, 0, &block(&fields("GET", "/hello", &[]))),
        )
        .refused(protocol),
        Row::http2("even stream", "stream 2", get(2, "/hello")).refused(protocol),
        Row::http2(
            "stream numbers that go back",
            "streams 5 and 3",
            [get(5, "/nobody"), get(3, "/nobody")].concat(),
        )
        .refused("GOAWAY PROTOCOL_ERROR or 404 no-route, GOAWAY PROTOCOL_ERROR"),
        Row::http2(
            "frame that is too large",
            "DATA of 16,385 octets",
            [pending(), frame(DATA, 0, 1, &[0; 16_385])].concat(),
        )
        .refused(size),
        Row::http2("short SETTINGS", "5 octets", frame(SETTINGS, 0, 0, &[0; 5])).refused(protocol),
        Row::http2("short PING", "7 octets", frame(PING, 0, 0, &[0; 7])).refused(protocol),
        Row::http2(
            "a header block between two others",
            "HEADERS without end, then HEADERS",
            [frame(HEADERS, END_STREAM, 1, &block(&fields("GET", "/hello", &[]))), get(3, "/hello")].concat(),
        )
        .refused(protocol),
        Row::http2("CONTINUATION of nothing", "", frame(CONTINUATION, END_HEADERS, 1, &[])).refused(protocol),
        Row::http2(
            "header block that is none",
            "HEADERS of `\\xff…`",
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff; 20]),
        )
        .refused(protocol),
        Row::http2("PUSH_PROMISE of a client", "", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]))
            .refused(protocol),
        Row::http2("stream that depends on itself", "PRIORITY", frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 0]))
            .kept("RST_STREAM PROTOCOL_ERROR"),
        Row::http2("unknown frame", "type 0xbb", frame(0xbb, 0, 0, b"x")).kept("none"),
        Row::http2(
            "window that a setting widens too far",
            "SETTINGS_INITIAL_WINDOW_SIZE of 2³¹",
            frame(SETTINGS, 0, 0, &[0, 4, 0x80, 0, 0, 0]),
        )
        .refused(protocol),
        Row::http2(
            "GOAWAY behind a request",
            "`GET /hello`, GOAWAY",
            [get(1, "/hello"), frame(GOAWAY, 0, 0, &[0; 8])].concat(),
        )
        .refused("200, GOAWAY NO_ERROR")
        .published(1..=1),
        Row::script(
            "more DATA than the window of its stream",
            "320 KiB behind a `GET` that waits for a job",
            |proxy| unread_bodies(proxy, 1, 320 << 10).boxed_local(),
        )
        .published(1..=1)
        .kept("RST_STREAM FLOW_CONTROL_ERROR"),
        Row::script(
            "more DATA than the window of the connection",
            "240 KiB behind each of 5 `GET` that wait for a job",
            |proxy| unread_bodies(proxy, 5, 240 << 10).boxed_local(),
        )
        .published(1..=1)
        .refused("GOAWAY FLOW_CONTROL_ERROR"),
    ]
}

/// `GET /hello` with a field of 3,900 octets that enters the dynamic table, and references to it of one octet each
/// (RFC 7541 §6.1, §6.2.1).
fn large_field(references: usize) -> Vec<u8> {
    const INDEXED: u8 = 0x40;
    const REFERENCE: u8 = 0x80 | 62;
    let value = "v".repeat(3_900);
    let mut field = block(&[("x-a", &value)]);
    field[0] = INDEXED;
    let good = block(&fields("GET", "/hello", &[]));
    let all = [good, field, vec![REFERENCE; references]].concat();
    frame(HEADERS, END_HEADERS | END_STREAM, 1, &all)
}

fn floods() -> Vec<Row> {
    let calm = "GOAWAY ENHANCE_YOUR_CALM";
    let odd = |count: u32| (0..count).map(|number| 2 * number + 1);
    let cancel = 8_u32.to_be_bytes();
    let resets: Vec<u8> = odd(1000)
        .flat_map(|stream| [get(stream, "/hello"), frame(RST_STREAM, 0, stream, &cancel)].concat())
        .collect();
    let made: Vec<u8> = odd(1000)
        .flat_map(|stream| {
            [open(stream, &fields("POST", "/hello/echo", &[]), false), window(stream, 0x7fff_ffff)].concat()
        })
        .collect();
    let endless = [
        frame(HEADERS, END_STREAM, 1, &[]),
        frame(CONTINUATION, 0, 1, &block(&[("x-a", "b")])).repeat(10_000),
    ]
    .concat();
    let pending = open(1, &fields("POST", "/hello/echo", &[]), false);
    vec![
        Row::http2("rapid reset", "1,000 × `GET /hello` and RST_STREAM", resets)
            .refused(calm)
            .published(0..=1000),
        Row::http2(
            "resets that the server is made to send",
            "1,000 × `POST` and WINDOW_UPDATE of 2³¹−1",
            made,
        )
        .refused("GOAWAY ENHANCE_YOUR_CALM"),
        Row::http2("CONTINUATION without an end", "10,000 × CONTINUATION", endless).refused(calm),
        Row::http2("large field, referred to", "3,900 octets, 10 references", large_field(10))
            .kept("200")
            .published(1..=1),
        Row::http2(
            "large field, referred to without an end",
            "3,900 octets, 10,000 references",
            large_field(10_000),
        )
        .refused(calm),
        Row::http2("flood of SETTINGS", "10,000 × SETTINGS", frame(SETTINGS, 0, 0, &[]).repeat(10_000))
            .kept("none"),
        Row::http2("flood of PING", "10,000 × PING", frame(PING, 0, 0, &[0; 8]).repeat(10_000)).kept("none"),
        Row::http2(
            "flood of PRIORITY",
            "10,000 × PRIORITY",
            frame(PRIORITY, 0, 3, &[0, 0, 0, 1, 0]).repeat(10_000),
        )
        .kept("none"),
        Row::http2(
            "flood of empty DATA",
            "10,000 × DATA of 0 octets",
            [pending, frame(DATA, 0, 1, &[]).repeat(10_000)].concat(),
        )
        .refused(calm),
        Row::http2(
            "more streams than are allowed",
            "300 × `GET /hello/work?ms=500` at once",
            odd(300).flat_map(|stream| get(stream, "/hello/work?ms=500")).collect::<Vec<_>>(),
        )
        .kept("256 × 200, 44 × RST_STREAM REFUSED_STREAM")
        .published(256..=256),
        Row::script("10,000 streams", "`GET /hello`, 100 at once", |proxy| many_streams(proxy).boxed_local())
            .kept("10000 × 200")
            .published(10_000..=10_000),
        Row::script("answers that are not read", "20 × `GET /hello/large`, no WINDOW_UPDATE", |proxy| {
            unread(proxy).boxed_local()
        })
        .refused("none")
        .published(20..=20),
    ]
}

/// Requests that wait for a job, each with a body. Nobody reads these: what is sent of them stays in the windows.
async fn unread_bodies(proxy: &Proxy, streams: u32, octets: usize) -> Seen {
    let (mut connection, mut writer) = Connection::open(proxy.address()).await;
    let respond_async = [("prefer", "respond-async"), ("content-length", "0")];
    writer.write_all(&open(1, &fields("POST", "/hello/jobs/forever", &respond_async), true)).await.unwrap();
    connection.read_until(|connection| !connection.seen.answers.is_empty()).await;
    let job: serde_json::Value = serde_json::from_str(&connection.seen.last_body).unwrap();
    let path = format!("/-/jobs/{}", job["id"].as_str().unwrap());
    connection.seen = Seen::default();
    let waiting = fields("GET", &path, &[("prefer", "wait=30")]);
    let request = |stream| {
        [open(stream, &waiting, false), frame(DATA, 0, stream, &[b'x'; 16 << 10]).repeat(octets >> 14)]
            .concat()
    };
    let requests: Vec<u8> = (0..streams).flat_map(|number| request(2 * number + 3)).collect();
    let _ = writer.write_all(&requests).await;
    connection.read_until(|connection| !connection.seen.answers.is_empty()).await;
    let mut other = HttpClient::connect(proxy.address()).await.unwrap();
    assert_eq!(other.request::<&str, &str>("DELETE", &path, &[], "").await.unwrap().status, 200);
    finish(connection, writer).await
}

async fn many_streams(proxy: &Proxy) -> Seen {
    let (mut connection, mut writer) = Connection::open(proxy.address()).await;
    for round in 0..100 {
        let requests: Vec<u8> =
            (0..100).flat_map(|number| get(2 * (100 * round + number) + 1, "/hello")).collect();
        writer.write_all(&requests).await.unwrap();
        let expected = 100 * (round as usize + 1);
        connection.read_until(|connection| connection.seen.answers.len() >= expected).await;
    }
    finish(connection, writer).await
}

/// The windows of the streams stay at 65,535 octets: the rest of each answer waits, until the proxy closes.
async fn unread(proxy: &Proxy) -> Seen {
    let (mut connection, mut writer) = Connection::open(proxy.address()).await;
    let requests: Vec<u8> =
        (0..20).flat_map(|number| get(2 * number + 1, "/hello/large?octets=500000")).collect();
    writer.write_all(&requests).await.unwrap();
    connection.read_until(|_| false).await;
    connection.seen
}

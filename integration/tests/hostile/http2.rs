//! Requests over HTTP/2 that HTTP/1.1 could not carry, or would carry as something else.

use futures_util::FutureExt as _;
use integration::Proxy;
use tokio::io::AsyncWriteExt as _;

use super::{
    frames::{
        CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, HEADERS, block, fields, finish, frame, get,
        open,
    },
    row::{Row, Seen},
};

pub(crate) fn rows() -> Vec<Row> {
    [pseudo_headers(), hosts_and_fields(), bodies()].into_iter().flatten().collect()
}

/// What is malformed ends its stream.
const MALFORMED: &str = "RST_STREAM PROTOCOL_ERROR";
/// What cannot be decoded ends the connection: both sides might differ in their tables from then on.
const BROKEN: &str = "GOAWAY PROTOCOL_ERROR";

/// A request of these fields alone.
fn only(fields: &[(&str, &str)]) -> Vec<u8> {
    open(1, fields, true)
}

/// A good request and these fields.
fn with(more: &[(&str, &str)]) -> Vec<u8> {
    open(1, &fields("GET", "/hello/inspect", more), true)
}

fn pseudo_headers() -> Vec<Row> {
    let (method, scheme, path, host) =
        ((":method", "GET"), (":scheme", "http"), (":path", "/hello"), (":authority", "x"));
    let unsupported = "501 method-not-supported";
    vec![
        Row::http2("a good request", "`GET /hello`", get(1, "/hello")).served(),
        Row::http2("no `:path`", "", only(&[method, scheme, host])).kept(MALFORMED),
        Row::http2("empty `:path`", "", only(&[method, scheme, (":path", ""), host])).kept(MALFORMED),
        Row::http2("no `:method`", "", only(&[scheme, path, host])).kept(MALFORMED),
        Row::http2("no `:scheme`", "", only(&[method, path, host])).kept(MALFORMED),
        Row::http2("two `:method`", "", only(&[method, method, scheme, path, host])).kept(MALFORMED),
        Row::http2("two `:path`", "", only(&[method, scheme, path, path, host])).kept(MALFORMED),
        Row::http2("unknown pseudo header", "`:foo: x`", only(&[method, scheme, path, host, (":foo", "x")]))
            .refused(BROKEN),
        Row::http2(
            "pseudo header of answers",
            "`:status: 200`",
            only(&[method, scheme, path, host, (":status", "200")]),
        )
        .kept(MALFORMED),
        Row::http2(
            "pseudo header behind a field",
            "`x-a: b`, `:path: /hello`",
            only(&[method, scheme, host, ("x-a", "b"), path]),
        )
        .kept(MALFORMED),
        Row::http2(
            "`:path` without a slash",
            "`:path: hello`",
            only(&[method, scheme, (":path", "hello"), host]),
        )
        .kept(MALFORMED),
        Row::http2(
            "`:path` with CRLF",
            "`:path: /hello\\r\\nX: y`",
            only(&[method, scheme, (":path", "/hello\r\nX: y"), host]),
        )
        .kept(MALFORMED),
        Row::http2(
            "`:path` with a space",
            "`:path: /hello HTTP/1.1`",
            only(&[method, scheme, (":path", "/hello HTTP/1.1"), host]),
        )
        .kept(MALFORMED),
        Row::http2(
            "`:method` with a space",
            "`:method: GET /x`",
            only(&[(":method", "GET /x"), scheme, path, host]),
        )
        .refused(BROKEN),
        Row::http2("TRACE", "`TRACE /hello`", open(1, &fields("TRACE", "/hello", &[]), true))
            .kept(unsupported),
        Row::http2("CONNECT", "`CONNECT x:443`", only(&[(":method", "CONNECT"), (":authority", "x:443")]))
            .kept(unsupported),
        Row::http2(
            "CONNECT with a path",
            "`CONNECT x /hello`",
            open(1, &fields("CONNECT", "/hello", &[]), true),
        )
        .kept(MALFORMED),
        Row::http2(
            "extended CONNECT",
            "`CONNECT`, `:protocol: websocket`",
            open(1, &fields("CONNECT", "/hello", &[(":protocol", "websocket")]), true),
        )
        .kept(MALFORMED),
        Row::http2(
            "target of 9,000 octets",
            "`/hello/xxx…`",
            get(1, &format!("/hello/{}", "x".repeat(8993))),
        )
        .kept("414 target-too-long"),
    ]
}

fn hosts_and_fields() -> Vec<Row> {
    let bad = "400 bad-host";
    let large = block(&fields("GET", "/hello/inspect", &[("x-0", &"v".repeat(70_000))]));
    let (first, rest) = large.split_at(16_000);
    let mut split = frame(HEADERS, END_STREAM, 1, first);
    let parts: Vec<_> = rest.chunks(16_000).collect();
    for (at, part) in parts.iter().enumerate() {
        let flags = if at + 1 == parts.len() { END_HEADERS } else { 0 };
        split.extend(frame(CONTINUATION, flags, 1, part));
    }
    vec![
        Row::http2("`:authority` and another `host`", "`:authority: x`, `host: y`", with(&[("host", "y")]))
            .kept(bad),
        Row::http2("`:authority` and the same `host`", "`:authority: x`, `host: x`", with(&[("host", "x")]))
            .served(),
        Row::http2("two `host`", "2 × `host: x`", with(&[("host", "x"), ("host", "x")])).kept(bad),
        Row::http2(
            "`host` alone",
            "`host: x`",
            only(&[(":method", "GET"), (":scheme", "http"), (":path", "/hello"), ("host", "x")]),
        )
        .served(),
        Row::http2(
            "no host at all",
            "",
            only(&[(":method", "GET"), (":scheme", "http"), (":path", "/hello")]),
        )
        .kept(bad),
        Row::http2(
            "`:authority` with a user",
            "`:authority: u@x`",
            only(&[(":method", "GET"), (":scheme", "http"), (":path", "/hello"), (":authority", "u@x")]),
        )
        .kept(bad),
        Row::http2("field `connection`", "`connection: close`", with(&[("connection", "close")]))
            .kept(MALFORMED),
        Row::http2("field `keep-alive`", "`keep-alive: timeout=5`", with(&[("keep-alive", "timeout=5")]))
            .kept(MALFORMED),
        Row::http2(
            "field `transfer-encoding`",
            "`transfer-encoding: chunked`",
            with(&[("transfer-encoding", "chunked")]),
        )
        .kept(MALFORMED),
        Row::http2("field `upgrade`", "`upgrade: websocket`", with(&[("upgrade", "websocket")]))
            .kept(MALFORMED),
        Row::http2("`te` that is not trailers", "`te: gzip`", with(&[("te", "gzip")])).kept(MALFORMED),
        Row::http2("name in capitals", "`X-A: b`", with(&[("X-A", "b")])).refused(BROKEN),
        Row::http2("name with a colon", "`x:a: b`", with(&[("x:a", "b")])).refused(BROKEN),
        Row::http2("empty name", "`: b`", with(&[("", "b")])).refused(BROKEN),
        Row::http2("value with CRLF", "`x-a: b\\r\\nx-b: c`", with(&[("x-a", "b\r\nx-b: c")]))
            .refused(BROKEN),
        Row::http2("value with NUL", "`x-a: b\\0c`", with(&[("x-a", "b\0c")])).refused(BROKEN),
        Row::http2("200 fields", "200 × `x-a: b`", with(&[("x-a", "b"); 200])).served(),
        Row::http2("70 KiB of fields", "`x-0: vvv…`", split).kept("bare 431"),
    ]
}

fn bodies() -> Vec<Row> {
    let post = |more: &[(&str, &str)]| open(1, &fields("POST", "/hello/echo", more), false);
    let data = |octets: &[u8]| frame(DATA, END_STREAM, 1, octets);
    vec![
        Row::http2(
            "length longer than the body",
            "`content-length: 5`, 3 octets",
            [post(&[("content-length", "5")]), data(b"abc")].concat(),
        )
        .kept(MALFORMED),
        Row::http2(
            "length shorter than the body",
            "`content-length: 3`, 5 octets",
            [post(&[("content-length", "3")]), data(b"abcde")].concat(),
        )
        .kept(MALFORMED),
        Row::http2(
            "two lengths",
            "`content-length: 3`, `content-length: 5`, 5 octets",
            [post(&[("content-length", "3"), ("content-length", "5")]), data(b"abcde")].concat(),
        )
        .kept(MALFORMED),
        Row::http2(
            "length that is too large",
            "`content-length: 524289`, nothing",
            post(&[("content-length", "524289")]),
        )
        .kept("413 body-too-large"),
        Row::script("body that is too large", "640 KiB, no length", |proxy| too_large(proxy).boxed_local())
            .kept("413 body-too-large"),
        Row::http2("body that does not come", "`POST`, nothing", post(&[])).kept("408 body-timeout"),
        Row::http2(
            "trailers without an end",
            "trailers that do not end the stream",
            [post(&[]), frame(HEADERS, END_HEADERS, 1, &block(&[("x-t", "1")]))].concat(),
        )
        .kept(MALFORMED),
        Row::http2(
            "pseudo header in trailers",
            "trailers with `:path`",
            [
                post(&[]),
                frame(DATA, 0, 1, b"a"),
                frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&[(":path", "/")])),
            ]
            .concat(),
        )
        .served()
        .contains("a"),
        Row::http2(
            "trailers",
            "`a`, then `x-t: 1`",
            [
                post(&[]),
                frame(DATA, 0, 1, b"a"),
                frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&[("x-t", "1")])),
            ]
            .concat(),
        )
        .served()
        .contains("a"),
        Row::http2(
            "padding longer than the frame",
            "DATA, 255 octets of padding in 1",
            [post(&[]), frame(DATA, 8, 1, &[255])].concat(),
        )
        .refused("GOAWAY PROTOCOL_ERROR"),
    ]
}

/// Sends no more than the proxy's windows allow.
async fn too_large(proxy: &Proxy) -> Seen {
    let (mut connection, mut writer) = Connection::open(proxy.address()).await;
    writer.write_all(&open(1, &fields("POST", "/hello/echo", &[]), false)).await.unwrap();
    for at in 0..40 {
        connection.read_until(|connection| connection.may_send(1) >= 16_384).await;
        let flags = if at == 39 { END_STREAM } else { 0 };
        writer.write_all(&frame(DATA, flags, 1, &[b'x'; 16_384])).await.unwrap();
        connection.sent(1, 16_384);
    }
    connection.read_until(|connection| !connection.seen.answers.is_empty()).await;
    finish(connection, writer).await
}

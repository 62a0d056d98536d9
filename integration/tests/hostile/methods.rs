//! Methods, expectations and upgrades.

use super::{
    http1::{get, head, inspect, post},
    row::{Row, Then},
};

pub(crate) fn rows() -> Vec<Row> {
    let unsupported = "501 method-not-supported";
    let expect =
        |length: &str, what: &str| post(&format!("Content-Length: {length}\r\nExpect: {what}\r\n"), "");
    vec![
        Row::http1("HEAD", "`HEAD /hello`", head("HEAD /hello", "")).served(),
        Row::http1("HEAD of nothing", "`HEAD /nobody`", head("HEAD /nobody", "")).kept("404 no-route"),
        Row::http1("OPTIONS", "`OPTIONS /hello/inspect`", head("OPTIONS /hello/inspect", ""))
            .served()
            .contains("OPTIONS"),
        Row::http1("OPTIONS of the server", "`OPTIONS *`", head("OPTIONS *", "")).kept("204 (own)"),
        Row::http1("TRACE", "`TRACE /hello`", head("TRACE /hello", "")).kept(unsupported),
        Row::http1("CONNECT", "`CONNECT example.com:443`", head("CONNECT example.com:443", ""))
            .kept(unsupported),
        Row::http1("unknown method", "`BREW /hello`", head("BREW /hello", "")).kept(unsupported),
        Row::http1(
            "unknown method with a body",
            "`BREW /hello`, 5 octets",
            head("BREW /hello", "Content-Length: 5\r\n") + "hello",
        )
        .refused(unsupported),
        Row::http1("lower-case method", "`get /hello`", head("get /hello", "")).kept(unsupported),
        Row::http1("method of 10,000 letters", "`AAAA… /hello`", head(&("A".repeat(10_000) + " /hello"), ""))
            .kept(unsupported),
        Row::http1("method that is no token", "`G@T /hello`", head("G@T /hello", "")),
        Row::http1("two spaces", "`GET  /hello`", head("GET  /hello", "")),
        Row::http1("no method", "` /hello`", head(" /hello", "")),
        Row::http1("unknown version", "`GET /hello HTTP/1.2`", "GET /hello HTTP/1.2\r\nHost: x\r\n\r\n"),
        Row::http1(
            "HTTP/2 in the request line",
            "`GET /hello HTTP/2.0`",
            "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n",
        ),
        Row::http1("HTTP/0.9", "`GET /hello`", "GET /hello\r\n\r\n"),
        Row::http1("HTTP/1.0", "`GET /hello HTTP/1.0`", "GET /hello HTTP/1.0\r\n\r\n").served().closed(),
        Row::http1(
            "expects 100",
            "`Expect: 100-continue`, 5 octets when told to",
            expect("5", "100-continue"),
        )
        .then(Then::Continue(b"hello".to_vec()))
        .served()
        .kept("100, 200")
        .contains("hello"),
        Row::http1(
            "expects 100 for what is too large",
            "`Expect: 100-continue`, length 524289",
            expect("524289", "100-continue"),
        )
        .refused("413 body-too-large"),
        Row::http1(
            "expects 100 for what goes nowhere",
            "`POST /-/x`, `Expect: 100-continue`",
            head("POST /-/x", "Content-Length: 5\r\nExpect: 100-continue\r\n"),
        )
        .refused("404 no-route"),
        Row::http1("unknown expectation", "`Expect: 200-maybe`", inspect("Expect: 200-maybe\r\n")).served(),
        Row::http1(
            "unknown upgrade",
            "`Upgrade: websocket`",
            inspect("Connection: upgrade\r\nUpgrade: websocket\r\n"),
        )
        .served(),
        Row::http1(
            "upgrade to h2c",
            "`Upgrade: h2c`, `HTTP2-Settings`",
            inspect(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            ),
        )
        .served(),
        Row::http1("pipelined requests", "3 GET at once", get("/hello").repeat(3))
            .kept("200, 200, 200")
            .published(3..=3),
        Row::http1(
            "pipelined behind a refused one",
            "`BREW /hello`, `GET /hello` at once",
            head("BREW /hello", "") + &get("/hello"),
        )
        .kept("501 method-not-supported, 200")
        .published(1..=1),
        Row::http1(
            "empty lines before the request",
            "2 × CRLF, `GET /hello`",
            "\r\n\r\n".to_owned() + &get("/hello"),
        )
        .served(),
        Row::http1("TLS on the plain port", "a ClientHello", client_hello()),
        Row::http1("no HTTP at all", "`EHLO example.com`", "EHLO example.com\r\n\r\n"),
        Row::http1("binary", "256 octets, each another", (0..=255).collect::<Vec<u8>>()),
    ]
}

/// The beginning of a handshake (RFC 8446 §4.1.2), and an end that no head has.
fn client_hello() -> Vec<u8> {
    let mut octets = vec![0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];
    octets.extend([0xab; 194]);
    octets
}

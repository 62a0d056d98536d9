//! Where a body ends. Behind each form that two readers could frame differently comes a request that must not be taken
//! for one.

use super::{
    http1::{chunks, get, head, post, smuggle},
    row::Row,
};

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
const ONE_CHUNK: &str = "1\r\na\r\n0\r\n\r\n";

pub(crate) fn rows() -> Vec<Row> {
    [lengths(), codings(), chunked()].into_iter().flatten().collect()
}

fn lengths() -> Vec<Row> {
    let length = |value: &str| smuggle(&format!("Content-Length: {value}\r\n"), "hello");
    let both = |first: &str, second: &str| smuggle(&format!("{first}\r\n{second}\r\n"), ONE_CHUNK);
    vec![
        // RFC 9112 §6.1 allows this if the connection is closed; the service gets the length that the body has.
        Row::http1(
            "length, then chunked",
            "`Content-Length: 3`, `Transfer-Encoding: chunked`",
            both("Content-Length: 3", "Transfer-Encoding: chunked"),
        )
        .served()
        .closed()
        .contains("a"),
        Row::http1(
            "chunked, then length",
            "`Transfer-Encoding: chunked`, `Content-Length: 3`",
            both("Transfer-Encoding: chunked", "Content-Length: 3"),
        )
        .served()
        .closed()
        .contains("a"),
        Row::http1(
            "chunked, then a length that is none",
            "`Transfer-Encoding: chunked`, `Content-Length: x`",
            both("Transfer-Encoding: chunked", "Content-Length: x"),
        )
        .served()
        .closed(),
        // RFC 9110 §8.6 allows to take equal ones for one.
        Row::http1(
            "two equal lengths",
            "2 × `Content-Length: 5`",
            post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
        )
        .served()
        .contains("hello"),
        Row::http1(
            "two different lengths",
            "`Content-Length: 5`, `Content-Length: 4`",
            smuggle("Content-Length: 5\r\nContent-Length: 4\r\n", "hello"),
        ),
        Row::http1("a list of lengths", "`Content-Length: 5, 5`", length("5, 5")),
        Row::http1("length with a plus", "`Content-Length: +5`", length("+5")),
        Row::http1("negative length", "`Content-Length: -5`", length("-5")),
        Row::http1("length in hexadecimal", "`Content-Length: 0x5`", length("0x5")),
        Row::http1("length with a fraction", "`Content-Length: 5.0`", length("5.0")),
        Row::http1("length of two words", "`Content-Length: 5 5`", length("5 5")),
        Row::http1("empty length", "`Content-Length:`", length("")),
        Row::http1("length of 2⁶³", "`Content-Length: 9223372036854775808`", length("9223372036854775808"))
            .refused("413 body-too-large"),
        Row::http1(
            "length of 2⁶⁴−1",
            "`Content-Length: 18446744073709551615`",
            length("18446744073709551615"),
        )
        .refused("bare 431"),
        Row::http1("length of 2⁶⁴", "`Content-Length: 18446744073709551616`", length("18446744073709551616")),
        Row::http1(
            "length with leading zeros",
            "`Content-Length: 0005`",
            post("Content-Length: 0005\r\n", "hello"),
        )
        .served(),
        Row::http1(
            "body without a length",
            "`POST`, neither length nor coding, 5 octets",
            post("", "hello") + &get("/hello"),
        )
        .kept("200, 501 method-not-supported")
        .published(1..=1),
    ]
}

fn codings() -> Vec<Row> {
    let coded = |value: &str| smuggle(&format!("Transfer-Encoding: {value}\r\n"), ONE_CHUNK);
    vec![
        Row::http1("coding that is not chunked", "`Transfer-Encoding: gzip`", coded("gzip")),
        Row::http1("coding identity", "`Transfer-Encoding: identity`", coded("identity")),
        Row::http1("coding xchunked", "`Transfer-Encoding: xchunked`", coded("xchunked")),
        Row::http1("chunked in quotes", "`Transfer-Encoding: \"chunked\"`", coded("\"chunked\"")),
        Row::http1("chunked and a parameter", "`Transfer-Encoding: chunked;q=1`", coded("chunked;q=1")),
        Row::http1(
            "chunked, but not last",
            "`Transfer-Encoding: chunked, identity`",
            coded("chunked, identity"),
        ),
        Row::http1("vertical tab before chunked", "`Transfer-Encoding: \\x0bchunked`", coded("\x0bchunked")),
        Row::http1("two codings", "`Transfer-Encoding: gzip, chunked`", coded("gzip, chunked"))
            .refused("400 bad-framing"),
        Row::http1("chunked twice", "`Transfer-Encoding: chunked, chunked`", coded("chunked, chunked"))
            .refused("400 bad-framing"),
        Row::http1(
            "chunked in two fields",
            "2 × `Transfer-Encoding: chunked`",
            smuggle(&CHUNKED.repeat(2), ONE_CHUNK),
        )
        .refused("400 bad-framing"),
        Row::http1("empty coding, then chunked", "`Transfer-Encoding: , chunked`", coded(", chunked"))
            .refused("400 bad-framing"),
        Row::http1(
            "chunked in capitals",
            "`Transfer-Encoding: CHUNKED`",
            post("Transfer-Encoding: CHUNKED\r\n", ONE_CHUNK),
        )
        .served()
        .contains("a"),
        Row::http1(
            "space before the colon",
            "`Transfer-Encoding : chunked`",
            smuggle("Transfer-Encoding : chunked\r\n", ONE_CHUNK),
        ),
        Row::http1(
            "chunked in HTTP/1.0",
            "`POST … HTTP/1.0`, `Transfer-Encoding: chunked`",
            format!("POST /hello/echo HTTP/1.0\r\n{CHUNKED}\r\n{ONE_CHUNK}"),
        ),
        Row::http1("chunked GET", "`GET`, one chunk", head("GET /hello/inspect", CHUNKED) + ONE_CHUNK)
            .served(),
    ]
}

fn chunked() -> Vec<Row> {
    let body = |body: &str| post(CHUNKED, body);
    let incomplete = "400 body-incomplete";
    vec![
        Row::http1("10,000 tiny chunks", "10,000 chunks of 1 octet", body(&chunks(10_000, 1))).served(),
        Row::http1("chunk extension", "`1;name=value`", body("1;name=value\r\na\r\n0\r\n\r\n")).served(),
        Row::http1(
            "chunk extension of 100 KiB",
            "`1;xxx…`",
            body(&format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(100 << 10))),
        )
        .refused(incomplete),
        Row::http1(
            "chunk extensions, 100 KiB in sum",
            "1,000 × `1;xxx…`",
            body(&(format!("1;{}\r\na\r\n", "x".repeat(100)).repeat(1000) + "0\r\n\r\n")),
        )
        .refused(incomplete),
        Row::http1("bare LF in a chunk extension", "`1;a\\n`", smuggle(CHUNKED, "1;a\na\r\n0\r\n\r\n"))
            .refused(incomplete),
        Row::http1(
            "chunk size with leading zeros",
            "1,000 zeros, then `1`",
            body(&format!("{}{ONE_CHUNK}", "0".repeat(1000))),
        )
        .served(),
        Row::http1(
            "chunk size over 64 bit",
            "`10000000000000000`",
            smuggle(CHUNKED, "10000000000000000\r\na\r\n"),
        )
        .refused(incomplete),
        Row::http1(
            "chunk size of 2⁶⁴−1",
            "`ffffffffffffffff`",
            smuggle(CHUNKED, "ffffffffffffffff\r\na\r\n"),
        )
        .refused("408 body-timeout"),
        Row::http1("chunk size that is no number", "`xyz`", smuggle(CHUNKED, "xyz\r\na\r\n0\r\n\r\n"))
            .refused(incomplete),
        Row::http1("negative chunk size", "`-1`", smuggle(CHUNKED, "-1\r\na\r\n0\r\n\r\n"))
            .refused(incomplete),
        Row::http1("chunk size with 0x", "`0x1`", smuggle(CHUNKED, "0x1\r\na\r\n0\r\n\r\n"))
            .refused(incomplete),
        Row::http1("empty chunk size", "CRLF", smuggle(CHUNKED, "\r\na\r\n0\r\n\r\n")).refused(incomplete),
        Row::http1("no CRLF behind a chunk", "`1`, `aX`", smuggle(CHUNKED, "1\r\naX\r\n0\r\n\r\n"))
            .refused(incomplete),
        Row::http1("bare LF behind a chunk size", "`1\\n`", smuggle(CHUNKED, "1\na\r\n0\r\n\r\n"))
            .refused(incomplete),
        Row::http1("bare LF behind a chunk", "`a\\n`", smuggle(CHUNKED, "1\r\na\n0\r\n\r\n"))
            .refused(incomplete),
        Row::http1("trailer fields", "`0`, `X-Trailer: 1`", body("1\r\na\r\n0\r\nX-Trailer: 1\r\n\r\n"))
            .served(),
        Row::http1(
            "trailer fields of 32 KiB",
            "`0`, 32 fields of 1 KiB",
            body(&format!("1\r\na\r\n0\r\n{}\r\n", format!("X-T: {}\r\n", "x".repeat(1024)).repeat(32))),
        )
        .refused(incomplete),
        Row::http1(
            "200 trailer fields",
            "`0`, 200 fields",
            body(&format!("1\r\na\r\n0\r\n{}\r\n", "X-T: 1\r\n".repeat(200))),
        )
        .refused(incomplete),
        Row::http1(
            "length in a trailer",
            "`0`, `Content-Length: 99`",
            body("1\r\na\r\n0\r\nContent-Length: 99\r\n\r\n"),
        )
        .served()
        .contains("a"),
    ]
}

//! Bodies that end too early, too late or not at all, and bodies that are none of our business.

use futures_util::FutureExt as _;
use tokio::io::AsyncWriteExt as _;

use super::{
    http1::{SMUGGLED, chunks, head, post},
    row::{Row, Then},
    run::Reader,
};

pub(crate) fn rows() -> Vec<Row> {
    let length = |length: usize, body: &str| post(&format!("Content-Length: {length}\r\n"), body);
    let chunked = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    let (limit, large) = (512 << 10, "413 body-too-large");
    vec![
        Row::http1("body of the largest size", "524,288 octets", length(limit, &"x".repeat(limit))).served(),
        Row::http1("largest size, chunked", "512 chunks of 1 KiB", chunked(&chunks(512, 1 << 10))).served(),
        Row::http1(
            "body that is too large",
            "524,289 octets",
            length(limit + 1, &"x".repeat(limit + 1)) + SMUGGLED,
        )
        .refused(large),
        Row::http1("too large, chunked", "600 chunks of 1 KiB", chunked(&chunks(600, 1 << 10)) + SMUGGLED)
            .refused(large),
        Row::http1("far too large", "3 MiB", length(3 << 20, &"x".repeat(3 << 20))).refused(large),
        Row::http1(
            "far too large, read late",
            "3 MiB, read when all is sent",
            length(3 << 20, &"x".repeat(3 << 20)),
        )
        .then(Then::Read)
        .refused(large),
        Row::http1("far too large, nothing sent", "length 3 GiB", length(3 << 30, "")).refused(large),
        Row::http1("cut off, sending half closed", "50 of 100 octets", length(100, &"x".repeat(50)))
            .then(Then::HalfClose)
            .refused("400 body-incomplete"),
        Row::http1("cut off in a chunk, sending half closed", "`a`, 5 of 10 octets", chunked("a\r\nxxxxx"))
            .then(Then::HalfClose)
            .refused("400 body-incomplete"),
        Row::script("cut off, connection reset", "50 of 100 octets, reset", |proxy| {
            async move {
                let (client, mut writer) = Reader::connect(proxy.address()).await;
                writer.write_all(length_of_100().as_bytes()).await.unwrap();
                writer.as_ref().set_zero_linger().unwrap();
                client.seen
            }
            .boxed_local()
        })
        .refused("none"),
        Row::http1("one octet after the other", "length 1000, 5 octets a second", length(1000, ""))
            .then(Then::Trickle)
            .refused("408 body-timeout"),
        Row::http1(
            "one octet after the other, chunked",
            "a chunk of 1000, 5 octets a second",
            chunked("3e8\r\n"),
        )
        .then(Then::Trickle)
        .refused("408 body-timeout"),
        Row::http1("a body that does not come", "length 5, nothing", length(5, ""))
            .refused("408 body-timeout"),
        Row::http1("compressed body", "`Content-Encoding: gzip`", [gzip_head().as_bytes(), GZIP].concat())
            .served()
            .contains("\u{1f}"),
        Row::http1(
            "body of a GET",
            "`GET`, 5 octets",
            head("GET /hello/inspect", "Content-Length: 5\r\n") + "hello",
        )
        .served(),
        Row::http1(
            "body for nobody",
            "`POST /nobody`, 100 KiB",
            head("POST /nobody", "Content-Length: 102400\r\n") + &"x".repeat(100 << 10),
        )
        .kept("404 no-route"),
    ]
}

/// `hello`, compressed.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00";

fn gzip_head() -> String {
    post(&format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", GZIP.len()), "")
}

fn length_of_100() -> String {
    post("Content-Length: 100\r\n", &"x".repeat(50))
}

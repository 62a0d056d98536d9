//! Paths and fields that are sent for files of the page.

use super::{
    http1::{get, head},
    row::Row,
};

/// The page, whose path is told to it.
const INDEX: &str = "<base href=\"/ui/\"";

pub(crate) fn rows() -> Vec<Row> {
    let found = |case, sent, target| Row::http1(case, sent, get(target)).kept("200 (own)").contains(INDEX);
    let missing = |case, sent, target| Row::http1(case, sent, get(target)).kept("404 no-route");
    let many = format!(
        "If-None-Match: {}\r\nAccept-Encoding: {}\r\n",
        "\"\",,x".repeat(5_000),
        "*;q=,".repeat(5_000)
    );
    vec![
        found("the page", "`/ui`", "/ui"),
        found("a view of the page", "`/ui/services/7`", "/ui/services/7"),
        Row::http1("HEAD of the page", "`HEAD /ui/`", head("HEAD /ui/", "")).kept("200 (own)"),
        missing("a file that is missing", "`/ui/assets/main-0.js`", "/ui/assets/main-0.js"),
        missing("dots", "`/ui/../main.rs`", "/ui/../main.rs"),
        missing("dots behind a folder", "`/ui/assets/../../main.rs`", "/ui/assets/../../main.rs"),
        missing("dots, escaped", "`/ui/%2e%2e/main.rs`", "/ui/%2e%2e/main.rs"),
        missing("dots, escaped twice", "`/ui/%252e%252e/main.rs`", "/ui/%252e%252e/main.rs"),
        missing("dots and a slash, escaped", "`/ui/..%2fmain.rs`", "/ui/..%2fmain.rs"),
        missing("dots in long UTF-8", "`/ui/%c0%ae%c0%ae/main.rs`", "/ui/%c0%ae%c0%ae/main.rs"),
        missing("backslashes", "`/ui/..\\main.rs`", "/ui/..\\main.rs"),
        missing("a path of the system", "`/ui//etc/ld.so.conf`", "/ui//etc/ld.so.conf"),
        found("a path of the system that may be a view", "`/ui//etc/passwd`", "/ui//etc/passwd"),
        missing("NUL behind the name", "`/ui/index.html%00`", "/ui/index.html%00"),
        missing(
            "an asset by its escaped name",
            "`/ui/assets/main%2D0a1b2c.js`",
            "/ui/assets/main%2D0a1b2c.js",
        ),
        missing("wildcard of the shell", "`/ui/assets/*`", "/ui/assets/*"),
        missing("another path that begins so", "`/uix`", "/uix"),
        Row::http1("a part of the page", "`Range: bytes=0-1`", head("GET /ui/", "Range: bytes=0-1\r\n"))
            .kept("200 (own)")
            .contains(INDEX),
        Row::http1(
            "many tags and codings",
            "25,000 octets each of `If-None-Match`, `Accept-Encoding`",
            head("GET /ui/", &many),
        )
        .kept("200 (own)")
        .contains(INDEX),
        Row::http1("another method", "`DELETE /ui/`", head("DELETE /ui/", "")).kept("405 method-not-allowed"),
        Row::http1(
            "a body for the page",
            "`POST /ui/`, 5 octets",
            head("POST /ui/", "Content-Length: 5\r\n") + "hello",
        )
        .refused("405 method-not-allowed"),
    ]
}

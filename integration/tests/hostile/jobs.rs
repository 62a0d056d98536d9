//! Requests that are to be jobs: their keys, their preferences, and ids of jobs.

use super::{http1::head, row::Row};

/// The id of no job.
const UNKNOWN: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn rows() -> Vec<Row> {
    [keys(), reuse(), preferences(), ids()].into_iter().flatten().collect()
}

/// A POST that is answered with its own body.
fn post(target: &str, fields: &str, body: &str) -> String {
    head(&format!("POST {target}"), &format!("Content-Length: {}\r\n{fields}", body.len())) + body
}

fn keys() -> Vec<Row> {
    let bad = "400 bad-idempotency-key";
    let keyed = |key: &str| post("/hello/echo", &format!("Idempotency-Key: {key}\r\n"), "");
    let (longest, longer) = ("k".repeat(255), "k".repeat(256));
    vec![
        Row::http1("bare key", "`Idempotency-Key: bare-1`", keyed("bare-1")).served(),
        Row::http1("quoted key", "`Idempotency-Key: \"quoted 1\"`", keyed("\"quoted 1\"")).served(),
        Row::http1(
            "the same key, quoted and bare",
            "`a-1`, then `\"a-1\"`",
            keyed("a-1") + &keyed("\"a-1\""),
        )
        .kept("200, 200")
        .published(1..=1),
        Row::http1("longest key", "255 octets", keyed(&longest)).served(),
        Row::http1("too long a key", "256 octets", keyed(&longer)).kept(bad),
        Row::http1("too long a quoted key", "256 octets in quotes", keyed(&format!("\"{longer}\"")))
            .kept(bad),
        Row::http1("empty key", "`Idempotency-Key:`", keyed("")).kept(bad),
        Row::http1("empty quoted key", "`Idempotency-Key: \"\"`", keyed("\"\"")).kept(bad),
        Row::http1("quote without an end", "`Idempotency-Key: \"a`", keyed("\"a")).kept(bad),
        Row::http1("list of keys", "`Idempotency-Key: a, b`", keyed("a, b")).kept(bad),
        Row::http1("key with a parameter", "`Idempotency-Key: \"a\";b=c`", keyed("\"a\";b=c")).kept(bad),
        Row::http1("key that is not ASCII", "`Idempotency-Key: \\xc3\\xa4`", keyed("ä")).kept(bad),
        Row::http1("two keys", "`Idempotency-Key: a`, twice", keyed("a\r\nIdempotency-Key: a")).kept(bad),
        Row::http1(
            "bad key before a body",
            "`Idempotency-Key:`, 5 octets",
            post("/hello/echo", "Idempotency-Key:\r\n", "hello"),
        )
        .refused(bad),
        Row::http1(
            "bad key where it means nothing",
            "`GET`, `Idempotency-Key:`",
            head("GET /hello", "Idempotency-Key:\r\n"),
        )
        .served(),
    ]
}

fn reuse() -> Vec<Row> {
    let echo =
        |fields: &str, body: &str| post("/hello/echo", &format!("Idempotency-Key: {fields}\r\n"), body);
    let facts = |target: &str, key: &str| post(target, &format!("Idempotency-Key: {key}\r\n"), "");
    let by = |user: &str| format!("of-two\r\nAuthorization: Basic {user}");
    vec![
        Row::http1("the same request again", "`a`, `a`", echo("again", "a") + &echo("again", "a"))
            .kept("200, 200")
            .published(1..=1)
            .contains("a"),
        Row::http1("the same key with another body", "`a`, `b`", echo("other", "a") + &echo("other", "b"))
            .kept("200, 422 idempotency-key-reused")
            .published(1..=1),
        Row::http1(
            "the same key of two tenants",
            "two `Authorization`",
            echo(&by("YTpi"), "a") + &echo(&by("Yjpi"), "b"),
        )
        .kept("200, 200")
        .published(2..=2)
        .contains("b"),
        Row::http1(
            "the same key for two paths",
            "`/hello/echo`, `/hello/echo?b`",
            facts("/hello/echo", "paths") + &facts("/hello/echo?b", "paths"),
        )
        .kept("200, 200")
        .published(2..=2),
    ]
}

fn preferences() -> Vec<Row> {
    let get = |prefer: &str| head("GET /hello", &format!("Prefer: {prefer}\r\n"));
    let asynchronous =
        |prefer: &str| post("/hello/echo", &format!("Prefer: respond-async, {prefer}\r\n"), "hello");
    let accepted = "202 (own)";
    vec![
        Row::http1("negative wait", "`GET`, `Prefer: wait=-1`", get("wait=-1")).served(),
        Row::http1("wait that is no number", "`GET`, `Prefer: wait=x`", get("wait=x")).served(),
        Row::http1("long wait", "`GET`, `Prefer: wait=1000000000`", get("wait=1000000000")).served(),
        Row::http1("no wait at all", "`GET`, `Prefer: wait=0`", get("wait=0")).served(),
        Row::http1("unknown preferences", "`GET`, `Prefer: x=\"a, b\";c, ;=,`", get("x=\"a, b\";c, ;=,"))
            .served(),
        Row::http1("a GET that need not be answered", "`GET`, `Prefer: respond-async`", get("respond-async"))
            .served(),
        Row::http1("job with a negative wait", "`Prefer: respond-async, wait=-1`", asynchronous("wait=-1"))
            .kept(accepted)
            .published(1..=1),
        Row::http1(
            "job with a long wait",
            "`Prefer: respond-async, wait=1000000000`",
            asynchronous("wait=1000000000"),
        )
        .served()
        .contains("hello"),
        Row::http1(
            "job with unknown preferences",
            "`Prefer: respond-async, x`",
            asynchronous("x=\"a, b\";c"),
        )
        .kept(accepted)
        .published(1..=1),
        Row::http1(
            "job for no service",
            "`POST /nowhere`, `Prefer: respond-async`",
            post("/nowhere", "Prefer: respond-async\r\n", ""),
        )
        .kept("404 no-route"),
    ]
}

fn ids() -> Vec<Row> {
    let job = |id: &str| head(&format!("GET /-/jobs/{id}"), "");
    let unknown =
        |method: &str, rest: &str, fields: &str| head(&format!("{method} /-/jobs/{UNKNOWN}{rest}"), fields);
    let none = "404 no-job";
    vec![
        Row::http1("unknown job", "32 digits", job(UNKNOWN)).kept(none),
        Row::http1("id in upper case", "`0123456789ABCDEF…`", job(&UNKNOWN.to_uppercase())).kept(none),
        Row::http1("wildcard for an id", "`/-/jobs/*`", job("*")).kept(none),
        Row::http1("id of 4,000 octets", "`/-/jobs/000…`", job(&"0".repeat(4_000))).kept(none),
        Row::http1("id with another path", "`/-/jobs/../openapi`", job("../openapi")).kept("404 no-route"),
        Row::http1(
            "wait for an unknown job",
            "`Prefer: wait=1000000000`",
            unknown("GET", "", "Prefer: wait=1000000000\r\n"),
        )
        .kept(none),
        Row::http1(
            "events of an unknown job",
            "`Accept: text/event-stream`",
            unknown("GET", "", "Accept: text/event-stream\r\n"),
        )
        .kept(none),
        Row::http1("answer of an unknown job", "`…/response`", unknown("GET", "/response", "")).kept(none),
        Row::http1("cancel of an unknown job", "`DELETE`", unknown("DELETE", "", "")).kept(none),
        Row::http1("another method", "`PATCH`", unknown("PATCH", "", "")).kept("405 method-not-allowed"),
    ]
}

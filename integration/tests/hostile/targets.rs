//! Request-targets.

use super::{http1::get, row::Row};

pub(crate) fn rows() -> Vec<Row> {
    let long = |octets: usize| get(&format!("/hello/inspect/{}", "x".repeat(octets - 15)));
    let raw = |target: &[u8]| [b"GET ", target, b" HTTP/1.1\r\nHost: x\r\n\r\n"].concat();
    vec![
        Row::http1("target of 8,000 octets", "`/hello/inspect/xxx…`", long(8000)).served(),
        Row::http1("target of 9,000 octets", "`/hello/inspect/xxx…`", long(9000)).kept("414 target-too-long"),
        Row::http1("target of 70,000 octets", "`/hello/inspect/xxx…`", long(70_000)).refused("bare 414"),
        Row::http1("target that is not UTF-8", "`/hello/\\xff`", raw(b"/hello/\xff")),
        Row::http1("target in UTF-8, not escaped", "`/hello/ä`", raw("/hello/ä".as_bytes()))
            .kept("400 bad-target"),
        Row::http1("NUL in the target", "`/hello/\\0`", raw(b"/hello/\0")),
        Row::http1("DEL in the target", "`/hello/\\x7f`", raw(b"/hello/\x7f")),
        Row::http1("control in the target", "`/hello/\\x01`", raw(b"/hello/\x01")),
        Row::http1("escaped NUL", "`/hello/inspect/%00`", get("/hello/inspect/%00"))
            .served()
            .contains("/hello/inspect/%00"),
        Row::http1("escaped CRLF", "`/hello/inspect/%0d%0aX:%20y`", get("/hello/inspect/%0d%0aX:%20y"))
            .served(),
        Row::http1("escape that is none", "`/hello/inspect/%zz`", get("/hello/inspect/%zz")).served(),
        Row::http1("space in the target", "`/hello/a b`", get("/hello/a b")),
        Row::http1("tab in the target", "`/hello/a\\tb`", get("/hello/a\tb")),
        Row::http1("`<` in the target", "`/hello/<`", get("/hello/<")),
        Row::http1("`>` in the target", "`/hello/>`", get("/hello/>")),
        Row::http1("quotes in the path", "`/hello/inspect/\"`", get("/hello/inspect/\"")).served(),
        Row::http1("quotes in the query", "`/hello/inspect?\"`", get("/hello/inspect?\"")),
        Row::http1("brackets in the target", "`/hello/inspect/[]{}|`", get("/hello/inspect/[]{}|")).served(),
        Row::http1("wildcards of NATS", "`/hello/inspect/*/%3E`", get("/hello/inspect/*/%3E"))
            .served()
            .contains("/hello/inspect/*/%3E"),
        Row::http1("fragment", "`/hello/inspect#x`", get("/hello/inspect#x"))
            .served()
            .contains("\"/hello/inspect\""),
        Row::http1("two slashes", "`//hello`", get("//hello")).kept("404 no-route"),
        Row::http1("dots before the service", "`/../hello`", get("/../hello")).kept("404 no-route"),
        Row::http1("dots behind the service", "`/hello/inspect/../../x`", get("/hello/inspect/../../x"))
            .served()
            .contains("/hello/inspect/../../x"),
        Row::http1("subject of NATS", "`/$JS.API.INFO`", get("/$JS.API.INFO")).kept("404 no-route"),
        Row::http1("another stream's subject", "`/hello.echo`", get("/hello.echo")).kept("404 no-route"),
        Row::http1("asterisk of a GET", "`GET *`", get("*")).kept("400 bad-target"),
        Row::http1("authority of a GET", "`GET x:80`", get("x:80")).kept("400 bad-target"),
        Row::http1("no slash", "`GET ?x`", get("?x")),
        Row::http1("no target", "`GET HTTP/1.1`", "GET HTTP/1.1\r\nHost: x\r\n\r\n"),
        Row::http1("absolute-form without a host", "`GET http:///hello`", get("http:///hello")),
    ]
}

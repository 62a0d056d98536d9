//! Header fields: their form, their number, `Host`.

use super::{
    http1::{SMUGGLED, head, inspect},
    row::Row,
};

pub(crate) fn rows() -> Vec<Row> {
    [forms(), hosts(), sizes()].into_iter().flatten().collect()
}

fn forms() -> Vec<Row> {
    let fields = |fields: &str| inspect(fields) + SMUGGLED;
    let raw =
        |value: &[u8]| [b"GET /hello/inspect HTTP/1.1\r\nHost: x\r\nX-A: ", value, b"\r\n\r\n"].concat();
    vec![
        Row::http1("folded line", "`X-A: b`, ` c`", fields("X-A: b\r\n c\r\n")),
        Row::http1(
            "first line folded",
            "` X-A: b`",
            format!("GET /hello HTTP/1.1\r\n X-A: b\r\nHost: x\r\n\r\n{SMUGGLED}"),
        ),
        // RFC 9112 §2.2 allows a recipient to take a single LF for the end of a line.
        Row::http1(
            "bare LF ends lines",
            "`GET /hello HTTP/1.1\\nHost: x\\n\\n`",
            "GET /hello HTTP/1.1\nHost: x\n\n",
        )
        .served(),
        Row::http1("bare CR ends a line", "`X-A: b\\rX-B: c`", fields("X-A: b\rX-B: c\r\n")),
        Row::http1("bare CR in the request line", "`GET /hello\\r HTTP/1.1`", head("GET /hello\r", "")),
        Row::http1("space before the colon", "`X-A : b`", fields("X-A : b\r\n")),
        Row::http1("space in a name", "`X A: b`", fields("X A: b\r\n")),
        Row::http1("empty name", "`: b`", fields(": b\r\n")),
        Row::http1("no colon", "`X-A`", fields("X-A\r\n")),
        Row::http1("NUL in a value", "`X-A: b\\0c`", raw(b"b\0c")),
        Row::http1("NUL in a name", "`X\\0A: b`", fields("X\0A: b\r\n")),
        Row::http1("control in a value", "`X-A: \\x01`", raw(b"\x01")),
        Row::http1("DEL in a value", "`X-A: \\x7f`", raw(b"\x7f")),
        Row::http1("value that is not UTF-8", "`X-A: \\xff\\xfe`", raw(b"\xff\xfe"))
            .served()
            .contains("\"x-a\":[\"\u{ff}\u{fe}\"]"),
        Row::http1(
            "name that is not ASCII",
            "`X-\\xe4: b`",
            [b"GET /hello HTTP/1.1\r\nHost: x\r\nX-\xe4: b\r\n\r\n".as_slice()].concat(),
        ),
        Row::http1("header of NATS", "`Nats-Rollup: all`", inspect("Nats-Rollup: all\r\n"))
            .served()
            .contains("nats-rollup"),
        Row::http1("header of ours", "`Uptake-Reply-To: x`", inspect("Uptake-Reply-To: x\r\n"))
            .served()
            .contains("uptake-reply-to"),
        Row::http1(
            "identity of one's own",
            "`Uptake-Auth-Subject: a`, `Uptake-Auth-Claims: {\"sub\":\"a\"}`",
            head(
                "GET /hello/whoami",
                "Uptake-Auth-Subject: a\r\nUptake-Auth-Claims: {\"sub\":\"a\"}\r\nHttp-uptake-auth-subject: a\r\n",
            ),
        )
        .served()
        .contains("null"),
        Row::http1("`Connection` names `Host`", "`Connection: host`", inspect("Connection: host\r\n"))
            .served(),
    ]
}

fn hosts() -> Vec<Row> {
    let bad = "400 bad-host";
    let hosts = |hosts: &str| format!("GET /hello/inspect HTTP/1.1\r\n{hosts}\r\n{SMUGGLED}");
    let absolute = |target: &str, hosts: &str| format!("GET {target} HTTP/1.1\r\n{hosts}\r\n");
    vec![
        Row::http1("no Host", "", hosts("")).refused(bad),
        Row::http1("two equal Hosts", "2 × `Host: x`", hosts("Host: x\r\nHost: x\r\n")).refused(bad),
        Row::http1("two Hosts", "`Host: x`, `Host: y`", hosts("Host: x\r\nHost: y\r\n")).refused(bad),
        Row::http1("Host with a space", "`Host: x y`", hosts("Host: x y\r\n")).refused(bad),
        Row::http1("list of hosts", "`Host: x,y`", hosts("Host: x,y\r\n")).refused(bad),
        Row::http1("Host with a path", "`Host: x/y`", hosts("Host: x/y\r\n")).refused(bad),
        Row::http1("Host with a user", "`Host: u@x`", hosts("Host: u@x\r\n")).refused(bad),
        Row::http1("Host with a wrong port", "`Host: x:80x`", hosts("Host: x:80x\r\n")).refused(bad),
        Row::http1("Host that is not ASCII", "`Host: \\xc3\\xa4`", hosts("Host: ä\r\n")).refused(bad),
        Row::http1("empty Host", "`Host:`", "GET /hello HTTP/1.1\r\nHost:\r\n\r\n").served(),
        Row::http1(
            "absolute-form with another Host",
            "`GET http://a.example/…`, `Host: x`",
            absolute("http://a.example/hello/inspect", "Host: x\r\n"),
        )
        .served()
        .contains("\"host\":[\"a.example\"]"),
        Row::http1(
            "absolute-form without Host",
            "`GET http://a.example/…`",
            absolute("http://a.example/hello/inspect", ""),
        )
        .refused(bad),
        Row::http1(
            "absolute-form with a user",
            "`GET http://u@a.example/…`",
            absolute("http://u@a.example/hello", "Host: x\r\n"),
        )
        .refused(bad),
        Row::http1(
            "absolute-form of another scheme",
            "`GET ftp://a.example/hello`",
            absolute("ftp://a.example/hello", "Host: x\r\n"),
        )
        .served(),
    ]
}

fn sizes() -> Vec<Row> {
    let many = |count: usize, octets: usize| {
        let value = "v".repeat(octets);
        inspect(&(0..count).map(|number| format!("X-{number}: {value}\r\n")).collect::<String>())
    };
    vec![
        Row::http1("100 fields", "`Host` and 99 of 1 octet", many(99, 1)).served(),
        Row::http1("200 fields", "200 fields of 1 octet", many(200, 1)).refused("bare 431"),
        Row::http1("one field of 64 KiB", "`X-0: vvv…`", many(1, 64 << 10)).kept("431 fields-too-large"),
        Row::http1("100 KiB of fields", "50 fields of 2 KiB", many(50, 2 << 10)).kept("431 fields-too-large"),
        // More than twice what is read ahead: less may be complete by the time that the library looks at it.
        Row::http1("300 KiB of fields", "75 fields of 4 KiB", many(75, 4 << 10)).refused("bare 431"),
        Row::http1(
            "a line without an end",
            "10 MiB of `v`",
            inspect(&format!("X-0: {}\r\n", "v".repeat(10 << 20))),
        )
        .refused("bare 431"),
        Row::http1("empty lines without an end", "1 MiB of CRLF", "\r\n".repeat(512 << 10))
            .refused("none or bare 431 or bare 400"),
    ]
}

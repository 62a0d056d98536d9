//! Octets of HTTP/1.1.

/// A request that must never be taken out of another one's body.
pub(crate) const SMUGGLED: &str = "GET /hello/inspect/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// A head with `Host`, and nothing behind it.
pub(crate) fn head(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: x\r\n{fields}\r\n")
}

/// `GET target`.
pub(crate) fn get(target: &str) -> String {
    head(&format!("GET {target}"), "")
}

/// `GET /hello/inspect`, which answers what the service sees, with these field lines.
pub(crate) fn inspect(fields: &str) -> String {
    head("GET /hello/inspect", fields)
}

/// `POST /hello/echo` with these field lines and this body.
pub(crate) fn post(fields: &str, body: &str) -> String {
    head("POST /hello/echo", fields) + body
}

/// As [`post`], with a request behind it for whoever frames the body wrongly.
pub(crate) fn smuggle(fields: &str, body: &str) -> String {
    post(fields, body) + SMUGGLED
}

/// A chunked body of chunks of one size.
pub(crate) fn chunks(count: usize, octets: usize) -> String {
    let chunk = format!("{octets:x}\r\n{}\r\n", "c".repeat(octets));
    chunk.repeat(count) + "0\r\n\r\n"
}

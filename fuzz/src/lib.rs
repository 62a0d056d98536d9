//! What the fuzz targets do with octets. What must hold is said in `common/tests/wire/properties.rs`, which the
//! property tests of the stable compiler share.
//!
//! Octets are taken as text wherever the real thing is text: seeds and findings can be read, and a dictionary helps.

mod hyper_says;
#[path = "../../common/tests/wire/properties.rs"]
mod properties;

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use uptake::wire::{Cancel, Envelope, METHODS, Root, TraceContext};

const REPLY_TO: &str = "uptake.reply.proxy.00ff.7-0011";
/// What a wire message holds besides its headers and body is of no interest beyond this, in octets.
const MAX_FIELDS: usize = 128;

static ROOT: LazyLock<Root> = LazyLock::new(|| "uptake".parse().expect("a root"));

/// Two paths, on a line each: subjects, filters, and what is taken for a subject of ours.
pub fn subject(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    properties::foreign_subject(&ROOT, text);
    let (a, b) = text.split_once('\n').unwrap_or((text, ""));
    let (a, b) = (format!("/{a}"), format!("/{b}"));
    let method = &METHODS[octets.len() % METHODS.len()];
    properties::paths(&ROOT, method, &a, &b);
    // Prefixes are settings: none of them is so long that its end is hashed.
    if a.len() * 3 <= 512 && a.split('/').count() <= 32 {
        properties::filters_cover(&ROOT, &a, &b);
        properties::filters_cover(&ROOT, &a, &format!("{}{b}", a.trim_end_matches('/')));
    }
}

/// A request as a client sends it to the proxy: head and body.
pub fn client_request(octets: &[u8]) {
    let mut headers = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut head = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(end)) = head.parse(octets) else { return };
    let mut request = Request::new(Bytes::copy_from_slice(&octets[end..]));
    let Ok(method) = Method::from_bytes(head.method.unwrap_or_default().as_bytes()) else { return };
    let Ok(uri) = head.path.unwrap_or_default().parse::<Uri>() else { return };
    (*request.method_mut(), *request.uri_mut()) = (method, uri);
    for field in head.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value)) {
            request.headers_mut().append(name, value);
        }
    }
    let trace = TraceContext::take_from(request.headers_mut());
    let envelope = Envelope { request_id: "r-1".to_owned(), prefix: "/api".to_owned(), trace, identity: None };
    properties::client_request(&ROOT, REPLY_TO, &request, &envelope);
}

/// A message that a worker gets: header lines, an empty line, the payload.
pub fn foreign_request(octets: &[u8]) {
    if let Some((headers, payload)) = properties::message(octets) {
        properties::foreign_request(&ROOT, &headers, &payload);
    }
}

/// A message that an asker gets. What is an answer is sent to a client by hyper.
pub fn foreign_response(octets: &[u8]) {
    let Some((headers, payload)) = properties::message(octets) else { return };
    if let Some(answer) = properties::foreign_response(&headers, &payload) {
        hyper_says::can_be_sent(answer.response);
    }
}

/// A control message; and the name of a stream, as a hostile publish ack gives it.
pub fn cancel(octets: &[u8]) {
    if let Some((headers, _)) = properties::message(octets) {
        properties::foreign_cancel(&ROOT, &headers);
    }
    if let Ok(stream) = std::str::from_utf8(octets) {
        let cancel = Cancel { reply_to: REPLY_TO.to_owned(), budget: std::time::Duration::from_millis(7) };
        properties::own_cancel(&ROOT, stream, &cancel);
    }
}

/// A message that arrives at the inbox of an asker: its subject on the first line, `503` or nothing on the second.
pub fn inbox(octets: &[u8]) {
    let mut parts = octets.splitn(3, |&octet| octet == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (subject, status, rest) = (next(), next(), next());
    let (Ok(subject), Some((headers, payload))) = (std::str::from_utf8(subject), properties::message(rest))
    else {
        return;
    };
    // A message without a header block is told apart from one with an empty one.
    let headers = (!headers.is_empty()).then_some(headers);
    uptake::fuzzing::inbox_survives(&ROOT, subject, status == b"503", headers, &payload);
}

//! What must hold whatever octets arrive. The property tests and the fuzz targets (`fuzz/`) share it.

use std::{collections::BTreeMap, time::Duration};

use async_nats::{HeaderMap, HeaderName as NatsName, HeaderValue as NatsValue};
use bytes::Bytes;
use http::{HeaderMap as Fields, HeaderValue, Method, Request, Response, StatusCode, header};
use uptake::{
    Fault,
    wire::{
        Answer, Cancel, Class, EncodeError, Envelope, MAX_HEADER_OCTETS, METHODS, Message, Root, Route,
        decode_cancel, decode_request, decode_response, encode_cancel, encode_request, encode_response,
        escape_path, filters, is_request_id, unescape_path,
    },
};

const HOP_BY_HOP: &str = "connection expect keep-alive proxy-authenticate proxy-authentication-info \
                          proxy-authorization proxy-connection te trailer transfer-encoding upgrade";
/// Headers of ours that carry no HTTP field.
const TRACE: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// Octets of a foreign message, as `async-nats` reads them: lines of `Name: value`, an empty one, the payload.
pub(crate) fn message(octets: &[u8]) -> Option<(HeaderMap, Bytes)> {
    let end = octets.windows(2).position(|pair| pair == b"\n\n").unwrap_or(octets.len());
    let mut headers = HeaderMap::new();
    for line in std::str::from_utf8(&octets[..end]).ok()?.lines() {
        let (name, value) = line.split_once(':')?;
        headers.append(name.parse::<NatsName>().ok()?, value.trim().parse::<NatsValue>().ok()?);
    }
    Some((headers, Bytes::copy_from_slice(octets.get(end + 2..).unwrap_or_default())))
}

/// What a peer reads of a message of ours: without white space at the ends of values.
fn as_read(headers: &HeaderMap) -> HeaderMap {
    let mut octets = 0;
    let mut read = HeaderMap::new();
    for (name, values) in headers.iter() {
        let text: &str = name.as_ref();
        let ours = ["Uptake-", "Http-", "Http8-"].iter().any(|prefix| text.starts_with(prefix));
        assert!(ours || TRACE.contains(&text), "{text} is none of our headers");
        for value in values {
            octets += text.len() + value.as_str().len() + 4;
            let printable = value.as_str().bytes().all(|byte| (0x20..=0x7e).contains(&byte));
            assert!(printable, "{text}: {value:?} is not printable ASCII");
            read.append(name.clone(), value.as_str().trim());
        }
    }
    assert!(octets <= MAX_HEADER_OCTETS, "{octets} octets of headers");
    read
}

/// A request that a client of the proxy has sent reaches the handler as it was, but for what ends at the proxy.
/// `request` and `envelope` are what the proxy passes on: any fields, no trace among them, a plain request id.
pub(crate) fn client_request(root: &Root, reply_to: &str, request: &Request<Bytes>, envelope: &Envelope) {
    let budget = Duration::from_millis(1500);
    let message = match encode_request(root, request, envelope, reply_to, budget) {
        Ok(message) => message,
        Err(EncodeError::Method) => return assert!(!METHODS.contains(request.method())),
        Err(EncodeError::Target) => {
            let target = target(request);
            return assert!(!target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        Err(EncodeError::FieldsTooLarge { octets }) => return assert!(octets > MAX_HEADER_OCTETS),
    };
    in_class(root, request.method(), &message.subject);
    let decoded = decode_request(root, &as_read(&message.headers), message.payload).unwrap();
    assert_eq!(decoded.request.method(), request.method());
    assert_eq!(target(&decoded.request), target(request));
    assert_eq!(decoded.request.body(), request.body());
    assert_eq!((&decoded.envelope, decoded.reply_to.as_str()), (envelope, reply_to));
    assert_eq!(decoded.budget, budget);
    let added = ["content-length", "x-request-id", TRACE[0], TRACE[1], TRACE[2]];
    let kept = |fields: &Fields| end_to_end(fields, |name| !added.contains(&name));
    assert_eq!(kept(decoded.request.headers()), kept(request.headers()));
    length_is_true(decoded.request.headers(), decoded.request.body());
}

fn target(request: &Request<Bytes>) -> &str {
    request.uri().path_and_query().map_or("/", |target| target.as_str())
}

/// The fields that do not end at this hop, by an independent reading of RFC 9110 §7.6.1.
fn end_to_end(fields: &Fields, kept: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<HeaderValue>> {
    let mut ended: Vec<Vec<u8>> = HOP_BY_HOP.split(' ').map(|name| name.as_bytes().to_vec()).collect();
    for value in fields.get_all(header::CONNECTION) {
        let options = value.as_bytes().split(|&byte| byte == b',');
        ended.extend(options.map(|option| option.trim_ascii().to_ascii_lowercase()));
    }
    let mut map = BTreeMap::<String, Vec<HeaderValue>>::new();
    for (name, value) in fields {
        if kept(name.as_str()) && !ended.iter().any(|ended| ended == name.as_str().as_bytes()) {
            map.entry(name.to_string()).or_default().push(value.clone());
        }
    }
    map
}

/// Whatever is decoded as a request is one that a client could have sent through the proxy, and can be sent on.
pub(crate) fn foreign_request(root: &Root, headers: &HeaderMap, payload: &Bytes) {
    let Ok(decoded) = decode_request(root, headers, payload.clone()) else { return };
    let (envelope, target) = (&decoded.envelope, decoded.request.uri().to_string());
    assert!(METHODS.contains(decoded.request.method()), "{}", decoded.request.method());
    assert!(target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic()), "{target:?}");
    assert!(root.is_reply(&decoded.reply_to), "{:?}", decoded.reply_to);
    assert!(envelope.request_id.is_empty() || is_request_id(&envelope.request_id), "{envelope:?}");
    assert!(envelope.prefix.is_empty() || envelope.prefix.starts_with('/'), "{envelope:?}");
    assert_eq!(decoded.request.body(), payload);
    length_is_true(decoded.request.headers(), payload);
    can_be_sent(decoded.request.headers());
    // A handler may pass it on to another service, with all that came along.
    client_request(root, &decoded.reply_to, &decoded.request, envelope);
}

/// A request's length, where it has one, is that of its body.
fn length_is_true(fields: &Fields, body: &Bytes) {
    let lengths: Vec<_> = fields.get_all(header::CONTENT_LENGTH).iter().collect();
    assert!(lengths.len() <= 1 && (body.is_empty() || !lengths.is_empty()), "{lengths:?}");
    assert!(lengths.iter().all(|length| *length == &body.len().to_string()), "{lengths:?}");
}

/// No field ends at a hop, and none holds what would end its line (RFC 9110 §5.5).
fn can_be_sent(fields: &Fields) {
    let no_control = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    for (name, value) in fields {
        assert!(!HOP_BY_HOP.split(' ').any(|ended| ended == name.as_str()), "{name} ends at a hop");
        assert!(value.as_bytes().iter().all(no_control), "{name}: {value:?}");
    }
}

/// Whatever is decoded as an answer can be sent to a client, and is the same when it is sent on.
pub(crate) fn foreign_response(headers: &HeaderMap, payload: &Bytes) -> Option<Answer> {
    let answer = decode_response(headers, payload.clone()).ok()?;
    let (status, fields) = (answer.response.status(), answer.response.headers());
    assert!((200..=599).contains(&status.as_u16()), "{status}");
    assert_eq!(answer.response.body(), payload);
    can_be_sent(fields);
    let lengths: Vec<_> = fields.get_all(header::CONTENT_LENGTH).iter().collect();
    let a_number = |value: &&HeaderValue| value.to_str().is_ok_and(|text| text.parse::<u64>().is_ok());
    assert!(lengths.is_empty() || payload.is_empty() && lengths.len() == 1, "{lengths:?}");
    assert!(lengths.iter().all(a_number), "{lengths:?}");
    let fault = answer.error.as_deref().and_then(|slug| Fault::from_wire(status, slug));
    assert!(fault.is_none_or(|fault| fault.status() == status));
    own_response(&Method::HEAD, &answer, fault.map(Fault::slug));
    Some(answer)
}

/// An answer of a service reaches the asker as it was, but for what ends at this hop.
pub(crate) fn own_response(method: &Method, answer: &Answer, error: Option<&str>) {
    let Answer { response, attempt, timing, .. } = answer;
    let (headers, payload) = match encode_response(method, response, attempt, timing, error) {
        Ok(message) => message,
        Err(EncodeError::FieldsTooLarge { octets }) => return assert!(octets > MAX_HEADER_OCTETS),
        Err(error) => panic!("{error}"),
    };
    let decoded = decode_response(&as_read(&headers), payload).unwrap();
    assert_eq!(decoded.response.extensions().get::<Route>(), response.extensions().get::<Route>());
    let (status, length) = (response.status(), header::CONTENT_LENGTH.as_str());
    let keeps_length = *method == Method::HEAD || status == StatusCode::NOT_MODIFIED;
    let kept = |response: &Response<Bytes>| {
        end_to_end(response.headers(), |name| keeps_length && response.body().is_empty() || name != length)
    };
    assert_eq!(kept(&decoded.response), kept(response));
    assert_eq!((decoded.response.status(), decoded.response.body()), (status, response.body()));
    assert_eq!((&decoded.attempt, &decoded.timing, decoded.error.as_deref()), (attempt, timing, error));
}

/// Whatever is decoded as a cancel names a call, and is the same when it is sent on.
pub(crate) fn foreign_cancel(root: &Root, headers: &HeaderMap) {
    let Ok(cancel) = decode_cancel(root, headers) else { return };
    assert!(root.is_reply(&cancel.reply_to), "{cancel:?}");
    assert!(cancel.budget <= Duration::from_millis(u32::MAX.into()), "{cancel:?}");
    own_cancel(root, "uptake-call-users", &cancel);
}

/// A cancel reaches the workers of its stream, and nobody else, whatever the stream's name is.
pub(crate) fn own_cancel(root: &Root, stream: &str, cancel: &Cancel) {
    let Message { subject, headers, .. } = encode_cancel(root, stream, cancel);
    let token = subject.strip_prefix(&format!("{root}.control.")).unwrap();
    assert_eq!(tokens(token).len(), 1, "{subject:?}");
    assert_eq!(&decode_cancel(root, &as_read(&headers)).unwrap(), cancel);
}

/// The tokens of a path's subject: none empty, none a wildcard.
pub(crate) fn tokens(path: &str) -> Vec<&str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_~-%".contains(&byte);
    let tokens: Vec<_> = path.split('.').collect();
    for token in &tokens {
        assert!(!token.is_empty() && token.bytes().all(legal), "{path:?}");
    }
    tokens
}

/// A call's subject lies in the class of its method, below the root, and is short.
pub(crate) fn in_class(root: &Root, method: &Method, subject: &str) {
    let class = format!("{root}.call.{}.", method.as_str().to_lowercase());
    let path = subject.strip_prefix(&class).unwrap_or_else(|| panic!("{subject:?} is not in {class}"));
    assert!(path.len() <= 512 + 35 && tokens(path).len() <= 33, "{subject:?}");
}

/// Undoes the escaping of one token: that this is possible proves that it is injective.
pub(crate) fn unescape(token: &str) -> Option<Vec<u8>> {
    if token == "%" {
        return Some(Vec::new());
    }
    let (mut out, mut rest) = (Vec::new(), token.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let hex = std::str::from_utf8(&[*high, *low]).ok()?.to_owned();
                out.push(u8::from_str_radix(&hex, 16).ok()?);
                tail
            }
            (b'%', _) => return None,
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    Some(out)
}

/// Two paths share a subject only if they are one, and from a short one's subject it can be read back.
pub(crate) fn paths(root: &Root, method: &Method, a: &str, b: &str) {
    let (x, y) = (escape_path(a), escape_path(b));
    assert_eq!(a == b, x == y, "{a:?} {b:?} {x:?} {y:?}");
    let Some(subject) = root.call(method, a) else { return assert!(!METHODS.contains(method)) };
    in_class(root, method, &subject);
    assert!(subject.ends_with(&x), "{subject:?} {x:?}");
    let (head, tail) = x.split_once("%~").map_or((x.as_str(), None), |(head, tail)| (head, Some(tail)));
    let head = head.strip_suffix('.').filter(|_| tail.is_some()).unwrap_or(head);
    let read: Vec<_> = match (head, tail) {
        ("", Some(_)) => Vec::new(),
        _ => head.split('.').map(|token| unescape(token).unwrap()).collect(),
    };
    let (read, sent) = (read.join(&b'/'), &a.as_bytes()[1..]);
    assert!(if tail.is_some() { sent.starts_with(&read) } else { sent == read }, "{a:?} {x:?}");
    let can_be_read = tail.is_none() && a.bytes().all(|byte| byte.is_ascii_graphic());
    assert_eq!(unescape_path(&x).as_deref(), can_be_read.then_some(a), "{x:?}");
}

/// The filters of a prefix cover exactly the paths at and below it.
pub(crate) fn filters_cover(root: &Root, prefix: &str, path: &str) {
    let filters = filters(root, Class::Call, prefix);
    let subject = root.call(&Method::GET, path).unwrap();
    let covered = filters.iter().any(|filter| covers(filter, &subject));
    let prefix = prefix.trim_end_matches('/');
    let below = path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    assert_eq!(covered, below, "{prefix:?} {path:?} {subject:?}");
}

/// Whether a subject filter covers a subject, as NATS has it.
fn covers(filter: &str, subject: &str) -> bool {
    let (mut filter, mut subject) = (filter.split('.'), subject.split('.'));
    loop {
        match (filter.next(), subject.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some(token), Some(actual)) if token == "*" || token == actual => {}
            _ => return false,
        }
    }
}

/// What is taken for a subject of ours has no wildcard, and no token that the server could take for another.
pub(crate) fn foreign_subject(root: &Root, text: &str) {
    if let Some(token) = text.strip_prefix(&format!("{root}.reply.")).filter(|_| root.is_reply(text)) {
        assert!(tokens(token).len() == 3 && text.len() <= 400, "{text:?}");
    }
    if let Some(path) = unescape_path(text) {
        assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()), "{path:?}");
    }
    if let Ok(root) = text.parse::<Root>() {
        assert!(text.len() <= 64 && tokens(text).iter().all(|token| !token.contains('%')), "{text:?}");
        assert_eq!(root.to_string(), text);
    }
}

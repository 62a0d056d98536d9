//! A request as a message.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header, uri::PathAndQuery};

use super::{
    DecodeError, EncodeError, Identity, MAX_HEADER_OCTETS, METHODS, Message, Root, TraceContext,
    check_version, fields, insert, names, required,
};

/// What the platform knows of a request beyond HTTP. It sits in the request's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Identity in logs and traces, as [`is_request_id`] has it; empty in a message that named none.
    pub request_id: String,
    /// Path prefix that was stripped from the target; empty when none was.
    pub prefix: String,
    /// W3C trace context.
    pub trace: TraceContext,
    /// Who calls, if a proxy has verified it. No field of a client can set it.
    pub identity: Option<Identity>,
}

/// A request as it comes out of a message.
#[derive(Debug)]
pub struct DecodedRequest {
    /// What the handler gets.
    pub request: Request<Bytes>,
    /// What goes along with it.
    pub envelope: Envelope,
    /// Where the answer goes.
    pub reply_to: String,
    /// What was left of the client's time when the message was published.
    pub budget: Duration,
}

/// Encodes a request into the message that asks for it.
///
/// # Errors
/// When the method has no subject token, the target is not a printable ASCII path, or the headers are too large.
pub fn encode_request(
    root: &Root,
    request: &Request<Bytes>,
    envelope: &Envelope,
    reply_to: &str,
    budget: Duration,
) -> Result<Message, EncodeError> {
    let subject = root.call(request.method(), request.uri().path()).ok_or(EncodeError::Method)?;
    let (mut headers, mut octets) = encode_parts(request, envelope)?;
    insert(&mut headers, &mut octets, names::REPLY_TO, reply_to);
    insert(&mut headers, &mut octets, names::BUDGET_MS, &budget.as_millis().to_string());
    if octets > MAX_HEADER_OCTETS {
        return Err(EncodeError::FieldsTooLarge { octets });
    }
    Ok(Message { subject, headers, payload: request.body().clone() })
}

/// The headers that the messages of calls and of jobs share, and the octets that they take.
pub(super) fn encode_parts(
    request: &Request<Bytes>,
    envelope: &Envelope,
) -> Result<(HeaderMap, usize), EncodeError> {
    let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    if !is_target(target) {
        return Err(EncodeError::Target);
    }
    let (mut headers, mut octets) = (HeaderMap::new(), 0);
    insert(&mut headers, &mut octets, names::WIRE, names::VERSION);
    insert(&mut headers, &mut octets, names::METHOD, request.method().as_str());
    insert(&mut headers, &mut octets, names::TARGET, target);
    insert(&mut headers, &mut octets, names::REQUEST_ID, &envelope.request_id);
    if !envelope.prefix.is_empty() {
        insert(&mut headers, &mut octets, names::PREFIX, &envelope.prefix);
    }
    envelope.trace.encode(&mut headers, &mut octets);
    if let Some(identity) = &envelope.identity {
        identity.encode(&mut headers, &mut octets);
    }
    fields::encode(request.headers(), &mut headers, &mut octets, |name| name != header::CONTENT_LENGTH);
    Ok((headers, octets))
}

/// Decodes the message of a request.
///
/// # Errors
/// When a header is missing or malformed, or the version is another one.
pub fn decode_request(
    root: &Root,
    headers: &HeaderMap,
    payload: Bytes,
) -> Result<DecodedRequest, DecodeError> {
    let Parts { request, envelope } = decode_parts(headers, payload)?;
    let reply_to = required(headers, names::REPLY_TO, "Uptake-Reply-To")?;
    if !root.is_reply(reply_to) {
        return Err(DecodeError::Malformed("Uptake-Reply-To"));
    }
    Ok(DecodedRequest { request, envelope, reply_to: reply_to.to_owned(), budget: budget(headers)? })
}

/// What the messages of calls and of jobs share.
pub(super) struct Parts {
    pub(super) request: Request<Bytes>,
    pub(super) envelope: Envelope,
}

pub(super) fn decode_parts(headers: &HeaderMap, payload: Bytes) -> Result<Parts, DecodeError> {
    check_version(headers)?;
    let method = required(headers, names::METHOD, "Uptake-Method")?;
    let method = METHODS.into_iter().find(|known| known.as_str() == method);
    let method = method.ok_or(DecodeError::Malformed("Uptake-Method"))?;
    let mut request = Request::new(payload);
    *request.uri_mut() = target(headers)?;
    *request.headers_mut() = fields::decode(headers)?;
    rebuild_content_length(&method, &mut request);
    *request.method_mut() = method;
    // Both are optional, and travel on to the calls that a handler makes: what is malformed is none.
    let text = |name, is_one: fn(&str) -> bool| {
        let value = headers.get(name).map(|value| value.as_str()).filter(|value| is_one(value));
        value.unwrap_or_default().to_owned()
    };
    let envelope = Envelope {
        request_id: text(names::REQUEST_ID, is_request_id),
        prefix: text(names::PREFIX, is_target),
        trace: TraceContext::decode(headers),
        identity: Identity::decode(headers)?,
    };
    envelope.trace.write_to(request.headers_mut());
    if let Ok(id) = HeaderValue::from_str(&envelope.request_id)
        && !envelope.request_id.is_empty()
    {
        request.headers_mut().insert("x-request-id", id);
    }
    Ok(Parts { request, envelope })
}

/// Whether a text may be a request id: 1 to 128 of `A-Za-z0-9._-`.
#[must_use]
pub fn is_request_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Whether a text may be a path with or without a query: visible ASCII from a `/` on.
fn is_target(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

fn target(headers: &HeaderMap) -> Result<Uri, DecodeError> {
    let malformed = DecodeError::Malformed("Uptake-Target");
    let target = required(headers, names::TARGET, "Uptake-Target")?;
    if !is_target(target) {
        return Err(malformed);
    }
    let target: PathAndQuery = target.parse().map_err(|_| malformed)?;
    Ok(Uri::from(target))
}

/// The length is the payload's, whatever the client said (RFC 9110 §8.6: none where no content is meant).
fn rebuild_content_length(method: &Method, request: &mut Request<Bytes>) {
    let octets = request.body().len();
    let expects_content = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    if octets > 0 || expects_content {
        request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(octets));
    } else {
        request.headers_mut().remove(header::CONTENT_LENGTH);
    }
}

pub(super) fn budget(headers: &HeaderMap) -> Result<Duration, DecodeError> {
    let text = required(headers, names::BUDGET_MS, "Uptake-Budget-Ms")?;
    let ms: u32 = text.parse().map_err(|_| DecodeError::Malformed("Uptake-Budget-Ms"))?;
    Ok(Duration::from_millis(ms.into()))
}

//! An answer as a message.

use std::{fmt, sync::Arc, time::Duration};

use async_nats::HeaderMap;
use bytes::Bytes;
use http::{Method, Response, StatusCode, header};

use super::{DecodeError, EncodeError, MAX_HEADER_OCTETS, check_version, fields, insert, names, required};

/// Which execution made an answer: worker instance and delivery count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// Instance id of the worker.
    pub worker: String,
    /// Delivery count of the server, from 1.
    pub delivery: u64,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.worker, self.delivery)
    }
}

/// Where the time of a request went, as its worker saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// From the store to the start of the handler, by the server's clock.
    pub queue: Duration,
    /// In the handler.
    pub handler: Duration,
    /// Messages that waited behind this one when it was delivered.
    pub pending: u64,
    /// Stream sequence of the request: what lies between two of them is what all workers have taken meanwhile.
    pub sequence: u64,
}

/// Most octets of the template of a route.
const MAX_ROUTE_OCTETS: usize = 256;

/// The template of the route that a request has taken within its service, such as `/users/{id}`: an extension of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(Arc<str>);

impl Route {
    /// `None` for what is no template: it begins with `/`, and is up to 256 octets of printable ASCII without spaces.
    #[must_use]
    pub fn new(template: &str) -> Option<Self> {
        let is_one = template.starts_with('/')
            && template.len() <= MAX_ROUTE_OCTETS
            && template.bytes().all(|byte| byte.is_ascii_graphic());
        is_one.then(|| Self(template.into()))
    }

    /// As the service has declared it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An answer as it comes out of a message.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status, fields and body, and the [`Route`] among the extensions. The body of a platform-made answer is empty.
    pub response: Response<Bytes>,
    /// Who made it.
    pub attempt: Attempt,
    /// Where the time went.
    pub timing: Timing,
    /// Set when the platform, not the service, made this answer: the slug of a [`Fault`](crate::Fault).
    pub error: Option<String>,
}

/// Encodes an answer. `method` is the request's, for the content-length of an answer to HEAD.
///
/// # Errors
/// When the headers are too large.
pub fn encode_response(
    method: &Method,
    response: &Response<Bytes>,
    attempt: &Attempt,
    timing: &Timing,
    error: Option<&str>,
) -> Result<(HeaderMap, Bytes), EncodeError> {
    let (mut headers, mut octets) = (HeaderMap::new(), 0);
    insert(&mut headers, &mut octets, names::WIRE, names::VERSION);
    insert(&mut headers, &mut octets, names::STATUS, response.status().as_str());
    insert(&mut headers, &mut octets, names::ATTEMPT, &attempt.to_string());
    let Timing { queue, handler, pending, sequence } = timing;
    let timing = format!("{} {} {pending} {sequence}", queue.as_micros(), handler.as_micros());
    insert(&mut headers, &mut octets, names::TIMING, &timing);
    if let Some(error) = error {
        insert(&mut headers, &mut octets, names::ERROR, error);
    }
    if let Some(route) = response.extensions().get::<Route>() {
        insert(&mut headers, &mut octets, names::ROUTE, route.as_str());
    }
    let keep_length = *method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    let carried = |name: &header::HeaderName| keep_length || name != header::CONTENT_LENGTH;
    fields::encode(response.headers(), &mut headers, &mut octets, carried);
    if octets > MAX_HEADER_OCTETS {
        return Err(EncodeError::FieldsTooLarge { octets });
    }
    Ok((headers, response.body().clone()))
}

/// Decodes an answer.
///
/// # Errors
/// When a header is missing or malformed, or the version is another one.
pub fn decode_response(headers: &HeaderMap, payload: Bytes) -> Result<Answer, DecodeError> {
    check_version(headers)?;
    let status = required(headers, names::STATUS, "Uptake-Status")?;
    // 1xx would be an interim answer, which a message cannot be.
    let status = StatusCode::from_bytes(status.as_bytes())
        .ok()
        .filter(|status| (200..=599).contains(&status.as_u16()))
        .ok_or(DecodeError::Malformed("Uptake-Status"))?;
    let mut response = Response::new(payload);
    *response.status_mut() = status;
    *response.headers_mut() = fields::decode(headers)?;
    check_content_length(&mut response);
    // What is none is as good as absent: nothing but figures depends on it.
    if let Some(route) = headers.get(names::ROUTE).and_then(|route| Route::new(route.as_str())) {
        response.extensions_mut().insert(route);
    }
    let error = headers.get(names::ERROR).map(|value| value.as_str().to_owned());
    Ok(Answer { response, attempt: attempt(headers)?, timing: timing(headers)?, error })
}

/// Only an answer without a payload has a length of its own, that to HEAD or a 304; anything but one number would
/// break the framing of whoever passes it on (RFC 9112 §6.3).
fn check_content_length(response: &mut Response<Bytes>) {
    let mut values = response.headers().get_all(header::CONTENT_LENGTH).iter();
    let Some(first) = values.next() else { return };
    let is_number = first.as_bytes().iter().all(u8::is_ascii_digit)
        && first.to_str().is_ok_and(|text| text.parse::<u64>().is_ok());
    if !is_number || values.next().is_some() || !response.body().is_empty() {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
}

fn attempt(headers: &HeaderMap) -> Result<Attempt, DecodeError> {
    let text = required(headers, names::ATTEMPT, "Uptake-Attempt")?;
    let is_instance = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let parsed = text.split_once('.').filter(|(worker, _)| is_instance(worker));
    let parsed = parsed.and_then(|(worker, delivery)| {
        Some(Attempt { worker: worker.to_owned(), delivery: delivery.parse().ok()? })
    });
    parsed.ok_or(DecodeError::Malformed("Uptake-Attempt"))
}

fn timing(headers: &HeaderMap) -> Result<Timing, DecodeError> {
    let text = required(headers, names::TIMING, "Uptake-Timing")?;
    let mut numbers = text.split(' ').map(|number| number.parse::<u64>().ok());
    let mut next = || numbers.next().flatten().ok_or(DecodeError::Malformed("Uptake-Timing"));
    Ok(Timing {
        queue: Duration::from_micros(next()?),
        handler: Duration::from_micros(next()?),
        pending: next()?,
        sequence: next()?,
    })
}

#![doc = include_str!("../../../docs/wire-format.md")]

mod ascii_json;
mod control;
mod dead_letter;
mod fields;
mod identity;
mod inbox;
mod job;
pub mod names;
mod record;
mod request;
mod response;
mod subject;
mod trace;

pub use control::{Cancel, decode_cancel, decode_cancel_job, encode_cancel, encode_cancel_job};
pub use dead_letter::{
    DeadCause, DeadLetter, Original, decode_dead_letter, decode_original, encode_dead_letter,
};
pub use identity::{Identity, IdentityError, MAX_CLAIMS_OCTETS, MAX_SUBJECT_OCTETS};
pub use inbox::{MARKER, discovery_inbox, inbox_prefix};
pub use job::{DecodedJob, JobId, NoJobId, decode_job, encode_job};
pub use record::{
    AttemptFailure, JobState, MAX_PROGRESS_OCTETS, MAX_RECORD_OCTETS, Progress, Record, attach_record,
    attached_record, decode_record, encode_record,
};
pub use request::{DecodedRequest, Envelope, decode_request, encode_request, is_request_id};
pub use response::{Answer, Attempt, Route, Timing, decode_response, encode_response};
pub use subject::{
    Class, PROXY_ROLE, Root, RootError, escape_path, escape_segment, filters, unescape_path, worker_role,
};
pub use trace::TraceContext;

use ascii_json::ascii_json;
use async_nats::HeaderMap;
use bytes::Bytes;

/// Upper bound of all encoded headers of one message, in octets. JetStream's own limit is 65,535.
pub const MAX_HEADER_OCTETS: usize = 60 * 1024;

/// Upper bound of a body that travels inside its message, in octets.
pub const MAX_INLINE_OCTETS: usize = 512 * 1024;

/// Methods that have a subject token; requests with any other are never published.
pub const METHODS: [http::Method; 7] = [
    http::Method::GET,
    http::Method::HEAD,
    http::Method::POST,
    http::Method::PUT,
    http::Method::PATCH,
    http::Method::DELETE,
    http::Method::OPTIONS,
];

/// A message ready to be published.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where it goes.
    pub subject: String,
    /// Metadata; see [`names`].
    pub headers: HeaderMap,
    /// The HTTP body.
    pub payload: Bytes,
}

/// Why something cannot be put into a message.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EncodeError {
    /// The method has no subject token.
    #[error("method has no subject token")]
    Method,
    /// The request-target is not in origin form or has octets outside printable ASCII.
    #[error("request-target is not a printable ASCII path")]
    Target,
    /// All headers together exceed [`MAX_HEADER_OCTETS`].
    #[error("{octets} octets of headers, at most {MAX_HEADER_OCTETS} can travel")]
    FieldsTooLarge {
        /// What they would take.
        octets: usize,
    },
}

/// Why a message is not one of ours.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DecodeError {
    /// A header that must be there is not.
    #[error("header {0} is missing")]
    Missing(&'static str),
    /// A header has a value that its definition excludes.
    #[error("header {0} is malformed")]
    Malformed(&'static str),
    /// Another version of the wire format.
    #[error("wire format version {0:?} is not supported")]
    Version(String),
    /// All headers together exceed [`MAX_HEADER_OCTETS`].
    #[error("more than {MAX_HEADER_OCTETS} octets of headers")]
    FieldsTooLarge,
}

/// Whether a string may be the value of a NATS header: printable ASCII, no space at either end.
fn is_plain(value: &[u8]) -> bool {
    let edge = |byte: Option<&u8>| byte != Some(&b' ');
    value.iter().all(|byte| (0x20..=0x7e).contains(byte)) && edge(value.first()) && edge(value.last())
}

/// The value of a header that must be there.
fn required<'a>(
    headers: &'a HeaderMap,
    name: async_nats::HeaderName,
    label: &'static str,
) -> Result<&'a str, DecodeError> {
    headers.get(name).map(async_nats::HeaderValue::as_str).ok_or(DecodeError::Missing(label))
}

fn check_version(headers: &HeaderMap) -> Result<(), DecodeError> {
    match required(headers, names::WIRE, "Uptake-Wire")? {
        names::VERSION => Ok(()),
        other => Err(DecodeError::Version(other.chars().take(16).collect())),
    }
}

/// Puts a value that is known to be printable ASCII into a header.
fn insert(headers: &mut HeaderMap, octets: &mut usize, name: async_nats::HeaderName, value: &str) {
    debug_assert!(is_plain(value.as_bytes()), "{value:?} is not printable ASCII");
    // `from_str` refuses CR and LF where `From<&str>` would panic; all that comes here is plain.
    if let Ok(value) = value.parse::<async_nats::HeaderValue>() {
        *octets += AsRef::<str>::as_ref(&name).len() + value.as_str().len() + LINE_OVERHEAD;
        headers.insert(name, value);
    }
}

/// `: ` and CR LF.
const LINE_OVERHEAD: usize = 4;

/// What these headers take, as [`insert`] counts.
fn octets_of(headers: &HeaderMap) -> usize {
    let line =
        |name: &str, value: &async_nats::HeaderValue| name.len() + value.as_str().len() + LINE_OVERHEAD;
    headers.iter().flat_map(|(name, values)| values.iter().map(move |value| line(name.as_ref(), value))).sum()
}

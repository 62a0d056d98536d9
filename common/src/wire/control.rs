//! Control messages: a cancel for a call that nobody waits for any more, or of a job.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;

use super::{DecodeError, JobId, Message, Root, check_version, insert, names, request::budget, required};

/// A cancel, as the workers of one stream hear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// The reply subject of the call: its identity.
    pub reply_to: String,
    /// How long the workers must remember it: until then the message may still come.
    pub budget: Duration,
}

/// Encodes a cancel for the workers of `stream`.
#[must_use]
pub fn encode_cancel(root: &Root, stream: &str, cancel: &Cancel) -> Message {
    let (mut headers, mut octets) = (HeaderMap::new(), 0);
    insert(&mut headers, &mut octets, names::WIRE, names::VERSION);
    insert(&mut headers, &mut octets, names::CANCEL, &cancel.reply_to);
    insert(&mut headers, &mut octets, names::BUDGET_MS, &cancel.budget.as_millis().to_string());
    Message { subject: root.control(stream), headers, payload: Bytes::new() }
}

/// Decodes a cancel.
///
/// # Errors
/// When it is of another version, or a header is missing or malformed.
pub fn decode_cancel(root: &Root, headers: &HeaderMap) -> Result<Cancel, DecodeError> {
    check_version(headers)?;
    let reply_to = required(headers, names::CANCEL, "Uptake-Cancel")?;
    if !root.is_reply(reply_to) {
        return Err(DecodeError::Malformed("Uptake-Cancel"));
    }
    Ok(Cancel { reply_to: reply_to.to_owned(), budget: budget(headers)? })
}

/// Encodes the cancel of a job for the workers of `stream`. Its record is final already; this only ends the attempt.
#[must_use]
pub fn encode_cancel_job(root: &Root, stream: &str, id: &JobId) -> Message {
    let (mut headers, mut octets) = (HeaderMap::new(), 0);
    insert(&mut headers, &mut octets, names::WIRE, names::VERSION);
    insert(&mut headers, &mut octets, names::CANCEL_JOB, id.as_str());
    Message { subject: root.control(stream), headers, payload: Bytes::new() }
}

/// Decodes the cancel of a job.
///
/// # Errors
/// When it is of another version, or the header is missing or malformed.
pub fn decode_cancel_job(headers: &HeaderMap) -> Result<JobId, DecodeError> {
    check_version(headers)?;
    let id = required(headers, names::CANCEL_JOB, "Uptake-Cancel-Job")?;
    id.parse().map_err(|_| DecodeError::Malformed("Uptake-Cancel-Job"))
}

//! A job's request as a message: a call's, without a budget, but with the job's id and run.

use std::{fmt, str::FromStr};

use async_nats::HeaderMap;
use bytes::Bytes;
use http::Request;

use super::{
    DecodeError, EncodeError, Envelope, MAX_HEADER_OCTETS, Message, Root, insert, names,
    request::{self, Parts},
    required,
};

/// Octets of a job id: 128 bits in hex.
const ID_OCTETS: usize = 32;

/// The id of a job: 32 lower-case hex digits. It is a token of subjects and a segment of paths, and nobody guesses it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

/// A text that is no job id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job id has {ID_OCTETS} of 0-9 a-f")]
pub struct NoJobId;

impl JobId {
    /// The id that these bits make.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// A random one, for a job without an idempotency key.
    #[must_use]
    pub fn random() -> Self {
        Self::from_bits(rand::random())
    }

    /// The 32 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for JobId {
    type Err = NoJobId;

    fn from_str(text: &str) -> Result<Self, NoJobId> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == ID_OCTETS && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoJobId)
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = NoJobId;

    fn try_from(text: String) -> Result<Self, NoJobId> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

/// A job's request as it comes out of a message.
#[derive(Debug)]
pub struct DecodedJob {
    /// Which job.
    pub id: JobId,
    /// Which of its lives, from 1: a redrive is the next one.
    pub run: u32,
    /// What the handler gets.
    pub request: Request<Bytes>,
    /// What goes along with it.
    pub envelope: Envelope,
    /// Who waits, if anybody does. The record is the answer; this one only comes sooner.
    pub reply_to: Option<String>,
}

/// Encodes one run of a job. Its message id, `<id>.<run>`, makes the stream drop a second one within its window.
///
/// # Errors
/// When the method has no subject token, the target is not a printable ASCII path, or the headers are too large.
pub fn encode_job(
    root: &Root,
    request: &Request<Bytes>,
    envelope: &Envelope,
    reply_to: Option<&str>,
    id: &JobId,
    run: u32,
) -> Result<Message, EncodeError> {
    let subject = root.job(request.method(), request.uri().path()).ok_or(EncodeError::Method)?;
    let (mut headers, mut octets) = request::encode_parts(request, envelope)?;
    insert(&mut headers, &mut octets, names::JOB, id.as_str());
    insert(&mut headers, &mut octets, names::RUN, &run.to_string());
    insert(&mut headers, &mut octets, names::MESSAGE_ID, &format!("{id}.{run}"));
    if let Some(reply_to) = reply_to {
        insert(&mut headers, &mut octets, names::REPLY_TO, reply_to);
    }
    if octets > MAX_HEADER_OCTETS {
        return Err(EncodeError::FieldsTooLarge { octets });
    }
    Ok(Message { subject, headers, payload: request.body().clone() })
}

/// Decodes the message of a job.
///
/// # Errors
/// When a header is missing or malformed, or the version is another one.
pub fn decode_job(root: &Root, headers: &HeaderMap, payload: Bytes) -> Result<DecodedJob, DecodeError> {
    let Parts { request, envelope } = request::decode_parts(headers, payload)?;
    let id = required(headers, names::JOB, "Uptake-Job")?;
    let id = id.parse().map_err(|_| DecodeError::Malformed("Uptake-Job"))?;
    let run = required(headers, names::RUN, "Uptake-Run")?.parse().ok().filter(|run| *run > 0);
    let run = run.ok_or(DecodeError::Malformed("Uptake-Run"))?;
    let reply_to = headers.get(names::REPLY_TO).map(|value| value.as_str().to_owned());
    if reply_to.as_ref().is_some_and(|reply_to| !root.is_reply(reply_to)) {
        return Err(DecodeError::Malformed("Uptake-Reply-To"));
    }
    Ok(DecodedJob { id, run, request, envelope, reply_to })
}

//! The record of a job: what is known of it, and its answer once there is one. A value of the bucket of jobs.
//!
//! The header `Uptake-Record` holds what is known as JSON; an answer is in the same message as it would be in a reply:
//! status and fields in headers, the body as the payload. So a list of jobs needs no payloads.

use async_nats::HeaderMap;
use bytes::Bytes;
use http::{Method, Request, uri::PathAndQuery};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Answer, DecodeError, EncodeError, JobId, MAX_HEADER_OCTETS, Message, decode_response, encode_response,
    insert, names, required,
};

/// Most octets that a record takes besides its answer's fields and body.
pub const MAX_RECORD_OCTETS: usize = 24 * 1024;
/// Most octets of a progress text.
pub const MAX_PROGRESS_OCTETS: usize = 512;

/// What an attached record takes besides its JSON, at the most.
const ATTACHED_OCTETS: usize = 128;

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits: for its first attempt, or for the next one after a failure.
    Accepted,
    /// An attempt is in work.
    Running,
    /// It has an answer that is no failure.
    Done,
    /// Its attempts are used up; the last failure is its answer.
    Failed,
    /// Somebody has cancelled it.
    Cancelled,
    /// Its workers died over it, or could not read it: there is no answer.
    Dead,
}

impl JobState {
    /// Every one of them.
    pub const ALL: [Self; 6] =
        [Self::Accepted, Self::Running, Self::Done, Self::Failed, Self::Cancelled, Self::Dead];

    /// Whether nothing but a redrive leads on from here.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Accepted | Self::Running => false,
            Self::Done | Self::Failed | Self::Cancelled | Self::Dead => true,
        }
    }

    /// As it is written everywhere: `accepted`, `running`, …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }
}

/// How far an attempt has come, as its handler says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// 0 to 100.
    pub percent: f32,
    /// For people; may be empty.
    pub text: String,
}

/// How an attempt ended that was tried again, or was the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptFailure {
    /// The HTTP status of its answer; 0 if there was none.
    pub status: u16,
    /// Slug of a [`Fault`](crate::Fault), if the platform made the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it ended.
    pub at: Timestamp,
}

/// What is known of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Which job.
    pub id: JobId,
    /// Where it is in its life.
    pub state: JobState,
    /// Hash of whose it is; empty if it is nobody's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    /// SHA-256 of method, target, content type and body, in hex: tells a repeat from another request.
    pub fingerprint: String,
    /// Whether it has an idempotency key.
    #[serde(default)]
    pub keyed: bool,
    /// HTTP method.
    pub method: String,
    /// Path and query as the service sees them.
    pub target: String,
    /// Identity of the request that made it, in logs.
    pub request_id: String,
    /// Which of its lives, from 1: a redrive is the next one.
    pub run: u32,
    /// Executions that were started in this run.
    pub attempts: u32,
    /// Those of them whose worker was not heard of any more.
    #[serde(default)]
    pub lost: u32,
    /// Where the message of this run is that was started first; any other message of the run is a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Its stream sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Instance of the worker that made the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// When it was accepted.
    pub created: Timestamp,
    /// When the last attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it became final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// When the next attempt may begin, after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// How far the last attempt came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// How the last attempt that failed ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<AttemptFailure>,
    /// The answer, of a job that is done or failed.
    #[serde(skip)]
    pub answer: Option<Answer>,
}

impl Record {
    /// The record of the first run of a request that is accepted now: nobody's, and without a key.
    #[must_use]
    pub fn accepted(
        id: JobId,
        request: &Request<Bytes>,
        request_id: &str,
        fingerprint: String,
        now: Timestamp,
    ) -> Self {
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        Self {
            id,
            state: JobState::Accepted,
            tenant: String::new(),
            fingerprint,
            keyed: false,
            method: request.method().to_string(),
            target: target.to_owned(),
            request_id: request_id.to_owned(),
            run: 1,
            attempts: 0,
            lost: 0,
            stream: None,
            sequence: None,
            worker: None,
            created: now,
            started: None,
            finished: None,
            next_attempt: None,
            progress: None,
            last_failure: None,
            answer: None,
        }
    }
}

/// Encodes a record as a value of the bucket.
///
/// # Errors
/// When the headers are too large: the answer has too many fields.
pub fn encode_record(record: &Record) -> Result<(HeaderMap, Bytes), EncodeError> {
    let (mut headers, payload) = match &record.answer {
        Some(Answer { response, attempt, timing, error }) => {
            // Whose method is HEAD is no job, so that the length is always the body's.
            encode_response(&Method::POST, response, attempt, timing, error.as_deref())?
        }
        None => {
            let mut headers = HeaderMap::new();
            insert(&mut headers, &mut 0, names::WIRE, names::VERSION);
            (headers, Bytes::new())
        }
    };
    let mut octets = super::octets_of(&headers);
    // Texts, numbers and times: always serializable.
    let json = super::ascii_json(record).unwrap_or_default();
    insert(&mut headers, &mut octets, names::RECORD, &json);
    if octets > MAX_HEADER_OCTETS {
        return Err(EncodeError::FieldsTooLarge { octets });
    }
    Ok((headers, payload))
}

/// Puts a record into its job's message, so that the worker need not read it first: the compare-and-set with this revision
/// tells whether it is still so. Where there is no room for it, the message stays as it is.
pub fn attach_record(message: &mut Message, record: &Record, revision: u64) {
    let Ok(json) = super::ascii_json(record) else { return };
    if super::octets_of(&message.headers) + json.len() + ATTACHED_OCTETS > MAX_HEADER_OCTETS {
        return;
    }
    insert(&mut message.headers, &mut 0, names::RECORD, &json);
    insert(&mut message.headers, &mut 0, names::REVISION, &revision.to_string());
}

/// The record in its job's message, and its revision, if they are there. It is as it was when the message was published.
#[must_use]
pub fn attached_record(headers: &HeaderMap) -> Option<(Record, u64)> {
    let revision = headers.get(names::REVISION)?.as_str().parse().ok()?;
    let record = serde_json::from_str(headers.get(names::RECORD)?.as_str()).ok()?;
    Some((record, revision))
}

/// Decodes a value of the bucket. Without its payload the answer's body is empty.
///
/// # Errors
/// When a header is missing or malformed, or the version is another one.
pub fn decode_record(headers: &HeaderMap, payload: Bytes) -> Result<Record, DecodeError> {
    super::check_version(headers)?;
    let json = required(headers, names::RECORD, "Uptake-Record")?;
    let mut record: Record =
        serde_json::from_str(json).map_err(|_| DecodeError::Malformed("Uptake-Record"))?;
    if headers.get(names::STATUS).is_some() {
        record.answer = Some(decode_response(headers, payload)?);
    }
    Ok(record)
}

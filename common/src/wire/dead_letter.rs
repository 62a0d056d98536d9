//! A dead letter: a message that was given up, with what is known of it.
//!
//! The header `Uptake-Dead-Letter` holds the facts as JSON, the payload the message itself. So a list of dead letters
//! needs no payloads.

use async_nats::HeaderMap;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Class, DecodeError, Identity, JobId, Message, Root, insert, is_request_id, names, required};

/// Fields that are never stored: who finds them could act as the client.
const SECRETS: [&str; 2] = ["authorization", "cookie"];
/// What [`DeadLetter::left_out`] says when the body is not stored.
const BODY: &str = "(body)";
/// Most octets of a stored message. A server takes 1 MiB unless told otherwise, the facts included.
const MAX_ORIGINAL_OCTETS: usize = 960 * 1024;
/// Most octets of a target that is told as a fact: with its quotes escaped it fits into a header.
const MAX_TARGET_OCTETS: usize = 16 * 1024;

/// Why a message was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeadCause {
    /// The job's last attempt failed.
    AttemptsFailed,
    /// Its workers died over it.
    WorkerLost,
    /// It cannot be decoded.
    Undecodable,
    /// The server gave it up: each delivery of it ended without a word.
    MaxDeliveries,
}

impl DeadCause {
    /// Every one of them.
    pub const ALL: [Self; 4] =
        [Self::AttemptsFailed, Self::WorkerLost, Self::Undecodable, Self::MaxDeliveries];

    /// As it is written everywhere: `attempts-failed`, `worker-lost`, …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AttemptsFailed => "attempts-failed",
            Self::WorkerLost => "worker-lost",
            Self::Undecodable => "undecodable",
            Self::MaxDeliveries => "max-deliveries",
        }
    }
}

/// What is known of a message that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Why.
    pub cause: DeadCause,
    /// Delivery class of the message.
    pub class: Class,
    /// Name of the service that it was for.
    pub service: String,
    /// Stream that it was in.
    pub stream: String,
    /// Its sequence there.
    pub sequence: u64,
    /// Executions that were started; of a call, its deliveries.
    pub attempts: u32,
    /// Those of them whose worker was not heard of any more.
    #[serde(default)]
    pub lost: u32,
    /// The job, if it is one and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Which run of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u32>,
    /// Hash of whose job it is, as its record has it: the record may lapse before a redrive. Empty if it is nobody's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    /// Whether the job has an idempotency key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keyed: bool,
    /// HTTP status of the last answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Slug of a [`Fault`](crate::Fault), if the platform made that answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Instance of the worker that gave it up.
    pub worker: String,
    /// When.
    pub at: Timestamp,
    /// Identity of the request in logs; may be empty.
    #[serde(default)]
    pub request_id: String,
    /// Trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// HTTP method, as the message has it.
    #[serde(default)]
    pub method: String,
    /// Path and query, as the message has them.
    #[serde(default)]
    pub target: String,
    /// What the stored message lacks: names of HTTP fields, and `(body)` for a body that was too large.
    #[serde(default)]
    pub left_out: Vec<String>,
}

impl DeadLetter {
    /// Takes over what a message says of its request, as far as it can be told.
    #[must_use]
    pub fn told_by(mut self, original: &Original) -> Self {
        let text = |name: async_nats::HeaderName| original.header(name.as_ref()).unwrap_or_default();
        text(names::METHOD).chars().take(16).collect::<String>().clone_into(&mut self.method);
        // What no request may have would be escaped to many times its length.
        let printable = |octet: char| if octet.is_ascii_graphic() { octet } else { '?' };
        self.target = text(names::TARGET).chars().take(MAX_TARGET_OCTETS).map(printable).collect();
        self.request_id =
            Some(text(names::REQUEST_ID)).filter(|id| is_request_id(id)).unwrap_or_default().to_owned();
        self.traceparent = Some(text(names::TRACEPARENT).to_owned()).filter(|text| text.len() == 55);
        self
    }

    /// JetStream's message id, by which the stream of dead letters drops a second one of the same.
    #[must_use]
    pub fn message_id(&self) -> String {
        match (&self.job, self.run) {
            (Some(job), Some(run)) => format!("{job}.{run}"),
            _ => format!("{}.{}", self.stream, self.sequence),
        }
    }
}

/// A message as it was before it was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// Where it had been published to.
    pub subject: String,
    /// Its header lines; the order is kept per name.
    pub headers: Vec<(String, String)>,
    /// Its payload.
    #[serde(with = "as_base64")]
    pub body: Bytes,
}

impl Original {
    /// A message as it was delivered, without the record that a job's message brings along: what became of it is known better.
    #[must_use]
    pub fn new(subject: &str, headers: &HeaderMap, body: Bytes) -> Self {
        let is_kept = |name: &async_nats::HeaderName| ![names::RECORD, names::REVISION].contains(name);
        let lines = headers.iter().filter(|(name, _)| is_kept(name)).flat_map(|(name, values)| {
            let name: &str = name.as_ref();
            values.iter().map(move |value| (name.to_owned(), value.as_str().to_owned()))
        });
        Self { subject: subject.to_owned(), headers: lines.collect(), body }
    }

    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The verified subject of its caller, if it names one.
    #[must_use]
    pub fn caller(&self) -> Option<String> {
        let identity = Identity::decode(&self.header_map()).ok()?;
        identity.map(|identity| identity.subject().to_owned())
    }

    /// The headers as `async-nats` has them, without what it cannot hold.
    #[must_use]
    pub fn header_map(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = name.parse::<async_nats::HeaderName>();
            if let (Ok(name), Ok(value)) = (name, value.parse::<async_nats::HeaderValue>()) {
                headers.append(name, value);
            }
        }
        headers
    }

    /// Takes the secrets out, and says which there were.
    fn strip(&mut self) -> Vec<String> {
        let mut left_out = Vec::new();
        self.headers.retain(|(name, _)| {
            let field = name.strip_prefix(names::FIELD).or_else(|| name.strip_prefix(names::FIELD_ENCODED));
            let secret =
                field.and_then(|field| SECRETS.iter().find(|secret| field.eq_ignore_ascii_case(secret)));
            left_out.extend(secret.map(|&secret| secret.to_owned()));
            secret.is_none()
        });
        left_out.sort();
        left_out.dedup();
        left_out
    }
}

/// Encodes a dead letter. The fields that nobody may find there are left out of the message, and named in its facts.
#[must_use]
pub fn encode_dead_letter(root: &Root, mut letter: DeadLetter, mut original: Original) -> Message {
    letter.left_out = original.strip();
    // Texts: always serializable.
    let mut payload = serde_json::to_vec(&original).unwrap_or_default();
    if payload.len() > MAX_ORIGINAL_OCTETS {
        original.body = Bytes::new();
        letter.left_out.push(BODY.to_owned());
        payload = serde_json::to_vec(&original).unwrap_or_default();
    }
    let (mut headers, mut octets) = (HeaderMap::new(), 0);
    insert(&mut headers, &mut octets, names::WIRE, names::VERSION);
    let facts = super::ascii_json(&letter).unwrap_or_default();
    insert(&mut headers, &mut octets, names::DEAD_LETTER, &facts);
    insert(&mut headers, &mut octets, names::MESSAGE_ID, &letter.message_id());
    Message { subject: root.dead(&letter.service), headers, payload: payload.into() }
}

/// Decodes the facts of a dead letter.
///
/// # Errors
/// When a header is missing or malformed, or the version is another one.
pub fn decode_dead_letter(headers: &HeaderMap) -> Result<DeadLetter, DecodeError> {
    super::check_version(headers)?;
    let json = required(headers, names::DEAD_LETTER, "Uptake-Dead-Letter")?;
    serde_json::from_str(json).map_err(|_| DecodeError::Malformed("Uptake-Dead-Letter"))
}

/// Decodes the message that a dead letter holds.
///
/// # Errors
/// When the payload is no such message.
pub fn decode_original(payload: &[u8]) -> Result<Original, DecodeError> {
    serde_json::from_slice(payload).map_err(|_| DecodeError::Malformed("payload"))
}

/// Octets as a text in JSON.
mod as_base64 {
    use super::{BASE64_STANDARD, Bytes, Deserialize, Engine};

    pub(super) fn serialize<S: serde::Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(body))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Bytes::from).map_err(serde::de::Error::custom)
    }
}

//! What programs read of dead letters and jobs. The names of members are stable.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Letter, Page};
use crate::wire::{Answer, Original, Record};

impl Page<Letter> {
    /// A list as JSON: `deadLetters` and `next`.
    #[must_use]
    pub fn document(&self) -> Value {
        json!({"deadLetters": self.items, "next": self.next})
    }
}

impl Page<Record> {
    /// A list as JSON: `jobs` and `next`.
    #[must_use]
    pub fn document(&self) -> Value {
        json!({"jobs": self.items, "next": self.next})
    }
}

/// A dead letter with its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LetterDocument {
    /// As it is in lists.
    #[serde(flatten)]
    pub letter: Letter,
    /// The message; the body is Base64 in JSON.
    pub message: Original,
}

/// A job with its answer.
#[derive(Clone, Debug, Serialize)]
pub struct JobDocument {
    /// What is known of it.
    #[serde(flatten)]
    pub record: Record,
    /// Its answer, if it is done or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerDocument>,
}

/// An HTTP answer as JSON.
#[derive(Clone, Debug, Serialize)]
struct AnswerDocument {
    status: u16,
    /// Slug of the fault, if the platform made the answer in the service's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Pairs of name and value.
    fields: Vec<(String, String)>,
    /// Base64.
    body: String,
}

impl JobDocument {
    pub(super) fn new(record: Record) -> Self {
        let answer = record.answer.as_ref().map(|Answer { response, error, .. }| AnswerDocument {
            status: response.status().as_u16(),
            error: error.clone(),
            fields: response
                .headers()
                .iter()
                .map(|(name, value)| {
                    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect(),
            body: BASE64_STANDARD.encode(response.body()),
        });
        Self { record, answer }
    }
}

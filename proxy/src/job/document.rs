//! What clients see of a job.

use http::HeaderValue;
use jiff::Timestamp;
use serde::Serialize;
use uptake::wire::{AttemptFailure, JobId, JobState, Progress, Record};

/// Jobs are below this path, with and without the prefix that is stripped.
pub(crate) const JOBS: &str = "/-/jobs/";
/// The last segment of the path of a job's answer.
pub(crate) const RESPONSE: &str = "response";

/// What is told of a job. A field that is not there does not apply (yet).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    id: &'a JobId,
    state: JobState,
    method: &'a str,
    /// As its client sent it.
    target: String,
    run: u32,
    attempts: u32,
    created: &'a Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<&'a Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<&'a Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<&'a Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<&'a Progress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<&'a AttemptFailure>,
    /// Where the answer is, once the job has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
}

/// The document of a job, in one line. `prefix` is what clients see before paths.
pub(crate) fn json(record: &Record, prefix: &str) -> String {
    let document = Document {
        id: &record.id,
        state: record.state,
        method: &record.method,
        target: format!("{prefix}{}", record.target),
        run: record.run,
        attempts: record.attempts,
        created: &record.created,
        started: record.started.as_ref(),
        finished: record.finished.as_ref(),
        next_attempt: record.next_attempt.as_ref(),
        progress: record.progress.as_ref(),
        last_failure: record.last_failure.as_ref(),
        response: record.state.is_final().then(|| format!("{}/{RESPONSE}", path(&record.id, prefix))),
    };
    // Texts, numbers and times: always serializable.
    serde_json::to_string(&document).unwrap_or_default()
}

/// The document of a job of which only this is known: that it was accepted.
pub(crate) fn accepted_json(id: &JobId) -> String {
    format!("{{\"id\":\"{id}\",\"state\":\"{}\"}}", JobState::Accepted.as_str())
}

/// Where a job's document is.
fn path(id: &JobId, prefix: &str) -> String {
    format!("{prefix}{JOBS}{id}")
}

/// The field `Location` that names a job; none if the prefix cannot stand in a field, which a path prefix always can.
pub(crate) fn location(id: &JobId, prefix: &str) -> HeaderValue {
    HeaderValue::try_from(path(id, prefix)).unwrap_or(HeaderValue::from_static("/"))
}

//! From what a handler did to the next revision of its job's record. Pure.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;

use super::policy::{JobPolicy, retry_after};
use crate::{
    Fault,
    serve::adapter::End,
    wire::{Answer, Attempt, AttemptFailure, JobState, Record, Timing},
};

/// What becomes of a job after an attempt.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It has ended; the record is then like this.
    Ended(Record),
    /// It is tried again after this pause.
    Again(Record, Duration),
}

/// An attempt that has ended by itself.
pub(super) struct Ended {
    pub(super) outcome: Result<Response<Bytes>, End>,
    pub(super) timing: Timing,
    pub(super) worker: String,
    pub(super) at: Timestamp,
}

impl Ended {
    /// What becomes of the job. `random` is from 0 to 1.
    pub(super) fn judge(self, record: Record, policy: &JobPolicy, random: f64) -> Outcome {
        let Self { outcome, timing, worker, at } = self;
        let (response, fault) = match outcome {
            Ok(response) => (response, None),
            Err(End::Fault(fault)) => (empty(fault.status()), Some(fault)),
            // Nothing cancels a handler but the end of its attempt's time.
            Err(End::OutOfBudget | End::Cancelled) => {
                (empty(Fault::JobTimeout.status()), Some(Fault::JobTimeout))
            }
        };
        let (status, error) = (response.status(), fault.map(|fault| fault.slug().to_owned()));
        let attempt = Attempt { worker, delivery: record.attempts.into() };
        let asked = retry_after(response.headers(), at);
        let answer = Some(Answer { response, attempt, timing, error: error.clone() });
        if fault.is_none() && !policy.failures.contains(status) {
            return Outcome::Ended(Record { state: JobState::Done, finished: Some(at), answer, ..record });
        }
        let last_failure = Some(AttemptFailure { status: status.as_u16(), error, at });
        // A repeat would make the same answer again.
        if fault == Some(Fault::AnswerTooLarge) || record.attempts >= policy.attempts {
            let finished = Some(at);
            return Outcome::Ended(Record {
                state: JobState::Failed,
                finished,
                last_failure,
                answer,
                ..record
            });
        }
        let failures = record.attempts.saturating_sub(record.lost);
        let pause = policy.pause(failures, asked, random);
        let next_attempt = at.checked_add(pause).ok();
        Outcome::Again(Record { state: JobState::Accepted, next_attempt, last_failure, ..record }, pause)
    }
}

/// What an answer takes in a record: its fields as they are counted everywhere, and its body.
pub(super) fn octets(response: &Response<Bytes>) -> usize {
    let fields = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    fields.sum::<usize>() + response.body().len()
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

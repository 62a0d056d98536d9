//! What a delivery of a job means, by the job's record. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::policy::JobPolicy;
use crate::wire::{JobState, Record};

/// How much too early an attempt may begin: a delay is a server's timer.
const SLACK: Duration = Duration::from_millis(100);

/// The message that was delivered, and who has it.
#[derive(Clone, Debug)]
pub(super) struct Ours {
    /// Which run of the job it is for.
    pub(super) run: u32,
    pub(super) stream: String,
    pub(super) sequence: u64,
    /// Instance of this worker.
    pub(super) worker: String,
}

impl Ours {
    /// Whether the record speaks of this message, or of none yet.
    pub(super) fn is_meant(&self, record: &Record) -> bool {
        record.run == self.run
            && record.sequence.is_none_or(|sequence| sequence == self.sequence)
            && record.stream.as_ref().is_none_or(|stream| *stream == self.stream)
    }
}

/// What is to be done with a delivery.
#[derive(Debug)]
pub(super) enum Claim {
    /// Nothing: its job is cancelled, or it is a copy, or of another run.
    Ack,
    /// Begin an attempt; the record is then like this.
    Start(Record),
    /// The last attempt was lost: write this, and try again after the pause.
    Lost(Record, Duration),
    /// The last attempt was lost, and none is left: write this.
    Dead(Record),
    /// It is too early for the next attempt.
    NotYet(Duration),
    /// The job has ended by this very message; what comes after the record may not have been done.
    Ended(Record),
}

/// Decides what a delivery means. `random` is from 0 to 1.
pub(super) fn claim(record: &Record, ours: &Ours, policy: &JobPolicy, now: Timestamp, random: f64) -> Claim {
    if !ours.is_meant(record) {
        return Claim::Ack;
    }
    let record = record.clone();
    match record.state {
        JobState::Cancelled => Claim::Ack,
        JobState::Done | JobState::Failed | JobState::Dead => match record.sequence {
            Some(_) => Claim::Ended(record),
            None => Claim::Ack,
        },
        JobState::Accepted => {
            let pause = record.next_attempt.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
            match pause.filter(|pause| *pause > SLACK) {
                Some(pause) => Claim::NotYet(pause),
                None => Claim::Start(started(record, ours, now)),
            }
        }
        JobState::Running => {
            let record = Record { lost: record.lost + 1, ..record };
            if record.lost >= policy.max_lost || record.attempts >= policy.attempts {
                return Claim::Dead(dead(record, now));
            }
            // Not at once: it may have been the job that killed its worker, and the next one needs time to come up.
            let pause = policy.pause(record.lost, None, random);
            let next_attempt = now.checked_add(pause).ok();
            Claim::Lost(Record { state: JobState::Accepted, next_attempt, ..record }, pause)
        }
    }
}

/// Whether one more lost attempt would be the job's end.
pub(super) fn is_last_chance(record: &Record, policy: &JobPolicy) -> bool {
    record.lost > 0 && (record.lost + 1 >= policy.max_lost || record.attempts >= policy.attempts)
}

fn started(record: Record, ours: &Ours, now: Timestamp) -> Record {
    Record {
        state: JobState::Running,
        attempts: record.attempts + 1,
        stream: Some(ours.stream.clone()),
        sequence: Some(ours.sequence),
        worker: Some(ours.worker.clone()),
        started: Some(now),
        next_attempt: None,
        progress: None,
        ..record
    }
}

/// A job that is given up without an answer.
pub(super) fn dead(record: Record, now: Timestamp) -> Record {
    Record { state: JobState::Dead, finished: Some(now), next_attempt: None, answer: None, ..record }
}

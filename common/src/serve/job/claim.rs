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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{serve::job::config::JobConfig, wire::JobId};

    #[derive(clap::Parser)]
    struct Flags {
        #[command(flatten)]
        jobs: JobConfig,
    }

    fn policy() -> JobPolicy {
        let flags = <Flags as clap::Parser>::try_parse_from(["worker"]).unwrap();
        flags.jobs.policy("/")
    }

    fn ours() -> Ours {
        Ours { run: 1, stream: "jobs".to_owned(), sequence: 7, worker: "w".to_owned() }
    }

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn record(state: JobState, sequence: Option<u64>) -> Record {
        Record {
            id: JobId::from_bits(1),
            state,
            tenant: String::new(),
            fingerprint: String::new(),
            keyed: false,
            method: "POST".to_owned(),
            target: "/".to_owned(),
            request_id: String::new(),
            run: 1,
            attempts: 0,
            lost: 0,
            stream: sequence.map(|_| "jobs".to_owned()),
            sequence,
            worker: None,
            created: now(),
            started: None,
            finished: None,
            next_attempt: None,
            progress: None,
            last_failure: None,
            answer: None,
        }
    }

    fn judge(record: &Record) -> Claim {
        claim(record, &ours(), &policy(), now(), 1.0)
    }

    #[test]
    fn the_first_message_that_is_started_is_the_one_of_its_run() {
        let Claim::Start(started) = judge(&record(JobState::Accepted, None)) else { panic!("not started") };
        assert_eq!((started.state, started.attempts, started.sequence), (JobState::Running, 1, Some(7)));
        assert_eq!((started.stream.as_deref(), started.worker.as_deref()), (Some("jobs"), Some("w")));
    }

    #[test]
    fn what_is_a_copy_of_another_run_or_cancelled_is_acked_in_every_state() {
        for state in ["accepted", "running", "done", "failed", "cancelled", "dead"] {
            let state: JobState = serde_json::from_value(state.into()).unwrap();
            assert!(matches!(judge(&record(state, Some(8))), Claim::Ack), "{state:?}: a copy");
            let next_run = Record { run: 2, ..record(state, None) };
            assert!(matches!(judge(&next_run), Claim::Ack), "{state:?}: redriven");
            let other_stream = Record { stream: Some("other".to_owned()), ..record(state, Some(7)) };
            assert!(matches!(judge(&other_stream), Claim::Ack), "{state:?}: another stream");
        }
        assert!(matches!(judge(&record(JobState::Cancelled, Some(7))), Claim::Ack));
    }

    #[test]
    fn what_follows_a_final_record_is_made_good() {
        for state in [JobState::Done, JobState::Failed, JobState::Dead] {
            assert!(matches!(judge(&record(state, Some(7))), Claim::Ended(_)), "{state:?}");
        }
    }

    #[test]
    fn an_attempt_waits_for_its_time() {
        let later = |seconds| Record {
            next_attempt: Some(now() + Duration::from_secs(seconds)),
            ..record(JobState::Accepted, Some(7))
        };
        assert!(matches!(judge(&later(5)), Claim::NotYet(pause) if pause == Duration::from_secs(5)));
        assert!(matches!(judge(&later(0)), Claim::Start(_)));
    }

    #[test]
    fn a_lost_attempt_is_counted_and_made_good_later_until_none_is_left() {
        let running = |attempts, lost| Record { attempts, lost, ..record(JobState::Running, Some(7)) };
        let Claim::Lost(next, pause) = judge(&running(1, 0)) else { panic!("not lost") };
        assert_eq!((next.state, next.lost, pause), (JobState::Accepted, 1, Duration::from_secs(1)));
        assert!(!is_last_chance(&next, &policy()));
        let Claim::Lost(next, pause) = judge(&running(2, 1)) else { panic!("not lost") };
        assert_eq!((next.lost, pause), (2, Duration::from_secs(2)));
        assert!(is_last_chance(&next, &policy()));
        let Claim::Dead(next) = judge(&running(3, 2)) else { panic!("not dead") };
        assert_eq!((next.state, next.lost, next.finished), (JobState::Dead, 3, Some(now())));
        assert!(matches!(judge(&running(5, 0)), Claim::Dead(_)), "its attempts are used up");
    }
}

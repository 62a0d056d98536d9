//! What comes after the record of a job that has ended: its dead letter, and the fast reply.

use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::{
    Jobs, MAX_ROUNDS, Settled, Work,
    claim::dead,
    ledger::{Ledger, Step},
};
use crate::{
    Fault,
    serve::{
        dead_letter,
        delivery::{Info, Settlement},
        shared::Shared,
        spans,
    },
    wire::{self, Answer, Attempt, DeadCause, DeadLetter, JobId, JobState, Original, Record, names},
};

/// Pause before a dead letter is tried again that could not be stored.
const PAUSE: Duration = Duration::from_secs(5);

impl Work<'_> {
    /// Does what comes after a final record: the dead letter, the reply, the ack. Also again, where nobody knows whether it
    /// was done.
    pub(super) async fn finish(&self, record: &Record) -> Settled {
        let cause = match record.state {
            JobState::Failed => Some(DeadCause::AttemptsFailed),
            JobState::Dead => Some(DeadCause::WorkerLost),
            JobState::Accepted | JobState::Running | JobState::Done | JobState::Cancelled => None,
        };
        if let Some(cause) = cause {
            let failure = record.last_failure.as_ref();
            let facts = dead_letter::facts(self.shared, cause, self.info.sequence, record.attempts);
            let letter = DeadLetter {
                lost: record.lost,
                job: Some(record.id.clone()),
                run: Some(record.run),
                tenant: record.tenant.clone(),
                keyed: record.keyed,
                status: failure.map(|failure| failure.status),
                error: failure.and_then(|failure| failure.error.clone()),
                ..facts
            };
            if !dead_letter::store(self.shared, letter, self.given.original()).await {
                return Some(Settlement::Nak(PAUSE));
            }
        }
        self.reply(record).await;
        Some(Settlement::Ack)
    }

    /// Tells the proxy that published the job. Nobody depends on it: the record is the answer.
    async fn reply(&self, record: &Record) {
        let Some(reply_to) = &self.reply_to else { return };
        let _span = spans::reply();
        let died = || {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = Fault::JobDead.status();
            let attempt = Attempt { worker: self.ours.worker.clone(), delivery: record.attempts.into() };
            let timing = self.info.timing(Duration::ZERO);
            Answer { response, attempt, timing, error: Some(Fault::JobDead.slug().to_owned()) }
        };
        let answer = match &record.answer {
            Some(answer) => answer.clone(),
            None => died(),
        };
        let Answer { response, attempt, timing, error } = &answer;
        let encoded = wire::encode_response(&self.method, response, attempt, timing, error.as_deref());
        if let Ok((headers, payload)) = encoded {
            let sent = self.shared.client.publish_with_headers(reply_to.clone(), headers, payload).await;
            if let Err(error) = sent {
                tracing::debug!(%error, "a fast reply cannot be sent");
            }
        }
    }
}

/// Gives up a message that is no job, and the job that it names.
pub(super) async fn undecodable(shared: &Shared, jobs: &Jobs, info: &Info, original: Original) -> Settled {
    let attempts = u32::try_from(info.delivered).unwrap_or_default();
    match bury(shared, jobs, DeadCause::Undecodable, info.sequence, attempts, original).await {
        true => Some(Settlement::Term),
        false => Some(Settlement::Nak(PAUSE)),
    }
}

/// Gives up a message that no attempt can be made with: the job that it names is dead, and it becomes a dead letter.
/// False if that could not be stored.
pub(in crate::serve) async fn bury(
    shared: &Shared,
    jobs: &Jobs,
    cause: DeadCause,
    sequence: u64,
    deliveries: u32,
    original: Original,
) -> bool {
    let job: Option<JobId> = original.header(names::JOB.as_ref()).and_then(|id| id.parse().ok());
    let run: Option<u32> = original.header(names::RUN.as_ref()).and_then(|run| run.parse().ok());
    let mut letter = dead_letter::facts(shared, cause, sequence, deliveries);
    if let Some(id) = &job
        && let Some(record) = end(shared, jobs, id, run, sequence).await
    {
        // It has its answer, or nobody wants one: only its message was left.
        if [JobState::Done, JobState::Cancelled].contains(&record.state) {
            return true;
        }
        letter = DeadLetter {
            attempts: record.attempts,
            lost: record.lost,
            run: Some(record.run),
            tenant: record.tenant,
            keyed: record.keyed,
            ..letter
        };
        letter.job = job;
    }
    dead_letter::store(shared, letter, original).await
}

/// Writes that a job is dead, unless it has ended, or another message stands for it. The record as it is then; `None` if
/// this message is nothing to it.
async fn end(shared: &Shared, jobs: &Jobs, id: &JobId, run: Option<u32>, sequence: u64) -> Option<Record> {
    for _ in 0..MAX_ROUNDS {
        let mut ledger = Ledger::open(&jobs.store, id).await.ok()??;
        let record = ledger.record();
        let is_meant = run.is_none_or(|run| run == record.run)
            && record.sequence.is_none_or(|meant| meant == sequence)
            && record.stream.as_ref().is_none_or(|stream| *stream == shared.stream);
        if !is_meant {
            return None;
        }
        if record.state.is_final() {
            return Some(record.clone());
        }
        let (stream, sequence) = (Some(shared.stream.clone()), Some(sequence));
        let next = dead(Record { stream, sequence, ..record.clone() }, shared.clock.now());
        if let Ok(Step::Written) = ledger.write(next).await {
            shared.figures.job(JobState::Dead);
            return Some(ledger.record().clone());
        }
    }
    None
}

//! Redrives: the next run of a job that was given up.
//!
//! The record is led on first, then the message is published, then the letter deleted. Each step leaves behind what the
//! next attempt of a redrive needs to go on, so one that was interrupted is finished by doing it again.

use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

use super::{
    LetterDocument, LetterFilter, Operator, OperatorError, Page, Refusal,
    step::{Plan, Step},
};
use crate::{
    Fault,
    client::{Failure, jobs::publish, spans},
    fault_point::fault_point,
    job::store::{Revision, StoreError},
    wire::{Class, JobId, Record, encode_job},
};

/// How long one publish may take, tries included.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(15);
/// Rounds after a record that has changed between a look and a step.
const MAX_ROUNDS: u32 = 8;

/// A dead letter that was redriven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// Its number. It is not there any more.
    pub sequence: u64,
    /// The job that runs.
    pub job: JobId,
    /// The run that has begun.
    pub run: u32,
    /// Whether the run had begun before, so that only the letter was left.
    pub already: bool,
}

/// A dead letter that was not redriven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotRedriven {
    /// Its number.
    pub sequence: u64,
    /// Why, for people.
    pub reason: String,
}

/// What came of a part of the dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Redrives {
    /// Those that run again.
    pub redriven: Vec<Redriven>,
    /// Those that do not.
    pub not_redriven: Vec<NotRedriven>,
    /// The number after which others are left; `None` if there are none.
    pub next: Option<u64>,
    /// Whether it makes no sense to go on at the moment: a stream is full or away.
    pub stopped: bool,
}

/// What was done to the record.
enum Taken {
    /// It is at the beginning of the run: the message has to be published.
    Led(Box<Revision>, Undo),
    /// The run has begun, or is over.
    Begun,
}

/// How the record gets back to where it was.
enum Undo {
    /// There was none.
    Remove,
    /// It was this one.
    Restore(Box<Record>),
    /// Somebody else has led it on: it waits until the redrive is repeated.
    Leave,
}

impl Operator {
    /// Redrives one dead letter: the next run of its job, with the same id, so that a repeat of the client's request
    /// still finds it. A call becomes a job. It runs without the fields that were not stored.
    ///
    /// # Errors
    /// When it is not there (any more) or cannot be redriven, or JetStream does not answer: then do it again.
    pub async fn redrive(&self, sequence: u64) -> Result<Redriven, OperatorError> {
        let plan = self.plan(self.dead_letter(sequence).await?).await?;
        let refused = |refusal| OperatorError::Refused { sequence, refusal };
        let taken = self.take(&plan).await?.map_err(refused)?;
        let already = matches!(taken, Taken::Begun);
        if let Taken::Led(revision, undo) = taken {
            fault_point("redrive-recorded");
            if let Err(failure) = self.publish(&plan).await {
                // Refused for certain: nothing was stored. What is not certain keeps the record, and a repeat goes on.
                if failure.fault != Fault::OutcomeUnknown {
                    self.take_back(&revision, undo).await;
                }
                return Err(OperatorError::NotPublished { sequence, fault: failure.fault });
            }
        }
        match self.delete_dead_letter(sequence).await {
            Ok(()) | Err(OperatorError::NoDeadLetter { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(Redriven { sequence, job: plan.id, run: plan.run, already })
    }

    /// Redrives dead letters behind the number `after` and up to `last`, the oldest first, at most `limit` of them.
    ///
    /// # Errors
    /// When the dead letters cannot be listed. What befalls one of them is told of it.
    pub async fn redrive_all(
        &self,
        filter: &LetterFilter,
        after: u64,
        last: u64,
        limit: usize,
    ) -> Result<Redrives, OperatorError> {
        let Page { items, next } = self.dead_letters(filter, after, limit).await?;
        let mut redrives = Redrives { next: next.filter(|next| *next < last), ..Redrives::default() };
        for letter in items.into_iter().take_while(|letter| letter.sequence <= last) {
            let sequence = letter.sequence;
            match self.redrive(sequence).await {
                Ok(redriven) => redrives.redriven.push(redriven),
                Err(error) => {
                    let reason = error.to_string();
                    redrives.not_redriven.push(NotRedriven { sequence, reason });
                    if !error.is_of_one() {
                        (redrives.next, redrives.stopped) = (Some(sequence - 1), true);
                        break;
                    }
                }
            }
        }
        Ok(redrives)
    }

    async fn plan(&self, document: LetterDocument) -> Result<Plan, OperatorError> {
        let LetterDocument { letter, message } = document;
        let (sequence, facts) = (letter.sequence, letter.facts);
        let refused = |refusal| OperatorError::Refused { sequence, refusal };
        if facts.class == Class::Job {
            return Plan::of_job(self.root(), &facts, message).map_err(refused);
        }
        // The same id each time, so that a redrive that was interrupted finds what it has begun. No key of a client makes
        // it: theirs have a tenant and a method.
        let (secret, letter) = (self.store.secret().await?, sequence.to_string());
        let id = secret.job_id("redrive", &self.root().dead_stream(), &letter, &facts.at.to_string());
        let plan = Plan::of_call(self.root(), &facts, message, id, &secret).map_err(refused)?;
        let subject = self.root().job(plan.request.method(), plan.request.uri().path()).unwrap_or_default();
        match self.context().stream_by_subject(subject).await {
            Ok(_) => Ok(plan),
            Err(error)
                if error.kind() == async_nats::jetstream::context::GetStreamByNameErrorKind::NotFound =>
            {
                Err(refused(Refusal::NoJobStream(plan.request.uri().path().to_owned())))
            }
            Err(error) => Err(OperatorError::jetstream("find the stream of the service", &error)),
        }
    }

    /// Leads the record to the beginning of the run.
    async fn take(&self, plan: &Plan) -> Result<Result<Taken, Refusal>, OperatorError> {
        for _ in 0..MAX_ROUNDS {
            let found = self.store.get(&plan.id).await?;
            let (found, number) = found.map(|found| (found.record, found.number)).unzip();
            let (record, undo) = match plan.step(found.as_ref()) {
                Step::Create(record) => (record, Undo::Remove),
                Step::Reopen(record) => {
                    (record, found.map_or(Undo::Leave, |was| Undo::Restore(Box::new(was))))
                }
                Step::Touch(record) => (record, Undo::Leave),
                Step::Done => return Ok(Ok(Taken::Begun)),
                Step::Refuse(refusal) => return Ok(Err(refusal)),
            };
            self.admission.admit().await.map_err(Failure::from)?;
            let taken = match number {
                Some(number) => self.store.update(record, number).await,
                None => self.store.create(record).await,
            };
            match taken {
                Ok(revision) => return Ok(Ok(Taken::Led(Box::new(revision), undo))),
                Err(StoreError::Conflict | StoreError::Unknown) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Brings the record back to where it was, unless somebody has gone on from there.
    async fn take_back(&self, revision: &Revision, undo: Undo) {
        let done = match undo {
            Undo::Remove => self.store.remove(revision).await,
            Undo::Restore(was) => self.store.update(*was, revision.number).await.map(|_| ()),
            Undo::Leave => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "a job's record waits for its redrive to be repeated");
        }
    }

    /// Publishes until a stream confirms it.
    async fn publish(&self, plan: &Plan) -> Result<(), Failure> {
        let span = spans::redrive(&plan.envelope, &plan.id, plan.run);
        let envelope = spans::below(&plan.envelope, &span);
        let message = encode_job(self.root(), &plan.request, &envelope, None, &plan.id, plan.run)?;
        let published = timeout(PUBLISH_TIMEOUT, publish(self.context(), message)).await;
        spans::job_published(span, published.unwrap_or_else(|_| Err(Fault::OutcomeUnknown.into())))
    }
}

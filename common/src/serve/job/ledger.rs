//! The record of the job in work, and the number of its revision: each step is a compare-and-set on both.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    job::store::{JobStore, Revision, StoreError},
    serve::spans,
    wire::{JobId, Record},
};

/// Pause before the bucket is asked again that cannot be reached.
const PAUSE: Duration = Duration::from_millis(250);

/// The record has gone on without us: the attempt is not ours any more.
#[derive(Debug)]
pub(super) struct Gone;

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Written,
    /// The answer exceeds what a record can hold; nothing was written.
    TooLarge,
    /// The bucket cannot be reached. Whether it was written is found out with the next step.
    Unknown,
}

/// The record as it was last read or written. No step is made but through it.
#[derive(Debug)]
pub(super) struct Ledger {
    store: JobStore,
    revision: Revision,
    /// Whether a step may have been made of which no word came.
    doubtful: bool,
}

impl Ledger {
    /// Reads the record of a job, for as long as it takes.
    pub(super) async fn open(store: &JobStore, id: &JobId) -> Result<Option<Self>, StoreError> {
        let mut is_waiting = false;
        loop {
            match store.get(id).await {
                Ok(found) => {
                    let open = |revision| Self { store: store.clone(), revision, doubtful: false };
                    return Ok(found.map(open));
                }
                Err(error @ StoreError::Undecodable(_)) => return Err(error),
                Err(error) if !is_waiting => {
                    tracing::warn!(%error, job = %id, "the record of a job cannot be read yet");
                    is_waiting = true;
                }
                Err(_) => {}
            }
            sleep(PAUSE).await;
        }
    }

    /// The record as a message brought it along: the first step tells whether it is still so.
    pub(super) fn attached(store: &JobStore, record: Record, number: u64) -> Self {
        Self { store: store.clone(), revision: Revision { record, number }, doubtful: false }
    }

    /// The record.
    pub(super) fn record(&self) -> &Record {
        &self.revision.record
    }

    /// Writes the next revision, for as long as it takes.
    pub(super) async fn write(&mut self, next: Record) -> Result<Step, Gone> {
        let _span = spans::record(&next);
        loop {
            match self.try_write(&next).await? {
                Step::Unknown => sleep(PAUSE).await,
                step => return Ok(step),
            }
        }
    }

    /// Tries once to write the next revision.
    pub(super) async fn try_write(&mut self, next: &Record) -> Result<Step, Gone> {
        if self.doubtful {
            match self.resolve(next).await? {
                Some(true) => return Ok(Step::Written),
                Some(false) => {}
                None => return Ok(Step::Unknown),
            }
        }
        loop {
            let before = self.revision.number;
            let error = match self.store.update(next.clone(), before).await {
                Ok(written) => {
                    self.revision = written;
                    return Ok(Step::Written);
                }
                Err(StoreError::TooLarge) => return Ok(Step::TooLarge),
                Err(error) => error,
            };
            self.doubtful = true;
            if !matches!(error, StoreError::Conflict) {
                tracing::warn!(%error, job = %next.id, "the record of a job cannot be written yet");
                return Ok(Step::Unknown);
            }
            // A conflict too may be with ourselves: with a step of which no word came.
            match self.resolve(next).await? {
                Some(true) => return Ok(Step::Written),
                // With an asker, who repeats the request. There are few of them, and each has written another revision.
                Some(false) if self.revision.number != before => {}
                Some(false) | None => return Ok(Step::Unknown),
            }
        }
    }

    /// Looks whether the attempt is still ours. Keeps silent about what cannot be seen now.
    pub(super) async fn look(&mut self) -> Result<(), Gone> {
        let current = self.revision.record.clone();
        self.resolve(&current).await.map(|_| ())
    }

    /// Reads the record again: whether `next` was written; `None` if that cannot be told now.
    async fn resolve(&mut self, next: &Record) -> Result<Option<bool>, Gone> {
        let found = match self.store.get(&next.id).await {
            Ok(found) => found.ok_or(Gone)?,
            Err(StoreError::Undecodable(_)) => return Err(Gone),
            Err(_) => return Ok(None),
        };
        let is_newer = found.number != self.revision.number;
        let written = is_newer && is_same_step(&found.record, next);
        if is_newer && !written && !is_same_step(&found.record, &self.revision.record) {
            return Err(Gone);
        }
        // Ours, or an asker's, who has written an accepted job anew before publishing it again.
        (self.revision, self.doubtful) = (found, false);
        Ok(Some(written))
    }
}

/// Whether two revisions are of the same step of a job's life: they may differ in progress alone.
fn is_same_step(one: &Record, other: &Record) -> bool {
    let step = |record: &Record| {
        (record.state, record.run, record.attempts, record.lost, record.sequence, record.worker.clone())
    };
    step(one) == step(other)
}

//! What can be asked of a job that is stored.

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::{Jobs, MAX_ROUNDS, unavailable};
use crate::{
    Fault,
    client::{Failure, dispatcher},
    job::{
        Tenant,
        store::{JobStore, Revision, StoreError, Watch},
    },
    wire::{self, Answer, JobId, JobState, Record},
};

impl Jobs {
    /// The record of a job, final if it is so by `until`. `tenant` is who asks; the platform itself may see all.
    pub(in crate::client) async fn job(
        &self,
        id: &JobId,
        tenant: Option<&Tenant>,
        until: Instant,
    ) -> Result<Record, Failure> {
        // Boxed: what is only read for would take room as long as somebody waits.
        let found = Box::pin(self.find(id, tenant)).await?;
        if found.record.state.is_final() || until <= Instant::now() {
            return Ok(found.record);
        }
        drop(found);
        let Some(mut watch) = Box::pin(self.watch(id)).await? else {
            return Ok(Box::pin(self.find(id, tenant)).await?.record);
        };
        match timeout_at(until, watch.ended()).await {
            Ok(Ok(Some(record))) => Ok(*record),
            Ok(Ok(None)) => Err(Fault::NoJob.into()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Ok(Box::pin(self.find(id, tenant)).await?.record),
        }
    }

    /// What tells of changes of a record; `None` if it is final.
    async fn watch(&self, id: &JobId) -> Result<Option<Watch>, Failure> {
        let (found, watch) = self.store.watch(id).await?.ok_or(Fault::NoJob)?;
        Ok((!found.record.state.is_final()).then_some(watch))
    }

    /// The record as it is, and each time it changes, up to a final state.
    pub(in crate::client) async fn follow(
        &self,
        id: &JobId,
        tenant: &Tenant,
    ) -> Result<BoxStream<'static, Record>, Failure> {
        self.find(id, Some(tenant)).await?;
        let (found, watch) = self.store.watch(id).await?.ok_or(Fault::NoJob)?;
        let first = stream::iter([found.record]);
        let later = stream::unfold(watch, async |mut watch| {
            let record = watch.next().await.ok().flatten();
            record.map(|record| (*record, watch))
        });
        Ok(first.chain(later).boxed())
    }

    /// Cancels a job that has not ended.
    pub(in crate::client) async fn cancel(
        &self,
        id: &JobId,
        tenant: Option<&Tenant>,
    ) -> Result<Record, Failure> {
        self.find(id, tenant).await?;
        cancel(&self.store, id).await
    }

    async fn find(&self, id: &JobId, tenant: Option<&Tenant>) -> Result<Revision, Failure> {
        let found = self.store.get(id).await?.ok_or(Fault::NoJob)?;
        match tenant {
            Some(tenant) if self.secret().await?.tenant(tenant) != found.record.tenant => {
                Err(Fault::NoJob.into())
            }
            Some(_) | None => Ok(found),
        }
    }
}

/// Cancels a job that has not ended, whoever's it is.
pub(crate) async fn cancel(store: &JobStore, id: &JobId) -> Result<Record, Failure> {
    // By this time a cancel of which no word came is known for ours.
    let finished = Some(Timestamp::now());
    for _ in 0..MAX_ROUNDS {
        let Revision { record, number } = store.get(id).await?.ok_or(Fault::NoJob)?;
        if record.state == JobState::Cancelled && record.finished == finished {
            publish_cancel(store, &record).await;
            return Ok(record);
        }
        if record.state.is_final() {
            return Err(Fault::JobFinal.into());
        }
        let record = Record { state: JobState::Cancelled, finished, next_attempt: None, ..record };
        match store.update(record, number).await {
            Ok(Revision { record, .. }) => {
                publish_cancel(store, &record).await;
                return Ok(record);
            }
            Err(StoreError::Conflict | StoreError::Unknown) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(unavailable())
}

/// Tells the worker, if one has it: it only saves work, for the record decides.
async fn publish_cancel(store: &JobStore, record: &Record) {
    let Some(stream) = &record.stream else { return };
    let wire::Message { subject, headers, payload } =
        wire::encode_cancel_job(store.root(), stream, &record.id);
    let published = store.context().client().publish_with_headers(subject, headers, payload).await;
    if let Err(error) = published {
        tracing::warn!(%error, "cannot publish a cancel");
    }
}

/// What came of a job; `None` if it has not ended.
#[must_use]
pub fn outcome(record: &Record) -> Option<Result<Answer, Failure>> {
    match record.state {
        JobState::Accepted | JobState::Running => None,
        JobState::Cancelled => Some(Err(Fault::JobCancelled.into())),
        JobState::Dead => Some(Err(Fault::JobDead.into())),
        JobState::Done | JobState::Failed => Some(match &record.answer {
            Some(answer) => dispatcher::of_service(answer.clone()),
            None => Err(Fault::AnswerUndecodable.into()),
        }),
    }
}

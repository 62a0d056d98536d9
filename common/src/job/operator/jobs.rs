//! Jobs: list, read, cancel.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::{JobDocument, Operator, OperatorError, Page, scan::scan};
use crate::{
    Fault,
    client::jobs::cancel,
    wire::{JobId, JobState, Record, decode_record},
};

/// Which jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only those in this state.
    pub state: Option<JobState>,
    /// Only those whose path is this one or below it, as services see it.
    pub path: Option<String>,
}

impl JobFilter {
    fn takes(&self, record: &Record) -> bool {
        let below = |prefix: &String| {
            let path = record.target.split('?').next().unwrap_or_default();
            let rest = path.strip_prefix(prefix.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.state.is_none_or(|state| state == record.state) && self.path.as_ref().is_none_or(below)
    }
}

impl Operator {
    /// Jobs in the order of their last change, those that changed longest ago first, at most `limit` of them. A job that
    /// changes while one lists moves to the end. No answer is read: [`Record::answer`] is without its body.
    ///
    /// # Errors
    /// When there is no bucket of them, or JetStream does not answer.
    pub async fn jobs(
        &self,
        filter: &JobFilter,
        after: u64,
        limit: usize,
    ) -> Result<Page<Record>, OperatorError> {
        let stream = self.stream(&self.store.stream_name()).await?;
        let stream = stream.ok_or_else(|| OperatorError::NoJobs { bucket: self.root().job_bucket() })?;
        let mut items = Vec::new();
        let subject = format!("$KV.{}.>", self.root().job_bucket());
        let next = scan(&stream, subject, after, |sequence, message| {
            let headers = message.headers.as_ref();
            match headers.map(|headers| decode_record(headers, Bytes::new())).transpose() {
                Ok(Some(record)) if filter.takes(&record) => items.push(record),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => tracing::warn!(sequence, "a job's record cannot be read"),
            }
            if items.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let next = next.await?;
        Ok(Page { items, next })
    }

    /// One job with its answer.
    ///
    /// # Errors
    /// When there is none (any more), or JetStream does not answer.
    pub async fn job(&self, id: &JobId) -> Result<JobDocument, OperatorError> {
        let found = self.store.get(id).await?;
        let found = found.ok_or_else(|| OperatorError::NoJob { id: id.clone() })?;
        Ok(JobDocument::new(found.record))
    }

    /// Cancels a job: queued it never runs, running its handler is dropped.
    ///
    /// # Errors
    /// When there is none (any more), or it has ended, or JetStream does not answer.
    pub async fn cancel_job(&self, id: &JobId) -> Result<JobDocument, OperatorError> {
        match cancel(&self.store, id).await {
            Ok(record) => Ok(JobDocument::new(record)),
            Err(failure) if failure.fault == Fault::NoJob => Err(OperatorError::NoJob { id: id.clone() }),
            Err(failure) if failure.fault == Fault::JobFinal => {
                let state = self.job(id).await?.record.state;
                Err(OperatorError::JobFinal { id: id.clone(), state })
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

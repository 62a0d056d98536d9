//! A dispatcher's side of jobs, without a broker: one job, which the tests lead through its life.

use std::sync::{Arc, Mutex};

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use http::Response;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};
use uptake::{
    Fault,
    client::{Failure, NewJob, Submitted, outcome},
    job::Tenant,
    wire::{Answer, Attempt, JobId, JobState, Record, Timing},
};

/// The only job.
pub(super) const ID: &str = "000102030405060708090a0b0c0d0e0f";

/// Whose paths begin with `/jobs` takes jobs; what is submitted is the job that is there.
#[derive(Clone)]
pub(super) struct Jobs {
    submitted: Arc<Mutex<Vec<NewJob>>>,
    pub(super) replayed: bool,
    record: Arc<watch::Sender<Record>>,
}

impl Default for Jobs {
    fn default() -> Self {
        let record = Record {
            id: ID.parse().unwrap(),
            state: JobState::Accepted,
            tenant: String::new(),
            fingerprint: String::new(),
            keyed: false,
            method: "POST".to_owned(),
            target: "/jobs/1?x=%20".to_owned(),
            request_id: "r".to_owned(),
            run: 1,
            attempts: 0,
            lost: 0,
            stream: None,
            sequence: None,
            worker: None,
            created: "2026-11-21T12:00:00Z".parse().unwrap(),
            started: None,
            finished: None,
            next_attempt: None,
            progress: None,
            last_failure: None,
            answer: None,
        };
        Self { submitted: Arc::default(), replayed: false, record: Arc::new(watch::Sender::new(record)) }
    }
}

impl Jobs {
    /// Leads the job on.
    pub(super) fn change(&self, change: impl FnOnce(&mut Record)) {
        self.record.send_modify(change);
    }

    /// Ends the job, with an answer of its service.
    pub(super) fn end(&self, state: JobState, response: Response<&'static str>) {
        let attempt = Attempt { worker: "w".to_owned(), delivery: 1 };
        let answer =
            Answer { response: response.map(Into::into), attempt, timing: Timing::default(), error: None };
        self.change(|record| {
            (record.state, record.attempts, record.answer) = (state, 1, Some(answer));
            record.finished = Some("2026-11-21T12:00:05Z".parse().unwrap());
        });
    }

    /// The last that was submitted.
    pub(super) fn last<T>(&self, of: impl FnOnce(&NewJob) -> T) -> T {
        of(self.submitted.lock().unwrap().last().unwrap())
    }

    pub(super) fn count(&self) -> usize {
        self.submitted.lock().unwrap().len()
    }

    pub(super) fn takes(&self, path: &str) -> Result<bool, Failure> {
        Ok(path.starts_with("/jobs"))
    }

    pub(super) fn submit(&self, job: NewJob) -> Result<Submitted, Failure> {
        if job.key.as_deref() == Some("reused") {
            return Err(Fault::IdempotencyKeyReused.into());
        }
        self.submitted.lock().unwrap().push(job);
        let answer = outcome(&self.record.borrow());
        Ok(Submitted { id: ID.parse().unwrap(), replayed: self.replayed, answer })
    }

    pub(super) async fn job(
        &self,
        id: &JobId,
        tenant: &Tenant,
        wait_until: Instant,
    ) -> Result<Record, Failure> {
        let mut changes = self.of_tenant(id, tenant)?;
        let _ = timeout_at(wait_until, changes.wait_for(|record| record.state.is_final())).await;
        Ok(changes.borrow().clone())
    }

    pub(super) fn follow(&self, id: &JobId, tenant: &Tenant) -> Result<BoxStream<'static, Record>, Failure> {
        let changes = Some(self.of_tenant(id, tenant)?);
        let records = stream::unfold((changes, true), async |(changes, is_first)| {
            let mut changes = changes?;
            if !is_first {
                changes.changed().await.ok()?;
            }
            let record = changes.borrow_and_update().clone();
            let is_final = record.state.is_final();
            Some((record, ((!is_final).then_some(changes), false)))
        });
        Ok(records.boxed())
    }

    pub(super) fn cancel(&self, id: &JobId, tenant: &Tenant) -> Result<Record, Failure> {
        let changes = self.of_tenant(id, tenant)?;
        if changes.borrow().state.is_final() {
            return Err(Fault::JobFinal.into());
        }
        self.change(|record| record.state = JobState::Cancelled);
        Ok(changes.borrow().clone())
    }

    /// The job is of who shows nothing.
    fn of_tenant(&self, id: &JobId, tenant: &Tenant) -> Result<watch::Receiver<Record>, Failure> {
        let is_theirs = id.as_str() == ID && *tenant == Tenant::None;
        is_theirs.then(|| self.record.subscribe()).ok_or(Fault::NoJob.into())
    }
}

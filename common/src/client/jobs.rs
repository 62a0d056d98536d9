//! The asking side of jobs: one gate, the record, then the message; and what can be asked of a job later.

mod known;
mod publish;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep, sleep_until, timeout_at},
};

pub(crate) use known::cancel;
pub use known::outcome;
pub(crate) use publish::publish;

use super::{
    Failure, dispatcher,
    inbox::{Outcome, Waiter},
    routes::{Owner, Routes},
    spans,
};
use crate::{
    Fault,
    fault_point::fault_point,
    job::{
        Operator, Tenant,
        admission::Admission,
        secret::{Secret, fingerprint},
        store::{JobStore, Revision, StoreError},
    },
    wire::{self, Answer, Envelope, JobId, JobState, Record, Root},
};

/// How often who waits reads the record: the fast reply may be lost with a connection.
const LOOK_PERIOD: Duration = Duration::from_secs(5);
/// Rounds after a record that has gone, or changed, between two looks.
const MAX_ROUNDS: u32 = 8;

/// A request that is to be executed once it is accepted.
#[derive(Debug)]
pub struct NewJob {
    /// Method, target after the strip, fields, body.
    pub request: Request<Bytes>,
    /// What goes along with it.
    pub envelope: Envelope,
    /// Whose it is.
    pub tenant: Tenant,
    /// The client's idempotency key.
    pub key: Option<String>,
    /// When it must be stored.
    pub accept_by: Instant,
    /// How long its asker waits for the answer.
    pub wait_until: Instant,
}

/// A job that is stored.
#[derive(Debug)]
pub struct Submitted {
    /// Which one.
    pub id: JobId,
    /// Whether another request with the same key has started it.
    pub replayed: bool,
    /// What came of it; `None` if it had not ended in time.
    pub answer: Option<Result<Answer, Failure>>,
}

/// What a dispatcher has for jobs.
#[derive(Debug)]
pub(super) struct Jobs {
    store: JobStore,
    routes: Routes,
    admission: Admission,
    secret: OnceCell<Secret>,
}

/// A job on its way into its stream.
struct Draft<'a> {
    job: &'a NewJob,
    id: JobId,
    tenant: String,
    fingerprint: String,
}

impl Jobs {
    pub(super) fn new(client: async_nats::Client, root: &Root, secret: Option<Secret>) -> Self {
        let store = JobStore::new(client.clone(), root.clone());
        let routes = Routes::new(client, &format!("{root}.job."));
        tokio::spawn(routes.clone().run());
        Self { admission: Admission::new(store.clone()), store, routes, secret: OnceCell::new_with(secret) }
    }

    /// Begins to read which services take jobs.
    pub(super) fn begin(&self) {
        self.routes.begin();
    }

    pub(super) fn operator(&self) -> Operator {
        Operator::on(self.store.clone())
    }

    /// Whether a service with a job stream owns a subject. `known_since` is when the stream of its calls was seen first.
    ///
    /// Workers make the stream of jobs before that of calls. So who does not see the first, though it looked after it saw
    /// the second, knows that there is none; a service that is not known yet may be in the making, and takes another look.
    /// Else the first keyed requests of a new service would be run as calls.
    pub(super) async fn takes(&self, subject: &str, known_since: Option<Instant>) -> Result<bool, Failure> {
        if self.routes.load(subject).is_some() {
            return Ok(true);
        }
        let earliest = known_since.unwrap_or_else(Instant::now);
        match self.routes.owner_since(subject, Some(earliest)).await {
            Owner::Some => Ok(true),
            Owner::None => Ok(false),
            Owner::Unknown => Err(unavailable()),
        }
    }

    /// Stores a job, or finds the one that its key stands for, and waits for what comes of it.
    pub(super) async fn submit(&self, job: &NewJob, waiter: &mut Waiter) -> Result<Submitted, Failure> {
        let accepted = timeout_at(job.accept_by, self.accept(job, waiter.reply_to())).await;
        let (revision, replayed) = accepted.unwrap_or_else(|_| Err(Fault::OutcomeUnknown.into()))?;
        let id = revision.record.id.clone();
        let answer = match outcome(&revision.record) {
            Some(outcome) => Some(outcome),
            None if job.wait_until <= Instant::now() => None,
            None if replayed => match self.job(&id, None, job.wait_until).await {
                Ok(record) => outcome(&record),
                // Taken back, or lapsed: the next repeat begins anew.
                Err(Failure { fault: Fault::NoJob, .. }) => return Err(unavailable()),
                Err(failure) => return Err(failure),
            },
            None => self.wait(&id, waiter, job.wait_until).await?,
        };
        Ok(Submitted { id, replayed, answer })
    }

    /// The record, which is there before its message, and whether it is another request's.
    async fn accept(&self, job: &NewJob, reply_to: &str) -> Result<(Revision, bool), Failure> {
        let secret = self.secret().await?;
        let tenant = secret.tenant(&job.tenant);
        let target = job.request.uri().path_and_query().map_or("/", |target| target.as_str());
        let id = match &job.key {
            Some(key) => secret.job_id(&tenant, job.request.method().as_str(), target, key),
            None => JobId::random(),
        };
        let draft = Draft { job, id, tenant, fingerprint: fingerprint(&job.request) };
        for _ in 0..MAX_ROUNDS {
            match self.create(&draft).await? {
                Some(created) => {
                    fault_point("record-created");
                    if let Err(failure) = self.publish(&draft, &created, Some(reply_to)).await {
                        // Refused for certain. What is not certain ends by the clock, and leaves the record.
                        let _ = self.store.remove(&created).await;
                        return Err(failure);
                    }
                    return Ok((created, false));
                }
                None => {
                    // There is none if it has lapsed just now, or was taken back.
                    if let Some(found) = self.store.get(&draft.id).await?
                        && let Some(found) = self.attach(&draft, found).await?
                    {
                        return Ok((found, true));
                    }
                }
            }
        }
        Err(unavailable())
    }

    /// Writes the record if there is none, and there is room for its answer.
    async fn create(&self, draft: &Draft<'_>) -> Result<Option<Revision>, Failure> {
        if let Err(fault) = self.admission.admit().await {
            // A repeat takes no room of its own.
            let known = draft.job.key.is_some() && self.store.get(&draft.id).await?.is_some();
            return if known { Ok(None) } else { Err(Failure::retry(fault, Duration::from_secs(1))) };
        }
        match self.store.create(draft.record()).await {
            Ok(created) => Ok(Some(created)),
            // If it is our own, of which no word came, the next look finds it without a sequence: then it is published.
            Err(StoreError::Conflict | StoreError::Unknown) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A repeat; `None` if the record has changed meanwhile.
    ///
    /// Whoever made the record may have died before the message was published, or may be about to. So a repeat publishes
    /// too. It takes the record first, so that the one before does not remove it when its own publish is refused.
    async fn attach(&self, draft: &Draft<'_>, found: Revision) -> Result<Option<Revision>, Failure> {
        if found.record.fingerprint != draft.fingerprint {
            return Err(Fault::IdempotencyKeyReused.into());
        }
        if found.record.state != JobState::Accepted || found.record.sequence.is_some() {
            return Ok(Some(found));
        }
        match self.store.update(found.record, found.number).await {
            Ok(taken) => {
                self.publish(draft, &taken, None).await?;
                Ok(Some(taken))
            }
            Err(StoreError::Conflict | StoreError::Unknown) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Publishes until a stream confirms it. Fails only if nothing was stored.
    async fn publish(
        &self,
        draft: &Draft<'_>,
        Revision { record, number }: &Revision,
        reply_to: Option<&str>,
    ) -> Result<(), Failure> {
        let NewJob { request, envelope, .. } = draft.job;
        let span = spans::publish_job(envelope, &draft.id, record.run);
        let (root, envelope) = (self.store.root(), spans::below(envelope, &span));
        let mut message = wire::encode_job(root, request, &envelope, reply_to, &draft.id, record.run)?;
        wire::attach_record(&mut message, record, *number);
        spans::job_published(span, publish(self.store.context(), message).await)
    }

    /// Waits for the fast reply, and looks at the record now and then.
    async fn wait(
        &self,
        id: &JobId,
        waiter: &mut Waiter,
        until: Instant,
    ) -> Result<Option<Result<Answer, Failure>>, Failure> {
        let (mut replied, mut last_look) = (false, false);
        while !last_look {
            tokio::select! {
                reply = waiter.outcome(), if !replied => {
                    if let Some(Outcome::Answer(message)) = reply {
                        return Ok(Some(dispatcher::decode(message, None)));
                    }
                    replied = true;
                }
                () = sleep(LOOK_PERIOD) => {}
                () = sleep_until(until) => last_look = true,
            }
            match self.store.get(id).await {
                Ok(Some(found)) if found.record.state.is_final() => return Ok(outcome(&found.record)),
                Ok(Some(_)) | Err(StoreError::Unavailable(_)) => {}
                Ok(None) => return Err(unavailable()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    async fn secret(&self) -> Result<&Secret, Failure> {
        let made = || async { Ok(self.store.secret().await?) };
        self.secret.get_or_try_init(made).await
    }
}

impl Draft<'_> {
    fn record(&self) -> Record {
        let Self { job: NewJob { request, envelope, key, .. }, id, tenant, fingerprint } = self;
        let accepted = Record::accepted(
            id.clone(),
            request,
            &envelope.request_id,
            fingerprint.clone(),
            Timestamp::now(),
        );
        Record { tenant: tenant.clone(), keyed: key.is_some(), ..accepted }
    }
}

fn unavailable() -> Failure {
    Failure::retry(Fault::JobStoreUnavailable, Duration::from_secs(1))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Failure::retry(Fault::JobStoreFull, Duration::from_secs(1)),
            StoreError::TooLarge => Fault::FieldsTooLarge.into(),
            StoreError::Conflict | StoreError::Unknown | StoreError::Unavailable(_) => {
                tracing::warn!(%error, "a job's record cannot be reached");
                unavailable()
            }
            StoreError::Undecodable(_) => {
                tracing::error!(%error, "a job's record cannot be read");
                Fault::Internal.into()
            }
        }
    }
}

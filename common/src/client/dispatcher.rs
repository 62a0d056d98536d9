//! The one seam between HTTP and messaging: `Dispatcher`, and its form on JetStream.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::stream::BoxStream;
use http::{Method, Request};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Failure,
    inbox::{Outcome, ReplyInbox, StreamCancel, Waiter},
    jobs::{Jobs, NewJob, Submitted},
    load::StreamLoad,
    routes::{Owner, Routes},
    spans,
};
use crate::{
    Fault,
    config::NatsConfig,
    connection::{self, ConnectError, Connection},
    job::{Operator, Tenant, secret::Secret},
    overview::{self, OverviewError, Streams},
    wire::{self, Answer, Class, Envelope, JobId, Record, Root},
};
use bytes::Bytes;

/// Tries after a publish that no stream took, though one owns the subject.
const RETRIES: u32 = 2;
/// Pause before each of them: a leader is elected within.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// JetStream: the stream is full (`discard: new`).
pub(super) const STREAM_FULL: u64 = 10077;
/// JetStream: the message exceeds what the stream takes.
pub(super) const MESSAGE_TOO_LARGE: u64 = 10054;

/// A request that wants an answer.
#[derive(Debug)]
pub struct Call {
    /// Method, target after the strip, fields, body. Trace fields are in the envelope.
    pub request: Request<Bytes>,
    /// What goes along with it.
    pub envelope: Envelope,
    /// When the answer is of no use any more.
    pub deadline: Instant,
}

/// Turns requests into answers. Handler tests bring their own, so that they need no broker.
pub trait Dispatcher: Clone + Send + Sync + 'static {
    /// Dispatches one call. Dropping the future cancels it.
    fn dispatch(&self, call: Call) -> impl Future<Output = Result<Answer, Failure>> + Send;

    /// The paths that services own by name, in order. What they own by a wildcard is not among them.
    fn paths(&self) -> impl Future<Output = Result<Vec<String>, Failure>> + Send;

    /// Whether a service that takes jobs owns this path. Without this method and those below there are no jobs.
    fn takes_jobs(
        &self,
        _method: &Method,
        _path: &str,
    ) -> impl Future<Output = Result<bool, Failure>> + Send {
        async { Ok(false) }
    }

    /// Stores a job, or finds the one that its key stands for, and waits for its answer. Dropping the future leaves the
    /// job alone.
    fn submit(&self, _job: NewJob) -> impl Future<Output = Result<Submitted, Failure>> + Send {
        async { Err(Fault::NoRoute.into()) }
    }

    /// What is known of a tenant's job, final if it is so by `wait_until`.
    fn job(
        &self,
        _id: &JobId,
        _tenant: &Tenant,
        _wait_until: Instant,
    ) -> impl Future<Output = Result<Record, Failure>> + Send {
        async { Err(Fault::NoJob.into()) }
    }

    /// What is known of a tenant's job, now and at each change, up to a final state.
    fn follow(
        &self,
        _id: &JobId,
        _tenant: &Tenant,
    ) -> impl Future<Output = Result<BoxStream<'static, Record>, Failure>> + Send {
        async { Err(Fault::NoJob.into()) }
    }

    /// Cancels a tenant's job.
    fn cancel_job(
        &self,
        _id: &JobId,
        _tenant: &Tenant,
    ) -> impl Future<Output = Result<Record, Failure>> + Send {
        async { Err(Fault::NoJob.into()) }
    }

    /// The path prefix of the service that owns a path, without a slash at its end, if it is known just now.
    fn owner(&self, _method: &Method, _path: &str) -> Option<String> {
        None
    }

    /// Calls that wait for an answer at the moment.
    fn waiting(&self) -> usize;

    /// Whether a call has a chance at the moment.
    fn is_connected(&self) -> bool;
}

/// What came of a call, and what its stream has to do.
type Asked = (async_nats::Message, Option<Arc<StreamLoad>>);

/// The dispatcher on JetStream. Clones share one connection and one reply subscription.
#[derive(Clone, Debug)]
pub struct NatsDispatcher(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connection: Connection,
    root: Root,
    inbox: ReplyInbox,
    routes: Routes,
    jobs: Jobs,
}

impl NatsDispatcher {
    /// Connects and subscribes. `role` is `proxy`, `worker` or the like: a token of the reply subjects. `job_secret` must
    /// be the same for all who take jobs with a key; without it the one that JetStream keeps is used.
    ///
    /// The connection lives on the runtime that this runs on. On one of a single thread, what many requests publish in
    /// one turn leaves in one write.
    ///
    /// # Errors
    /// When NATS cannot be reached.
    pub async fn connect(
        config: &NatsConfig,
        role: &str,
        job_secret: Option<Secret>,
    ) -> Result<Self, ConnectError> {
        let connection = Connection::open(config, &format!("uptake {role}")).await?;
        let dispatcher = Self::on(connection, config.root.clone(), role, job_secret).await?;
        // Who connects for this alone is about to ask.
        dispatcher.0.routes.begin();
        dispatcher.0.jobs.begin();
        Ok(dispatcher)
    }

    /// The same on a connection that exists, and on whose runtime this runs.
    pub(crate) async fn on(
        connection: Connection,
        root: Root,
        role: &str,
        job_secret: Option<Secret>,
    ) -> Result<Self, ConnectError> {
        let client = connection.client();
        let subscription = client.subscribe(root.reply_wildcard(role, connection.instance())).await?;
        let (inbox, cancels) = ReplyInbox::new(&root.reply_prefix(role, connection.instance()));
        tokio::spawn(inbox.clone().run(subscription, connection.clone()));
        tokio::spawn(publish_cancels(connection.clone(), root.clone(), cancels));
        let routes = Routes::new(client.clone(), &format!("{root}.call."));
        tokio::spawn(routes.clone().run());
        let jobs = Jobs::new(client.clone(), &root, job_secret);
        Ok(Self(Arc::new(Shared { connection, root, inbox, routes, jobs })))
    }

    /// The operators' side, on the same connection.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.0.jobs.operator()
    }

    /// A look at the streams and consumers of the platform, on the same connection.
    ///
    /// # Errors
    /// When JetStream does not answer.
    pub async fn streams(&self) -> Result<Streams, OverviewError> {
        overview::streams(&self.0.connection, &self.0.root).await
    }

    /// Ready when the connection has ended for good, by a message that `async-nats` cannot stand: end this process,
    /// so that a new one takes its place.
    pub async fn gone(&self) {
        connection::gone(self.0.connection.epoch()).await;
    }

    /// Fails if there is no connection: nothing is left to go out later.
    fn connected(&self) -> Result<(), Failure> {
        match self.0.connection.is_up() {
            true => Ok(()),
            false => Err(Failure::retry(Fault::Disconnected, Duration::from_secs(1))),
        }
    }

    async fn publish(&self, message: wire::Message, waiter: &mut Waiter) -> Result<(), Failure> {
        let wire::Message { subject, headers, payload } = message;
        let reply = waiter.reply_to().to_owned();
        let published =
            self.0.connection.client().publish_with_reply_and_headers(subject, reply, headers, payload);
        waiter.expect_receipt(true);
        published.await.map_err(|error| {
            waiter.expect_receipt(false);
            match error.kind() {
                async_nats::PublishErrorKind::MaxPayloadExceeded => Fault::BodyTooLarge.into(),
                async_nats::PublishErrorKind::InvalidSubject | async_nats::PublishErrorKind::Send => {
                    tracing::error!(%error, "cannot publish");
                    Fault::Internal.into()
                }
            }
        })
    }

    /// What a publish that nobody took means: `Ok` if it is worth another try.
    async fn no_responders(&self, subject: &str, tries: u32) -> Result<(), Failure> {
        match self.0.routes.owner(subject).await {
            Owner::None => Err(Fault::NoRoute.into()),
            Owner::Some | Owner::Unknown if tries >= RETRIES => {
                Err(Failure::retry(Fault::StreamUnavailable, Duration::from_secs(1)))
            }
            Owner::Some | Owner::Unknown => {
                sleep(RETRY_PAUSE).await;
                Ok(())
            }
        }
    }

    /// The message of the answer; and of the stream's load, which it tells something of.
    async fn ask(&self, call: &Call, waiter: &mut Waiter) -> Result<Asked, Failure> {
        for tries in 0.. {
            self.connected()?;
            let budget = call.deadline.saturating_duration_since(Instant::now());
            let message =
                wire::encode_request(&self.0.root, &call.request, &call.envelope, waiter.reply_to(), budget)?;
            let subject = message.subject.clone();
            let load = self.0.routes.load(&subject);
            let now = Instant::now();
            if let Some(late) = load.as_ref().and_then(|load| load.too_late_by(budget, now)) {
                return Err(Failure::retry(Fault::Overloaded, late));
            }
            let wait = load.as_ref().and_then(|load| load.wait(now));
            self.publish(message, waiter).await?;
            match waiter.outcome().await {
                Some(Outcome::Answer(message)) => return Ok((message, load)),
                Some(Outcome::Refused { code, description }) => {
                    return Err(refused(code, &description, wait));
                }
                // Safe though it may be stored (RFC 9110 §9.2.2): whichever copy is answered first counts.
                Some(Outcome::Unconfirmed) => {}
                Some(Outcome::NoResponders) => self.no_responders(&subject, tries).await?,
                None => break,
            }
            waiter.again();
        }
        Err(Fault::Internal.into())
    }
}

impl Dispatcher for NatsDispatcher {
    async fn dispatch(&self, mut call: Call) -> Result<Answer, Failure> {
        let mut waiter = self.0.inbox.register(call.deadline, call.request.method().is_idempotent());
        let span = spans::publish(&call.envelope, Class::Call);
        if let Some(place) = span.place() {
            waiter.trace();
            call.envelope.trace.traceparent = Some(place.traceparent());
        }
        let asked = timeout_at(call.deadline, self.ask(&call, &mut waiter)).await;
        let asked = asked.unwrap_or_else(|_| {
            tracing::debug!(request_id = %call.envelope.request_id, stored = waiter.is_stored(), "no answer in time");
            Err(Fault::OutcomeUnknown.into())
        });
        if span.is_one() {
            spans::published(span, waiter.receipt(), asked.as_ref().err());
        }
        let (message, load) = asked?;
        decode(message, load.as_deref())
    }

    async fn paths(&self) -> Result<Vec<String>, Failure> {
        self.connected()?;
        let silent = || Failure::retry(Fault::StreamUnavailable, Duration::from_secs(1));
        self.0.routes.paths().await.ok_or_else(silent)
    }

    async fn takes_jobs(&self, method: &Method, path: &str) -> Result<bool, Failure> {
        match (self.0.root.job(method, path), self.0.root.call(method, path)) {
            (Some(job), Some(call)) => self.0.jobs.takes(&job, self.0.routes.known_since(&call)).await,
            _ => Ok(false),
        }
    }

    async fn submit(&self, job: NewJob) -> Result<Submitted, Failure> {
        self.connected()?;
        let mut waiter = self.0.inbox.register(job.accept_by.max(job.wait_until), false);
        self.0.jobs.submit(&job, &mut waiter).await
    }

    async fn job(&self, id: &JobId, tenant: &Tenant, wait_until: Instant) -> Result<Record, Failure> {
        self.connected()?;
        self.0.jobs.job(id, Some(tenant), wait_until).await
    }

    async fn follow(&self, id: &JobId, tenant: &Tenant) -> Result<BoxStream<'static, Record>, Failure> {
        self.connected()?;
        self.0.jobs.follow(id, tenant).await
    }

    async fn cancel_job(&self, id: &JobId, tenant: &Tenant) -> Result<Record, Failure> {
        self.connected()?;
        self.0.jobs.cancel(id, Some(tenant)).await
    }

    fn owner(&self, method: &Method, path: &str) -> Option<String> {
        let prefix = self.0.routes.prefix(&self.0.root.call(method, path)?);
        if prefix.is_none() {
            // A service that is younger than the table answers all the same, and nothing else would have it read.
            self.0.routes.miss();
        }
        prefix
    }

    fn waiting(&self) -> usize {
        self.0.inbox.len()
    }

    fn is_connected(&self) -> bool {
        self.0.connection.is_up()
    }
}

pub(super) fn decode(message: async_nats::Message, load: Option<&StreamLoad>) -> Result<Answer, Failure> {
    let headers = message.headers.unwrap_or_default();
    let answer = wire::decode_response(&headers, message.payload).map_err(|error| {
        tracing::error!(%error, "a worker's answer cannot be decoded");
        Fault::AnswerUndecodable
    })?;
    let now = Instant::now();
    if let Some(load) = load {
        load.observe(&answer.timing, now);
        if answer.error.is_none() {
            load.observe_handler(answer.timing.handler);
        }
    }
    of_service(answer).map_err(|failure| match failure.fault {
        Fault::Overloaded => {
            let wait = load.and_then(|load| load.wait(now));
            Failure::retry(failure.fault, wait.unwrap_or_default())
        }
        _ => failure,
    })
}

/// The service's answer; one that the platform made in its place is a failure.
pub(super) fn of_service(answer: Answer) -> Result<Answer, Failure> {
    match &answer.error {
        None => Ok(answer),
        Some(slug) => {
            let fault = Fault::from_wire(answer.response.status(), slug);
            Err(fault.unwrap_or(Fault::AnswerUndecodable).into())
        }
    }
}

fn refused(code: u64, description: &str, wait: Option<Duration>) -> Failure {
    match code {
        STREAM_FULL => Failure::retry(Fault::StreamFull, wait.unwrap_or_default()),
        MESSAGE_TOO_LARGE => Fault::BodyTooLarge.into(),
        _ => {
            tracing::error!(code, description, "JetStream refused a request");
            Failure::retry(Fault::StreamUnavailable, Duration::from_secs(1))
        }
    }
}

async fn publish_cancels(
    connection: Connection,
    root: Root,
    mut cancels: tokio::sync::mpsc::Receiver<StreamCancel>,
) {
    while let Some(StreamCancel { stream, cancel }) = cancels.recv().await {
        if !connection.is_up() {
            continue; // It would come late; the worker's own look at the budget has to do.
        }
        let wire::Message { subject, headers, payload } = wire::encode_cancel(&root, &stream, &cancel);
        if let Err(error) = connection.client().publish_with_headers(subject, headers, payload).await {
            tracing::warn!(%error, "cannot publish a cancel");
        }
    }
}

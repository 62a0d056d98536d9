//! The pull loop: credit goes out in pull requests, deliveries come in and are handed to the handlers.

mod connect;

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use async_nats::Message;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use serde::Serialize;
use tokio::{
    runtime,
    sync::{oneshot, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    ServeError,
    adapter::Handler,
    advisory, clock,
    credit::{EXPIRES, GATHER, IDLE_HEARTBEAT},
    delivery::{self, Delivery},
    job::{self, Jobs},
    measure,
    server_life::ServerLife,
    session::Session,
    shared::{Shared, remember_cancel},
};
use crate::{
    connection::Epoch,
    wire::{self, MARKER},
};
use connect::send_kept;

/// How often the loop looks after pulls that ended unheard, cancels, and unconfirmed answers.
const TICK: Duration = Duration::from_secs(1);
/// How often unconfirmed answers get a marker: few are kept then, and what is kept is still in the processor's cache.
const MARKER_PERIOD: Duration = Duration::from_millis(20);
/// Deliveries that are handed out before the loop looks at anything else.
const MAX_BURST: usize = 256;

#[derive(Serialize)]
struct PullRequest {
    batch: u32,
    /// Nanoseconds.
    expires: u64,
    /// Nanoseconds.
    idle_heartbeat: u64,
}

/// The loop of one consumer.
pub(super) struct PullLoop<H> {
    pub(super) shared: Arc<Shared>,
    /// What deliveries need besides, in the loop of jobs.
    pub(super) jobs: Option<Arc<Jobs>>,
    pub(super) handler: H,
    /// Where handlers run.
    pub(super) handlers: runtime::Handle,
    pub(super) epoch: watch::Receiver<Epoch>,
    pub(super) drain: CancellationToken,
    pub(super) server: ServerLife,
}

/// A delivery that holds a permit and has not been started.
struct Taken {
    delivery: Delivery,
    key: usize,
    cancelled: oneshot::Receiver<()>,
}

impl Taken {
    async fn run<H: Handler>(self, shared: Arc<Shared>, jobs: Option<Arc<Jobs>>, handler: H) {
        let Self { delivery, key, cancelled } = self;
        match jobs {
            None => delivery::run(shared, handler, delivery, key, cancelled).await,
            // Apart, so that a call's task is no larger for it.
            Some(jobs) => Box::pin(job::run(shared, jobs, handler, delivery, key, cancelled)).await,
        }
    }
}

impl<H: Handler> PullLoop<H> {
    /// Pulls until drained.
    pub(super) async fn run(mut self) -> Result<(), ServeError> {
        let mut control = self.shared.client.subscribe(self.shared.root.control(&self.shared.stream)).await?;
        let mut session = self.open_session(None).await?;
        let clock = clock::keep(self.shared.clone(), self.info_subject(), self.drain.clone());
        tokio::spawn(clock);
        if self.jobs.is_some() {
            tokio::spawn(super::provision::keep_stores(self.shared.clone(), self.drain.clone()));
        }
        let advisories = advisory::subscribe(&self.shared).await?;
        tokio::spawn(advisory::keep(advisories, self.shared.clone(), self.jobs.clone(), self.drain.clone()));
        let (mut tick, mut marker) = (tokio::time::interval(TICK), tokio::time::interval(MARKER_PERIOD));
        let mut progress = tokio::time::interval(self.shared.config.ack_wait / 3);
        tracing::info!(stream = self.shared.stream, consumer = self.shared.config.consumer,
            permits = self.shared.permits, prefixes = ?self.shared.config.prefixes, "pulling");
        loop {
            let draining = self.drain.is_cancelled();
            if draining && session.credit.out() == 0 && self.shared.in_flight.busy() == 0 {
                return self.confirm_all(&mut session).await;
            }
            self.pull(&mut session, draining).await;
            self.shared.figures.note(&session.credit, !draining && self.is_current(&session));
            tokio::select! {
                Some(message) = session.messages.next() => self.take_burst(&mut session, message).await,
                () = self.shared.in_flight.freed.notified() => {}
                () = sleep_until(session.gathering + GATHER), if self.is_gathering(&session, draining) => {}
                Ok(()) = self.epoch.changed() => if !self.is_current(&session) {
                    session = self.open_session(Some(session)).await?;
                },
                Some(message) = control.next() => self.cancel(&message),
                _ = progress.tick() => self.report_progress().await,
                _ = marker.tick(), if self.jobs.is_none() => self.publish_marker(&mut session).await,
                _ = tick.tick() => self.tick(&mut session),
                () = self.drain.cancelled(), if !draining => tracing::info!(
                    out = session.credit.out(), busy = self.shared.in_flight.busy(), "draining"),
            }
            if std::mem::take(&mut session.doubtful) && !draining {
                self.dispel_doubt().await?;
            }
        }
    }

    fn is_gathering(&self, session: &Session, draining: bool) -> bool {
        !draining && session.credit.free(self.shared.in_flight.busy()) > 0
    }

    /// Whether the connection lives that a session was opened on.
    fn is_current(&self, session: &Session) -> bool {
        self.shared.is_up() && self.shared.connection_number() == session.connection
    }

    async fn pull(&self, session: &mut Session, draining: bool) {
        let free = session.credit.free(self.shared.in_flight.busy());
        let now = Instant::now();
        if free == 0 || draining || !self.is_current(session) {
            session.gathering = now;
            return;
        }
        if !session.credit.is_worth_a_pull(free, now.duration_since(session.gathering)) {
            return;
        }
        let id = session.credit.open(free, now);
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let request =
            PullRequest { batch: free, expires: nanos(EXPIRES), idle_heartbeat: nanos(IDLE_HEARTBEAT) };
        let subject =
            format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.shared.stream, self.shared.config.consumer);
        // Three numbers: always serializable.
        let payload = Bytes::from(serde_json::to_vec(&request).unwrap_or_default());
        let reply = format!("{}.{id}", session.inbox);
        if let Err(error) = self.shared.client.publish_with_reply(subject, reply, payload).await {
            tracing::error!(%error, "cannot publish a pull request");
            session.credit.ended(id, Some(free));
        }
        session.gathering = now;
    }

    /// Takes a message and what else is ready.
    async fn take_burst(&self, session: &mut Session, first: Message) {
        let (mut next, mut taken) = (Some(first), Vec::new());
        while let Some(message) = next {
            taken.extend(self.take(session, message).await);
            next = match taken.len() {
                MAX_BURST => None,
                _ => session.messages.next().now_or_never().flatten(),
            };
        }
        self.start(taken);
    }

    /// Hands deliveries to the handlers' runtime: one wake-up for all of them.
    fn start(&self, mut taken: Vec<Taken>) {
        let (shared, jobs, handler) = (self.shared.clone(), self.jobs.clone(), self.handler.clone());
        let Some(last) = taken.pop() else { return };
        self.handlers.spawn(async move {
            for one in taken {
                tokio::spawn(one.run(shared.clone(), jobs.clone(), handler.clone()));
            }
            last.run(shared, jobs, handler).await;
        });
    }

    /// A delivery keeps the subject it was published to; only what the server or we sent to the inbox has its id.
    async fn take(&self, session: &mut Session, message: Message) -> Option<Taken> {
        if message.reply.is_some() && message.status.is_none() {
            return self.deliver(session, message).await;
        }
        self.hear(session, &message);
        None
    }

    /// A marker, or what the server says of a pull request.
    fn hear(&self, session: &mut Session, message: &Message) {
        let Some(last) =
            message.subject.strip_prefix(session.inbox.as_str()).and_then(|rest| rest.strip_prefix('.'))
        else {
            return;
        };
        match message.status {
            None if last == MARKER => {
                let marker = std::str::from_utf8(&message.payload).ok().and_then(|text| text.parse().ok());
                self.shared.outbox.confirm(marker.unwrap_or_default(), self.shared.connection_number());
            }
            Some(status) => {
                let Ok(id) = last.parse() else { return };
                session.status_of_pull(id, status, message);
            }
            None => {}
        }
    }

    async fn deliver(&self, session: &mut Session, message: Message) -> Option<Taken> {
        session.credit.delivered();
        let delivery = Delivery::new(&self.shared, message, &self.server)?;
        measure::delivered(&self.shared, &delivery.info);
        let (name, sequence) = (delivery.name(self.shared.class), delivery.sequence());
        if delivery.is_repeat() && self.shared.in_flight.contains(name, sequence) {
            tracing::warn!("redelivered what still runs here");
            return None;
        }
        if delivery.is_repeat() && self.shared.outbox.contains(name) {
            delivery.ack_again(&self.shared).await;
            return None;
        }
        let ack_subject = delivery.ack_subject().clone();
        let (key, cancelled) = self.shared.in_flight.enter(ack_subject, name.to_owned(), sequence);
        Some(Taken { delivery, key, cancelled })
    }

    fn cancel(&self, message: &Message) {
        let Some(headers) = &message.headers else { return };
        if let Ok(job) = wire::decode_cancel_job(headers) {
            return self.shared.in_flight.cancel(job.as_str());
        }
        let Ok(cancel) = wire::decode_cancel(&self.shared.root, headers) else { return };
        self.shared.in_flight.cancel(&cancel.reply_to);
        let until = Instant::now() + cancel.budget.min(self.shared.config.max_budget);
        remember_cancel(&self.shared, cancel.reply_to, until);
    }

    async fn report_progress(&self) {
        if !self.shared.is_up() {
            return;
        }
        let period = self.shared.config.ack_wait / 3;
        let Some(since) = Instant::now().checked_sub(period / 2) else { return };
        for ack_subject in self.shared.in_flight.older_than(since) {
            delivery::in_progress(&self.shared, &ack_subject).await;
        }
    }

    fn tick(&self, session: &mut Session) {
        let now = Instant::now();
        session.credit.expire(now);
        self.shared.cancels.lock().unwrap_or_else(PoisonError::into_inner).expire(now);
    }

    async fn publish_marker(&self, session: &mut Session) {
        match session.askers_return_by {
            Some(by) if Instant::now() < by => return,
            Some(_) => {
                session.askers_return_by = None;
                let shared = self.shared.clone();
                tokio::spawn(async move { send_kept(&shared).await });
            }
            None => {}
        }
        if let Some(marker) = self.shared.outbox.marker().filter(|_| self.shared.is_up()) {
            let subject = format!("{}.{MARKER}", session.inbox);
            let _ = self.shared.client.publish(subject, Bytes::from(marker.to_string())).await;
        }
    }
}

//! The pull loop: credit goes out in pull requests, deliveries come in and are handed to the handlers.

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
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    ServeError,
    adapter::Handler,
    clock,
    credit::{Credit, EXPIRES, GATHER, IDLE_HEARTBEAT},
    delivery::{self, Delivery},
    provision::{self, LOOK_PAUSE},
    server_life::ServerLife,
    session::Session,
    shared::{Shared, remember_cancel},
};
use crate::{config::WorkerConfig, connection::Epoch, wire};

/// How often the loop looks after pulls that ended unheard, cancels, and unconfirmed answers.
const TICK: Duration = Duration::from_secs(1);
/// How often unconfirmed answers get a marker: few are kept then, and what is kept is still in the processor's cache.
const MARKER_PERIOD: Duration = Duration::from_millis(20);
/// Pause before the next look at a connection that is not there.
const CONNECTION_PAUSE: Duration = Duration::from_millis(10);
/// How long askers may take to connect again after a loss that they share with this worker.
const ASKERS_RETURN: Duration = Duration::from_secs(1);
/// Deliveries that are handed out before the loop looks at anything else.
const MAX_BURST: usize = 256;
/// How long the last answers may take to be confirmed at the end.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(2);
/// Last token of the inbox subject of a marker.
const MARKER: &str = "marker";

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
    pub(super) config: WorkerConfig,
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
    async fn run<H: Handler>(self, shared: Arc<Shared>, handler: H) {
        delivery::run(shared, handler, self.delivery, self.key, self.cancelled).await;
    }
}

impl<H: Handler> PullLoop<H> {
    /// Pulls until drained.
    pub(super) async fn run(mut self) -> Result<(), ServeError> {
        let mut control =
            self.shared.client.subscribe(self.shared.root.control(&self.config.stream_name())).await?;
        let mut session = self.open_session(None).await?;
        let clock = clock::keep(self.shared.clone(), self.info_subject(), self.drain.clone());
        tokio::spawn(clock);
        let (mut tick, mut marker) = (tokio::time::interval(TICK), tokio::time::interval(MARKER_PERIOD));
        let mut progress = tokio::time::interval(self.config.ack_wait / 3);
        tracing::info!(stream = self.config.stream_name(), consumer = self.config.consumer,
            permits = self.config.permits, prefixes = ?self.config.prefixes, "pulling");
        loop {
            let draining = self.drain.is_cancelled();
            if draining && session.credit.out() == 0 && self.shared.in_flight.busy() == 0 {
                return self.confirm_all(&mut session).await;
            }
            self.pull(&mut session, draining).await;
            tokio::select! {
                Some(message) = session.messages.next() => self.take_burst(&mut session, message).await,
                () = self.shared.in_flight.freed.notified() => {}
                () = sleep_until(session.gathering + GATHER), if self.is_gathering(&session, draining) => {}
                Ok(()) = self.epoch.changed() => if !self.is_current(&session) {
                    session = self.open_session(Some(session)).await?;
                },
                Some(message) = control.next() => self.cancel(&message),
                _ = progress.tick() => self.report_progress().await,
                _ = marker.tick() => self.publish_marker(&mut session).await,
                _ = tick.tick() => self.tick(&mut session),
                () = self.drain.cancelled(), if !draining => tracing::info!(
                    out = session.credit.out(), busy = self.shared.in_flight.busy(), "draining"),
            }
            if std::mem::take(&mut session.doubtful) && !draining {
                self.dispel_doubt().await?;
            }
        }
    }

    /// Waits for the consumer, or for the end of this connection: on the next one a session is opened, which looks
    /// too, and the old inbox must not wait for that.
    async fn dispel_doubt(&self) -> Result<(), ServeError> {
        let mut epoch = self.epoch.clone();
        let look = async {
            sleep(LOOK_PAUSE).await;
            self.wait_for_consumer().await
        };
        tokio::select! {
            looked = look => looked,
            _ = epoch.changed() => Ok(()),
        }
    }

    fn info_subject(&self) -> String {
        format!("$JS.API.CONSUMER.INFO.{}.{}", self.config.stream_name(), self.config.consumer)
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
            format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.config.stream_name(), self.config.consumer);
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
        let (shared, handler) = (self.shared.clone(), self.handler.clone());
        let Some(last) = taken.pop() else { return };
        self.handlers.spawn(async move {
            for one in taken {
                tokio::spawn(one.run(shared.clone(), handler.clone()));
            }
            last.run(shared, handler).await;
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
        let reply_to = delivery.reply_to();
        if delivery.is_repeat() && self.shared.in_flight.contains(reply_to) {
            tracing::warn!("redelivered what still runs here");
            return None;
        }
        if delivery.is_repeat() && self.shared.outbox.contains(reply_to) {
            delivery.ack_again(&self.shared).await;
            return None;
        }
        let (key, cancelled) =
            self.shared.in_flight.enter(delivery.ack_subject().clone(), reply_to.to_owned());
        Some(Taken { delivery, key, cancelled })
    }

    fn cancel(&self, message: &Message) {
        let Some(Ok(cancel)) =
            message.headers.as_ref().map(|headers| wire::decode_cancel(&self.shared.root, headers))
        else {
            return;
        };
        self.shared.in_flight.cancel(&cancel.reply_to);
        let until = Instant::now() + cancel.budget.min(self.config.max_budget);
        remember_cancel(&self.shared, cancel.reply_to, until);
    }

    async fn report_progress(&self) {
        if !self.shared.is_up() {
            return;
        }
        let period = self.config.ack_wait / 3;
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

    /// Waits until the server has seen the last answers, so that they do not end with this process.
    async fn confirm_all(&self, session: &mut Session) -> Result<(), ServeError> {
        let confirmed = async {
            while self.shared.outbox.marker().is_some() {
                self.publish_marker(session).await;
                match timeout(MARKER_PERIOD, session.messages.next()).await {
                    Ok(Some(message)) => self.hear(session, &message),
                    Ok(None) => return,
                    Err(_) => {}
                }
            }
        };
        if timeout(CONFIRM_TIMEOUT, confirmed).await.is_err() {
            tracing::warn!("the end comes before the server has confirmed the last answers");
        }
        tracing::info!("drained");
        Ok(())
    }

    /// Ends the session of a connection that was lost, if there was one, and opens one on the next.
    ///
    /// The old inbox must go before there is a new connection: `async-nats` would subscribe to it again, and a pull
    /// request that it still holds back would be served there. What is closed it leaves out. Where we are too late,
    /// the look at the consumer is answered behind all that the old inbox still brings; that takes permits.
    async fn open_session(&mut self, mut old: Option<Session>) -> Result<Session, ServeError> {
        if let Some(session) = &mut old {
            self.take_ready(session).await;
            let _ = session.messages.unsubscribe().await;
            session.credit.reset();
        }
        self.wait_for_connection().await;
        let lost = self.epoch.borrow_and_update().lost;
        let connection = self.shared.connection_number();
        self.server.note(self.shared.client.server_info().server_id, lost);
        self.wait_for_consumer().await?;
        let askers_return_by = old.is_some().then(|| Instant::now() + ASKERS_RETURN);
        if let Some(session) = &mut old {
            self.take_ready(session).await;
        }
        let inbox = self.shared.client.new_inbox();
        let messages = self.shared.client.subscribe(format!("{inbox}.*")).await?;
        // Before the first pull: what is unsettled for the server must not exceed the permits either.
        send_kept(&self.shared).await;
        let (credit, now) = (Credit::new(self.config.permits), Instant::now());
        let session = Session {
            connection,
            inbox,
            messages,
            credit,
            gathering: now,
            doubtful: false,
            askers_return_by,
        };
        Ok(session)
    }

    /// Takes what has come on an inbox.
    async fn take_ready(&self, session: &mut Session) {
        while let Some(Some(message)) = session.messages.next().now_or_never() {
            self.take_burst(session, message).await;
        }
    }

    /// Waits until there is a connection again, or nothing left to do without one.
    async fn wait_for_connection(&self) {
        while !(self.shared.is_up() || self.drain.is_cancelled() && self.shared.in_flight.busy() == 0) {
            sleep(CONNECTION_PAUSE).await;
        }
    }

    /// Looks until the consumer is there; what is in work is kept alive meanwhile.
    async fn wait_for_consumer(&self) -> Result<(), ServeError> {
        let mut complaint = provision::Complaint::default();
        while let Err(error) = self.look().await {
            if !error.is_transient() {
                return Err(error.into());
            }
            if self.drain.is_cancelled() && self.shared.in_flight.busy() == 0 {
                return Ok(());
            }
            complaint.log(&error);
            self.report_progress().await;
            sleep(LOOK_PAUSE).await;
        }
        Ok(())
    }

    /// Looks whether the consumer is there, makes it if it is ours to make, and reads the server's clock.
    async fn look(&self) -> Result<(), provision::ProvisionError> {
        if !self.shared.clock.read(&self.shared.client, &self.info_subject()).await {
            provision::ensure(&self.shared.jetstream, &self.config).await?;
            if !self.shared.clock.read(&self.shared.client, &self.info_subject()).await {
                return Err(provision::ProvisionError::JetStream {
                    action: "show the consumer",
                    reason: "no answer".to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Publishes all unconfirmed answers again: after a reconnect, and once more when askers have reconnected too.
async fn send_kept(shared: &Shared) {
    for sent in shared.outbox.take() {
        delivery::send(shared, sent).await;
    }
}

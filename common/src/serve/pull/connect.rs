//! The pull loop and its connections: a session for each, and the consumer that it needs.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep, timeout};

use super::{MARKER_PERIOD, PullLoop};
use crate::serve::{
    ServeError,
    adapter::Handler,
    credit::Credit,
    delivery,
    provision::{self, LOOK_PAUSE},
    session::Session,
    shared::Shared,
};

/// Pause before the next look at a connection that is not there.
const CONNECTION_PAUSE: Duration = Duration::from_millis(10);
/// How long askers may take to connect again after a loss that they share with this worker.
const ASKERS_RETURN: Duration = Duration::from_secs(1);
/// How long the last answers may take to be confirmed at the end.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(2);

impl<H: Handler> PullLoop<H> {
    pub(super) fn info_subject(&self) -> String {
        format!("$JS.API.CONSUMER.INFO.{}.{}", self.shared.stream, self.shared.config.consumer)
    }

    /// Waits for the consumer, or for the end of this connection: on the next one a session is opened, which looks
    /// too, and the old inbox must not wait for that.
    pub(super) async fn dispel_doubt(&self) -> Result<(), ServeError> {
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

    /// Waits until the server has seen the last answers, so that they do not end with this process.
    pub(super) async fn confirm_all(&self, session: &mut Session) -> Result<(), ServeError> {
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
        let all = async {
            confirmed.await;
            let _ = self.shared.client.flush().await;
        };
        if timeout(CONFIRM_TIMEOUT, all).await.is_err() {
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
    pub(super) async fn open_session(&mut self, mut old: Option<Session>) -> Result<Session, ServeError> {
        if let Some(session) = &mut old {
            self.take_ready(session).await;
            let _ = session.messages.unsubscribe().await;
            session.credit.reset();
            self.shared.figures.note(&session.credit, false);
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
        let (credit, now) = (Credit::new(self.shared.permits), Instant::now());
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
            provision::ensure(&self.shared.jetstream, &self.shared.config, self.shared.class).await?;
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
pub(super) async fn send_kept(shared: &Shared) {
    for sent in shared.outbox.take() {
        delivery::send(shared, sent).await;
    }
}

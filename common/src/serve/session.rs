//! What lives as long as one connection of a worker.

use async_nats::{Message, StatusCode, Subscriber};
use tokio::time::Instant;

use super::credit::Credit;

/// What lives as long as one connection: the inbox and what is out on it.
pub(super) struct Session {
    /// The connection it was opened on.
    pub(super) connection: u64,
    pub(super) inbox: String,
    pub(super) messages: Subscriber,
    pub(super) credit: Credit,
    /// When the first of the permits that are free now came free.
    pub(super) gathering: Instant,
    /// Whether a status told that the consumer may be gone.
    pub(super) doubtful: bool,
    /// Until then no answer counts as arrived: its asker may not have subscribed again yet.
    pub(super) askers_return_by: Option<Instant>,
}

impl Session {
    /// A pull request tells of itself: it is alive, or it has ended.
    pub(super) fn status_of_pull(&mut self, id: u64, status: StatusCode, message: &Message) {
        if status == StatusCode::IDLE_HEARTBEAT {
            return self.credit.heard(id, Instant::now());
        }
        let pending = message.headers.as_ref().and_then(|headers| headers.get("Nats-Pending-Messages"));
        let pending = pending.and_then(|pending| pending.as_str().parse().ok());
        self.credit.ended(id, pending);
        if pending.is_none() {
            tracing::warn!(%status, description = message.description, "a pull request was refused");
            self.doubtful = true;
        }
    }
}

//! Answers that were sent but may be lost with their connection: kept until the server has seen them.
//!
//! After a reconnect `async-nats` drops what it had written to the old connection, while acks that came later go
//! out on the new one. So an answer is kept until a marker that was published after it, on the same connection,
//! has come back; after a reconnect all that is kept is published again, answer before ack.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_nats::Subject;
use bytes::Bytes;
use http::{Method, Response};

use crate::wire::{Attempt, Timing};

/// Most answers that are kept; beyond them the oldest is let go unconfirmed.
const MAX_KEPT: usize = 16_384;
/// Most octets of bodies that are kept.
const MAX_KEPT_OCTETS: usize = 64 << 20;

/// One answer, with what it takes to send it again.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) ack_subject: Subject,
    pub(super) reply_to: String,
    pub(super) method: Method,
    pub(super) response: Response<Bytes>,
    pub(super) attempt: Attempt,
    pub(super) timing: Timing,
    pub(super) error: Option<&'static str>,
    /// The connection it went out on.
    pub(super) connection: u64,
}

#[derive(Debug, Default)]
struct Kept {
    sent: VecDeque<Sent>,
    octets: usize,
    /// Number of the first that is kept.
    first: u64,
}

impl Kept {
    fn pop(&mut self) {
        if let Some(sent) = self.sent.pop_front() {
            self.first += 1;
            self.octets -= sent.response.body().len();
        }
    }
}

/// The answers that are kept.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    kept: Mutex<Kept>,
}

impl Outbox {
    /// Keeps an answer. Its publish and its ack have been handed to the connection.
    pub(super) fn keep(&self, sent: Sent) {
        let mut kept = self.kept();
        kept.octets += sent.response.body().len();
        kept.sent.push_back(sent);
        while kept.sent.len() > MAX_KEPT || kept.octets > MAX_KEPT_OCTETS {
            kept.pop();
        }
    }

    /// A marker that covers all that is kept now; `None` if nothing is.
    pub(super) fn marker(&self) -> Option<u64> {
        let kept = self.kept();
        (!kept.sent.is_empty()).then(|| kept.first + kept.sent.len() as u64)
    }

    /// A marker has come back on `connection`: what went out before it on the same one has arrived.
    pub(super) fn confirm(&self, marker: u64, connection: u64) {
        let mut kept = self.kept();
        while kept.first < marker && kept.sent.front().is_some_and(|sent| sent.connection == connection) {
            kept.pop();
        }
    }

    /// All that is kept, to be sent again; what is not confirmed then comes back by [`Self::keep`].
    pub(super) fn take(&self) -> Vec<Sent> {
        let mut kept = self.kept();
        kept.first += kept.sent.len() as u64;
        kept.octets = 0;
        kept.sent.drain(..).collect()
    }

    /// Whether this very call has been answered a moment ago.
    pub(super) fn contains(&self, reply_to: &str) -> bool {
        self.kept().sent.iter().any(|sent| sent.reply_to == reply_to)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // No code panics while it holds the lock, and the list is whole after each step.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

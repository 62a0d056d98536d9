//! `ReplyInbox`: one wildcard subscription for all answers of a process, and the table of who waits.
//!
//! The inbox is also the reply field of each publish, so publish acks arrive here too. Three kinds of message
//! are told apart: status 503 (no stream listens to the subject), a publish ack (JSON), an answer.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use async_nats::{Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use slab::Slab;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use crate::{connection::Connection, wire::Cancel};

#[cfg(any(test, fuzzing))]
pub(crate) mod property;
#[cfg(test)]
mod tests;

/// Cancels that may wait to be published; beyond them a cancel is dropped, for it is only a courtesy.
const MAX_QUEUED_CANCELS: usize = 4096;

/// How long after a reconnect receipts may still come for what went out on the new connection.
const RECEIPT_PAUSE: Duration = Duration::from_millis(500);

/// What ends a wait.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A message that should be an answer.
    Answer(Message),
    /// No stream listens to the subject.
    NoResponders,
    /// The connection was lost and is there again, and nothing tells that a stream has stored the message.
    Unconfirmed,
    /// The stream refused to store the message.
    Refused {
        /// JetStream's error code.
        code: u64,
        /// JetStream's words.
        description: String,
    },
}

/// A cancel and the stream whose workers must hear it.
#[derive(Debug)]
pub(crate) struct StreamCancel {
    pub(crate) stream: String,
    pub(crate) cancel: Cancel,
}

/// Who a slot belongs to. While its [`Waiter`] lives, only that may remove it.
#[derive(Debug)]
enum WaiterState {
    /// Waits for the first outcome.
    Waiting(oneshot::Sender<Outcome>),
    /// Has an outcome; whatever else comes is dropped.
    Answered,
    /// Has left before the receipt came; the slot stays until then, so that a cancel can follow it.
    Gone,
}

#[derive(Debug)]
struct Slot {
    secret: u64,
    deadline: Instant,
    /// Whether it may be published again when it may have been lost.
    repeatable: bool,
    waiter: WaiterState,
    /// Whether the time of its receipt counts: its publish has a span.
    is_traced: bool,
    receipt: Option<Receipt>,
}

/// A publish ack as it came.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    octets: Bytes,
    /// When, if somebody wants to know.
    pub(crate) at: Option<SystemTime>,
}

impl Receipt {
    /// The stream, and the sequence there.
    pub(crate) fn place(&self) -> Option<(String, u64)> {
        let PublishAck { stream, seq, .. } = serde_json::from_slice(&self.octets).ok()?;
        Some((stream, seq))
    }
}

/// The table of who waits. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct ReplyInbox {
    prefix: Arc<str>,
    slots: Arc<Mutex<Slab<Slot>>>,
    cancels: mpsc::Sender<StreamCancel>,
}

#[derive(Deserialize)]
struct PublishAck {
    #[serde(default)]
    stream: String,
    #[serde(default)]
    seq: u64,
    error: Option<PublishAckError>,
}

#[derive(Deserialize)]
struct PublishAckError {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

impl ReplyInbox {
    /// An inbox for the reply subjects that begin with `prefix`, and where its cancels come out.
    pub(crate) fn new(prefix: &str) -> (Self, mpsc::Receiver<StreamCancel>) {
        let (cancels, receiver) = mpsc::channel(MAX_QUEUED_CANCELS);
        (Self { prefix: prefix.into(), slots: Arc::default(), cancels }, receiver)
    }

    /// Delivers messages to waiters until the subscription ends. It never waits for anything else.
    pub(crate) async fn run(self, mut subscription: Subscriber, connection: Connection) {
        let mut sweep = tokio::time::interval(Duration::from_secs(1));
        let (mut epoch, mut back) = (connection.epoch(), None);
        loop {
            tokio::select! {
                Ok(()) = epoch.changed() => back = connection.is_up().then(|| Instant::now() + RECEIPT_PAUSE),
                () = sleep_until(back.unwrap_or_else(Instant::now)), if back.is_some() => {
                    back = None;
                    self.doubt();
                }
                message = subscription.next() => match message {
                    Some(message) => self.deliver(message),
                    None => return,
                },
                _ = sweep.tick() => self.sweep(),
            }
        }
    }

    /// Waiters, and slots that still wait for a receipt so that a cancel can follow it.
    pub(crate) fn len(&self) -> usize {
        self.slots().len()
    }

    /// Reserves a reply subject.
    ///
    /// A `repeatable` request may be published again when it may have been lost with a connection: it is told so.
    pub(crate) fn register(&self, deadline: Instant, repeatable: bool) -> Waiter {
        let secret = rand::random();
        let (sender, outcome) = oneshot::channel();
        let waiter = WaiterState::Waiting(sender);
        let slot = Slot { secret, deadline, repeatable, waiter, is_traced: false, receipt: None };
        let key = self.slots().insert(slot);
        let reply_to = format!("{}{key:x}-{secret:016x}", self.prefix);
        Waiter { inbox: self.clone(), key, reply_to, outcome, handed_over: false }
    }

    fn slots(&self) -> MutexGuard<'_, Slab<Slot>> {
        // No code panics while it holds the lock, and the table is whole after each step.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, message: Message) {
        let Some((key, secret)) = self.parse(&message.subject) else { return };
        let outcome = classify(message);
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(key).filter(|slot| slot.secret == secret) else { return };
        match (std::mem::replace(&mut slot.waiter, WaiterState::Answered), outcome) {
            (WaiterState::Waiting(waiter), Classified::End(outcome)) => drop(waiter.send(outcome)),
            (WaiterState::Waiting(waiter), Classified::Receipt(receipt)) => {
                slot.waiter = WaiterState::Waiting(waiter);
                let at = slot.is_traced.then(SystemTime::now);
                slot.receipt = Some(Receipt { octets: receipt, at });
            }
            (WaiterState::Answered, _) => {}
            (WaiterState::Gone, Classified::End(_)) => drop(slots.remove(key)),
            (WaiterState::Gone, Classified::Receipt(receipt)) => {
                let slot = slots.remove(key);
                drop(slots);
                let reply_to = format!("{}{key:x}-{secret:016x}", self.prefix);
                self.cancel(&receipt, reply_to, slot.deadline);
            }
        }
    }

    /// After a reconnect: tells those whose messages may not have arrived.
    fn doubt(&self) {
        let mut slots = self.slots();
        let doubtful =
            slots.iter_mut().map(|(_, slot)| slot).filter(|slot| slot.repeatable && slot.receipt.is_none());
        for slot in doubtful {
            match std::mem::replace(&mut slot.waiter, WaiterState::Answered) {
                WaiterState::Waiting(waiter) => drop(waiter.send(Outcome::Unconfirmed)),
                other => slot.waiter = other,
            }
        }
    }

    fn parse(&self, subject: &str) -> Option<(usize, u64)> {
        let (key, secret) = subject.strip_prefix(&*self.prefix)?.split_once('-')?;
        Some((usize::from_str_radix(key, 16).ok()?, u64::from_str_radix(secret, 16).ok()?))
    }

    fn cancel(&self, receipt: &[u8], reply_to: String, deadline: Instant) {
        let budget = deadline.saturating_duration_since(Instant::now());
        let Ok(PublishAck { stream, .. }) = serde_json::from_slice(receipt) else { return };
        if !budget.is_zero() && !stream.is_empty() {
            let _ = self.cancels.try_send(StreamCancel { stream, cancel: Cancel { reply_to, budget } });
        }
    }

    /// Forgets those who left and whose receipt never came.
    fn sweep(&self) {
        let now = Instant::now();
        self.slots().retain(|_, slot| !matches!(slot.waiter, WaiterState::Gone) || slot.deadline > now);
    }
}

enum Classified {
    Receipt(Bytes),
    End(Outcome),
}

fn classify(message: Message) -> Classified {
    if message.status == Some(StatusCode::NO_RESPONDERS) {
        return Classified::End(Outcome::NoResponders);
    }
    if message.headers.is_none()
        && let Ok(ack) = serde_json::from_slice::<PublishAck>(&message.payload)
    {
        match ack.error {
            Some(error) => {
                let refused = Outcome::Refused { code: error.err_code, description: error.description };
                return Classified::End(refused);
            }
            None if !ack.stream.is_empty() => return Classified::Receipt(message.payload),
            None => {} // Some other JSON: an answer that cannot be decoded.
        }
    }
    Classified::End(Outcome::Answer(message))
}

/// One who waits. Dropping it before the answer came cancels the call.
#[derive(Debug)]
pub(crate) struct Waiter {
    inbox: ReplyInbox,
    key: usize,
    reply_to: String,
    outcome: oneshot::Receiver<Outcome>,
    /// Whether a receipt may come.
    handed_over: bool,
}

impl Waiter {
    /// The subject that the answer must go to.
    pub(crate) fn reply_to(&self) -> &str {
        &self.reply_to
    }

    /// Whether a receipt may come: from just before the publish on, unless that fails.
    pub(crate) fn expect_receipt(&mut self, expected: bool) {
        self.handed_over = expected;
    }

    /// Waits for what ends this try; `None` only if the inbox itself is gone.
    pub(crate) async fn outcome(&mut self) -> Option<Outcome> {
        (&mut self.outcome).await.ok()
    }

    /// Waits anew under the same reply subject.
    pub(crate) fn again(&mut self) {
        let (sender, outcome) = oneshot::channel();
        if let Some(slot) = self.inbox.slots().get_mut(self.key) {
            slot.waiter = WaiterState::Waiting(sender);
            slot.receipt = None;
        }
        self.outcome = outcome;
        self.handed_over = false;
    }

    /// Has the time noted at which the receipt comes.
    pub(crate) fn trace(&self) {
        if let Some(slot) = self.inbox.slots().get_mut(self.key) {
            slot.is_traced = true;
        }
    }

    /// The receipt, if it has come.
    pub(crate) fn receipt(&self) -> Option<Receipt> {
        self.inbox.slots().get(self.key).and_then(|slot| slot.receipt.clone())
    }

    /// Whether a stream has confirmed that it stored the message.
    pub(crate) fn is_stored(&self) -> bool {
        self.inbox.slots().get(self.key).is_some_and(|slot| slot.receipt.is_some())
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut slots = self.inbox.slots();
        let Some(slot) = slots.get_mut(self.key) else { return };
        let unanswered = matches!(slot.waiter, WaiterState::Waiting(_));
        if unanswered && self.handed_over && slot.receipt.is_none() && slot.deadline > Instant::now() {
            slot.waiter = WaiterState::Gone; // The cancel follows the receipt.
            return;
        }
        let slot = slots.remove(self.key);
        drop(slots);
        if let (true, Some(receipt)) = (unanswered, slot.receipt) {
            self.inbox.cancel(&receipt.octets, std::mem::take(&mut self.reply_to), slot.deadline);
        }
    }
}

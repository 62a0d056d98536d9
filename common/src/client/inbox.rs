//! `ReplyInbox`: one wildcard subscription for all answers of a process, and the table of who waits.
//!
//! The inbox is also the reply field of each publish, so publish acks arrive here too. Three kinds of message
//! are told apart: status 503 (no stream listens to the subject), a publish ack (JSON), an answer.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_nats::{Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use slab::Slab;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use crate::wire::Cancel;

#[cfg(any(test, fuzzing))]
pub(crate) mod property;

/// Cancels that may wait to be published; beyond them a cancel is dropped, for it is only a courtesy.
const MAX_QUEUED_CANCELS: usize = 4096;

/// What ends a wait.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A message that should be an answer.
    Answer(Message),
    /// No stream listens to the subject.
    NoResponders,
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
    waiter: WaiterState,
    /// The publish ack as it came.
    receipt: Option<Bytes>,
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
    pub(crate) async fn run(self, mut subscription: Subscriber) {
        let mut sweep = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
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
    pub(crate) fn register(&self, deadline: Instant) -> Waiter {
        let secret = rand::random();
        let (sender, outcome) = oneshot::channel();
        let slot = Slot { secret, deadline, waiter: WaiterState::Waiting(sender), receipt: None };
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
                slot.receipt = Some(receipt);
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
            self.inbox.cancel(&receipt, std::mem::take(&mut self.reply_to), slot.deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use async_nats::HeaderMap;
    use proptest::prelude::*;

    use super::*;

    const STORED: &str = r#"{"stream":"s","seq":1}"#;

    proptest! {
        #[test]
        fn a_hostile_message_disturbs_nobody_that_it_is_not_for(
            subject in "uptake.reply.proxy.0.[01x-]{0,20}|[a-z.]{0,20}",
            no_responders in any::<bool>(),
            headers in any::<bool>(),
            payload in r#"\{"(stream|error)":("[a-c.*> \\]{0,5}"|\{"err_code":[0-9]{1,25}\}|\{\}|null)\}|[ -~]{0,20}"#,
        ) {
            let message = property::message(no_responders, headers.then(HeaderMap::new), payload.as_bytes());
            property::inbox_survives(&"uptake".parse().unwrap(), &subject, &message);
        }
    }

    fn message(subject: &str, headers: Option<HeaderMap>, payload: &'static str) -> Message {
        Message {
            subject: subject.into(),
            reply: None,
            payload: Bytes::from_static(payload.as_bytes()),
            headers,
            status: None,
            description: None,
            length: 0,
        }
    }

    fn answer(subject: &str) -> Message {
        message(subject, Some(HeaderMap::new()), "answer")
    }

    fn inbox() -> (ReplyInbox, mpsc::Receiver<StreamCancel>) {
        ReplyInbox::new("uptake.reply.proxy.0.")
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[tokio::test]
    async fn an_answer_that_comes_twice_leaves_the_next_waiter_alone() {
        let (inbox, _cancels) = inbox();
        let mut first = inbox.register(soon());
        inbox.deliver(answer(first.reply_to()));
        inbox.deliver(answer(first.reply_to()));
        inbox.deliver(message(first.reply_to(), None, STORED));
        let mut second = inbox.register(soon());
        assert!(matches!(first.outcome().await, Some(Outcome::Answer(_))));
        drop(first);
        inbox.deliver(answer(second.reply_to()));
        assert!(matches!(second.outcome().await, Some(Outcome::Answer(_))));
        drop(second);
        assert_eq!(inbox.len(), 0);
    }

    #[tokio::test]
    async fn who_leaves_is_cancelled_once_its_stream_is_known() {
        let (inbox, mut cancels) = inbox();
        let stored = inbox.register(soon());
        let (reply_to, stored_reply_to) = {
            let mut unknown = inbox.register(soon());
            unknown.expect_receipt(true);
            inbox.deliver(message(stored.reply_to(), None, STORED));
            (unknown.reply_to().to_owned(), stored.reply_to().to_owned())
        };
        assert!(cancels.try_recv().is_err(), "no receipt, no stream to tell");
        drop(stored);
        assert_eq!(cancels.try_recv().unwrap().cancel.reply_to, stored_reply_to);
        inbox.deliver(message(&reply_to, None, STORED));
        let StreamCancel { stream, cancel } = cancels.try_recv().unwrap();
        assert_eq!((stream.as_str(), cancel.reply_to), ("s", reply_to));
        assert_eq!(inbox.len(), 0);
    }

    #[tokio::test]
    async fn what_is_not_for_a_waiter_changes_nothing() {
        let (inbox, _cancels) = inbox();
        let mut waiter = inbox.register(soon());
        let (key, _) = inbox.parse(waiter.reply_to()).unwrap();
        for subject in
            ["uptake.reply.proxy.0.x", "other.reply.proxy.0.0-1", &format!("uptake.reply.proxy.0.{key:x}-7")]
        {
            inbox.deliver(answer(subject));
        }
        inbox.deliver(message(
            waiter.reply_to(),
            None,
            "{\"error\":{\"err_code\":10077,\"description\":\"full\"}}",
        ));
        assert!(matches!(waiter.outcome().await, Some(Outcome::Refused { code: 10077, .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn who_left_without_a_receipt_is_forgotten_at_the_end_of_its_budget() {
        let (inbox, _cancels) = inbox();
        let mut waiter = inbox.register(soon());
        waiter.expect_receipt(true);
        drop(waiter);
        inbox.sweep();
        assert_eq!(inbox.len(), 1);
        tokio::time::advance(Duration::from_secs(6)).await;
        inbox.sweep();
        assert_eq!(inbox.len(), 0);
    }

    #[tokio::test]
    async fn who_left_before_anything_was_published_is_forgotten_at_once() {
        let (inbox, _cancels) = inbox();
        drop(inbox.register(soon()));
        assert_eq!(inbox.len(), 0);
    }

    #[tokio::test]
    async fn a_json_object_that_is_no_receipt_is_an_answer() {
        let (inbox, _cancels) = inbox();
        let mut waiter = inbox.register(soon());
        inbox.deliver(message(waiter.reply_to(), None, r#"{"hello":"world"}"#));
        assert!(matches!(waiter.outcome().await, Some(Outcome::Answer(_))));
    }
}

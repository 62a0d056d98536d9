//! What this worker has in work: for progress acks, cancels, and redeliveries of what still runs.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use async_nats::Subject;
use slab::Slab;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

#[derive(Debug)]
struct Entry {
    ack_subject: Subject,
    reply_to: String,
    since: Instant,
    cancel: Option<oneshot::Sender<()>>,
}

/// The deliveries that hold a permit.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    entries: Mutex<Slab<Entry>>,
    busy: AtomicU32,
    /// Rings whenever a permit returns.
    pub(super) freed: Notify,
}

/// Holds a permit and a place in the table; both return when it is dropped.
#[derive(Debug)]
pub(super) struct Held<'a> {
    table: &'a InFlight,
    key: usize,
}

impl InFlight {
    /// Permits that are held.
    pub(super) fn busy(&self) -> u32 {
        self.busy.load(Ordering::Acquire)
    }

    /// Takes a permit for a delivery; what comes out ends it when its call is cancelled.
    pub(super) fn enter(&self, ack_subject: Subject, reply_to: String) -> (usize, oneshot::Receiver<()>) {
        let (sender, cancelled) = oneshot::channel();
        self.busy.fetch_add(1, Ordering::AcqRel);
        let entry = Entry { ack_subject, reply_to, since: Instant::now(), cancel: Some(sender) };
        (self.entries().insert(entry), cancelled)
    }

    /// The holder of what [`Self::enter`] gave out.
    pub(super) fn hold(&self, key: usize) -> Held<'_> {
        Held { table: self, key }
    }

    /// Whether this very call is in work here.
    pub(super) fn contains(&self, reply_to: &str) -> bool {
        self.entries().iter().any(|(_, entry)| entry.reply_to == reply_to)
    }

    /// Ends the handler of a cancelled call, if it runs here.
    pub(super) fn cancel(&self, reply_to: &str) {
        let mut entries = self.entries();
        let cancelled = entries.iter_mut().find(|(_, entry)| entry.reply_to == reply_to);
        if let Some(cancel) = cancelled.and_then(|(_, entry)| entry.cancel.take()) {
            let _ = cancel.send(());
        }
    }

    /// The ack subjects of all that has been in work since before `since`.
    pub(super) fn older_than(&self, since: Instant) -> Vec<Subject> {
        let entries = self.entries();
        entries
            .iter()
            .filter(|(_, entry)| entry.since <= since)
            .map(|(_, entry)| entry.ack_subject.clone())
            .collect()
    }

    fn entries(&self) -> MutexGuard<'_, Slab<Entry>> {
        // No code panics while it holds the lock, and the table is whole after each step.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.table.entries().try_remove(self.key);
        self.table.busy.fetch_sub(1, Ordering::AcqRel);
        self.table.freed.notify_one();
    }
}

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
    /// The reply subject of a call, the id of a job.
    name: String,
    /// Stream sequence: another message of the same job is another delivery.
    sequence: u64,
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

    /// Takes a permit for a delivery; what comes out rings when its call or job is cancelled.
    pub(super) fn enter(
        &self,
        ack_subject: Subject,
        name: String,
        sequence: u64,
    ) -> (usize, oneshot::Receiver<()>) {
        let (sender, cancelled) = oneshot::channel();
        self.busy.fetch_add(1, Ordering::AcqRel);
        let entry = Entry { ack_subject, name, sequence, since: Instant::now(), cancel: Some(sender) };
        (self.entries().insert(entry), cancelled)
    }

    /// The holder of what [`Self::enter`] gave out.
    pub(super) fn hold(&self, key: usize) -> Held<'_> {
        Held { table: self, key }
    }

    /// Whether this very message is in work here.
    pub(super) fn contains(&self, name: &str, sequence: u64) -> bool {
        self.entries().iter().any(|(_, entry)| entry.sequence == sequence && entry.name == name)
    }

    /// Tells what runs of a cancelled call or job, if it runs here.
    pub(super) fn cancel(&self, name: &str) {
        for (_, entry) in self.entries().iter_mut().filter(|(_, entry)| entry.name == name) {
            if let Some(cancel) = entry.cancel.take() {
                let _ = cancel.send(());
            }
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

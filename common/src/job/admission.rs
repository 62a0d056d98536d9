//! Whether there is room for the answer of one more job, so that none meets a full store when it is done.

use std::{sync::Arc, time::Duration};

use futures_util::TryStreamExt as _;
use tokio::{sync::Mutex, time::Instant};

use super::store::JobStore;
use crate::Fault;

/// How old the figures may be; what this process has admitted since is added.
const FRESH: Duration = Duration::from_secs(1);
/// How old they may be while JetStream does not tell newer ones.
const STALE: Duration = Duration::from_secs(10);
/// A part of the bucket that is left to what other proxies have admitted since.
const HEADROOM: u64 = 16;

/// What is free, and what is promised.
#[derive(Clone, Copy, Debug)]
struct Room {
    read: Instant,
    /// Octets that the bucket may still take.
    free: u64,
    /// Octets that one record may take.
    record: u64,
    /// Jobs that are not final.
    open: u64,
}

impl Room {
    fn has_place(&self) -> bool {
        self.record.saturating_mul(self.open + 1) <= self.free
    }
}

/// Admits jobs. Clones share the figures.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    store: JobStore,
    /// Holding the lock is the right to read the figures, so one look serves all who wait.
    room: Arc<Mutex<Option<Room>>>,
}

impl Admission {
    pub(crate) fn new(store: JobStore) -> Self {
        Self { store, room: Arc::default() }
    }

    /// Admits one job.
    ///
    /// # Errors
    /// [`Fault::JobStoreFull`] if its answer may find no room, [`Fault::JobStoreUnavailable`] if nobody knows.
    pub(crate) async fn admit(&self) -> Result<(), Fault> {
        let mut known = self.room.lock().await;
        if known.is_none_or(|room| room.read.elapsed() >= FRESH) {
            match self.look().await {
                Some(room) => *known = Some(room),
                None if known.is_none_or(|room| room.read.elapsed() >= STALE) => {
                    return Err(Fault::JobStoreUnavailable);
                }
                None => {}
            }
        }
        match known.as_mut() {
            Some(room) if room.has_place() => {
                room.open += 1;
                Ok(())
            }
            Some(_) => Err(Fault::JobStoreFull),
            None => Err(Fault::JobStoreUnavailable),
        }
    }

    /// A job is open for as long as its message is in its stream, so that the streams count them.
    async fn look(&self) -> Option<Room> {
        let read = Instant::now();
        let streams: Vec<_> = self.store.context().streams().try_collect().await.ok()?;
        let jobs = format!("{}.job.", self.store.root());
        let is_of_jobs = |subject: &str| subject.starts_with(&jobs);
        let open = streams
            .iter()
            .filter(|stream| stream.config.subjects.iter().any(|subject| is_of_jobs(subject)))
            .map(|stream| stream.state.messages)
            .sum();
        let name = self.store.stream_name();
        let bucket = streams.iter().find(|stream| stream.config.name == name)?;
        let limit = u64::try_from(bucket.config.max_bytes).unwrap_or(u64::MAX);
        let free = (limit - limit / HEADROOM).saturating_sub(bucket.state.bytes);
        let record = u64::try_from(bucket.config.max_message_size).unwrap_or_default();
        Some(Room { read, free, record, open })
    }
}

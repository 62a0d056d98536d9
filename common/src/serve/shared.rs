//! What the pull loop and the deliveries of a worker share.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use async_nats::connection::State;

use super::{
    cancels::Cancels, clock::ServerClock, figures::Figures, in_flight::InFlight, measure::Histograms,
    outbox::Outbox,
};
use crate::{
    config::WorkerConfig,
    connection::Connection,
    pace::Pace,
    wire::{Attempt, Class, Root},
};

/// What the pull loop of one class and its deliveries share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: WorkerConfig,
    pub(super) class: Class,
    /// The stream that is pulled from.
    pub(super) stream: String,
    /// Deliveries that may be in work at once.
    pub(super) permits: u32,
    pub(super) root: Root,
    pub(super) client: async_nats::Client,
    pub(super) jetstream: async_nats::jetstream::Context,
    pub(super) instance: String,
    pub(super) clock: ServerClock,
    pub(super) in_flight: InFlight,
    pub(super) outbox: Outbox,
    /// Of calls: jobs have no budget that they could miss.
    pub(super) pace: Pace,
    pub(super) cancels: Mutex<Cancels>,
    /// Whether any cancel is remembered: spares the lock where there is none.
    pub(super) any_cancels: AtomicBool,
    pub(super) figures: Figures,
    pub(super) histograms: Histograms,
}

impl Shared {
    /// Nothing is in work yet.
    pub(super) fn new(config: &WorkerConfig, class: Class, connection: &Connection) -> Self {
        Self {
            config: config.clone(),
            class,
            stream: config.stream_of(class),
            permits: match class {
                Class::Call => config.permits,
                Class::Job => config.jobs.permits,
            },
            root: config.nats.root.clone(),
            client: connection.client().clone(),
            jetstream: async_nats::jetstream::new(connection.client().clone()),
            instance: connection.instance().to_owned(),
            clock: ServerClock::default(),
            in_flight: InFlight::default(),
            outbox: Outbox::default(),
            pace: Pace::default(),
            cancels: Mutex::default(),
            any_cancels: AtomicBool::default(),
            figures: Figures::default(),
            histograms: Histograms::new(config, class),
        }
    }

    /// Who answers a delivery.
    pub(super) fn attempt(&self, delivered: i64) -> Attempt {
        Attempt { worker: self.instance.clone(), delivery: u64::try_from(delivered).unwrap_or_default() }
    }

    /// Counts the connections made. It changes before anything goes out on a new one.
    pub(super) fn connection_number(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Acquire)
    }

    /// Whether the connection is up, as far as is known. What is published while it is not goes out, late, on the
    /// next one.
    pub(super) fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Whether nobody waits for this call.
    pub(super) fn is_cancelled(&self, reply_to: &str) -> bool {
        self.any_cancels.load(Ordering::Acquire)
            && self.cancels.lock().unwrap_or_else(PoisonError::into_inner).contains(reply_to)
    }
}

/// Remembers that nobody waits for a call until `until`.
pub(super) fn remember_cancel(shared: &Arc<Shared>, reply_to: String, until: tokio::time::Instant) {
    let mut cancels = shared.cancels.lock().unwrap_or_else(PoisonError::into_inner);
    cancels.remember(reply_to, until);
    shared.any_cancels.store(true, Ordering::Release);
}

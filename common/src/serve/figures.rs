//! What the loop of one class and its deliveries count of themselves: for metrics, and for who asks the worker.
//!
//! They are relaxed additions beside the work, and nobody decides by them.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::credit::Credit;
use crate::{
    Fault,
    wire::{DeadCause, JobState},
};

/// The figures of one class. Counters are since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    first: AtomicU64,
    repeated: AtomicU64,
    answered: AtomicU64,
    faults: AtomicU64,
    processing_nanos: AtomicU64,
    dead_letters: [AtomicU64; DeadCause::ALL.len()],
    jobs: [AtomicU64; JobState::ALL.len()],
    out: AtomicU32,
    pulling: AtomicBool,
    last_fault: Mutex<Option<Fault>>,
}

impl Figures {
    /// A message was handed to this worker.
    pub(super) fn delivered(&self, is_repeat: bool) {
        let counter = if is_repeat { &self.repeated } else { &self.first };
        counter.fetch_add(1, Relaxed);
    }

    /// A delivery was answered, by its service after so long, or by the platform with a fault.
    pub(super) fn answered(&self, handler: Duration, fault: Option<Fault>) {
        let counter = if fault.is_some() { &self.faults } else { &self.answered };
        counter.fetch_add(1, Relaxed);
        self.processing_nanos.fetch_add(u64::try_from(handler.as_nanos()).unwrap_or(u64::MAX), Relaxed);
        if fault.is_some() {
            *self.last_fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        }
    }

    /// A dead letter was stored.
    pub(super) fn dead_letter(&self, cause: DeadCause) {
        count(&DeadCause::ALL, &self.dead_letters, cause);
    }

    /// A job was brought to a state.
    pub(super) fn job(&self, state: JobState) {
        count(&JobState::ALL, &self.jobs, state);
    }

    /// What is out in pull requests now, and whether more would be if there were permits.
    pub(super) fn note(&self, credit: &Credit, pulling: bool) {
        self.pulling.store(pulling, Relaxed);
        self.out.store(credit.out(), Relaxed);
    }

    /// Deliveries of what had not been delivered before.
    pub(crate) fn first_deliveries(&self) -> u64 {
        self.first.load(Relaxed)
    }

    /// Deliveries of what had been delivered before.
    pub(crate) fn redeliveries(&self) -> u64 {
        self.repeated.load(Relaxed)
    }

    /// Deliveries that the service has answered.
    pub(crate) fn answers(&self) -> u64 {
        self.answered.load(Relaxed)
    }

    /// Deliveries that the platform has answered in the service's place.
    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Relaxed)
    }

    /// What the platform answered last in the service's place.
    pub(crate) fn last_fault(&self) -> Option<Fault> {
        *self.last_fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time that answered deliveries took to be handled, in sum.
    pub(crate) fn processing_time(&self) -> Duration {
        Duration::from_nanos(self.processing_nanos.load(Relaxed))
    }

    /// Dead letters that were stored, by cause.
    pub(crate) fn dead_letters(&self) -> impl Iterator<Item = (DeadCause, u64)> {
        DeadCause::ALL.into_iter().zip(self.dead_letters.iter().map(|count| count.load(Relaxed)))
    }

    /// Jobs that were brought to a state here, by state.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = (JobState, u64)> {
        JobState::ALL.into_iter().zip(self.jobs.iter().map(|count| count.load(Relaxed)))
    }

    /// Whether the loop pulls: it is connected, has its consumer, and does not drain.
    pub(crate) fn is_pulling(&self) -> bool {
        self.pulling.load(Relaxed)
    }

    /// Permits that are out in pull requests.
    pub(crate) fn out(&self) -> u32 {
        self.out.load(Relaxed)
    }
}

fn count<T: Copy + PartialEq>(all: &[T], counters: &[AtomicU64], which: T) {
    if let Some(counter) = all.iter().position(|known| *known == which).and_then(|place| counters.get(place))
    {
        counter.fetch_add(1, Relaxed);
    }
}

//! The metrics of all connections of this process to NATS.

use std::sync::{
    Mutex, Once, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::sync::watch;

use super::Epoch;
use crate::telemetry::{
    names,
    observe::{counter, gauge},
};

/// Connections that were made after the first of each.
pub(super) static RECONNECTS: AtomicU64 = AtomicU64::new(0);
/// Alarms that a message for this process was dropped.
pub(super) static SLOW_CONSUMERS: AtomicU64 = AtomicU64::new(0);

/// The connections that there are.
static OPEN: Mutex<Vec<watch::Receiver<Epoch>>> = Mutex::new(Vec::new());
static MEASURED: Once = Once::new();

/// Has a connection measured, for as long as it is there.
pub(super) fn measure(epoch: &watch::Receiver<Epoch>) {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).push(epoch.clone());
    MEASURED.call_once(|| {
        gauge(
            names::NATS_CONNECTED,
            "",
            "1 if all connections of this process to NATS are up, else 0.",
            |observe| observe(f64::from(u8::from(are_all_up())), &[]),
        );
        counter(
            names::NATS_RECONNECTS,
            "{connection}",
            "Connections to NATS that were made anew after a loss.",
            |observe| observe(RECONNECTS.load(Relaxed) as f64, &[]),
        );
        counter(
            names::NATS_SLOW_CONSUMERS,
            "{alarm}",
            "Alarms that a message for this process was dropped, because it was read too slowly.",
            |observe| observe(SLOW_CONSUMERS.load(Relaxed) as f64, &[]),
        );
    });
}

fn are_all_up() -> bool {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    // Of one that has ended nobody tells anything any more.
    open.retain(|epoch| epoch.has_changed().is_ok());
    !open.is_empty() && open.iter().all(|epoch| epoch.borrow().is_up)
}

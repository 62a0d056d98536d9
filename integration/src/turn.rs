//! Tests that load the machine take turns.

use tokio::sync::{Mutex, MutexGuard};

static HEAVY: Mutex<()> = Mutex::const_new(());

/// Waits until no other heavy test of this binary runs, and keeps others waiting until the result is dropped.
pub async fn heavy() -> MutexGuard<'static, ()> {
    HEAVY.lock().await
}

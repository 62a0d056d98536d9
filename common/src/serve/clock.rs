//! The server's clock: the age of a message is counted on it, so that no worker's clock matters.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Offset of the server's clock from this process's, in microseconds.
#[derive(Debug, Default)]
pub(super) struct ServerClock {
    offset_us: AtomicI64,
}

impl ServerClock {
    /// Takes over what the server's clock said halfway between `asked` and now.
    pub(super) fn set(&self, server: SystemTime, asked: SystemTime) {
        let now = SystemTime::now();
        let halfway = (micros(asked) + micros(now)) / 2;
        self.offset_us.store(micros(server) - halfway, Ordering::Relaxed);
    }

    /// How long ago something happened at the server; zero for what seems to lie ahead.
    pub(super) fn age(&self, stored_unix_ns: i128) -> Duration {
        let now = micros(SystemTime::now()) + self.offset_us.load(Ordering::Relaxed);
        let stored = i64::try_from(stored_unix_ns / 1000).unwrap_or(now);
        Duration::from_micros(u64::try_from(now - stored).unwrap_or(0))
    }
}

fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

//! The server's clock: the age of a message is counted on it, so that no worker's clock matters.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde::Deserialize;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::shared::Shared;

/// How often the server's clock is read again: clocks drift.
const PERIOD: Duration = Duration::from_secs(30);
/// How long JetStream may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
struct ConsumerInfo {
    ts: jiff::Timestamp,
}

/// Offset of the server's clock from this process's, in microseconds.
#[derive(Debug, Default)]
pub(super) struct ServerClock {
    offset_us: AtomicI64,
}

impl ServerClock {
    /// Reads the server's clock off a consumer's info, raw: `async-nats` leaves out its `ts`. False if there is no
    /// such consumer.
    pub(super) async fn read(&self, client: &async_nats::Client, info_subject: &str) -> bool {
        let asked = SystemTime::now();
        let answer = timeout(TIMEOUT, client.request(info_subject.to_owned(), Bytes::new())).await;
        let Ok(Ok(answer)) = answer else { return false };
        let Ok(info) = serde_json::from_slice::<ConsumerInfo>(&answer.payload) else { return false };
        self.set(info.ts.into(), asked);
        true
    }

    /// Takes over what the server's clock said halfway between `asked` and now.
    fn set(&self, server: SystemTime, asked: SystemTime) {
        let now = SystemTime::now();
        let halfway = (micros(asked) + micros(now)) / 2;
        self.offset_us.store(micros(server) - halfway, Ordering::Relaxed);
    }

    /// What the server's clock says now.
    pub(super) fn now(&self) -> jiff::Timestamp {
        let now = micros(SystemTime::now()) + self.offset_us.load(Ordering::Relaxed);
        jiff::Timestamp::from_microsecond(now).unwrap_or_default()
    }

    /// How long ago something happened at the server; zero for what seems to lie ahead.
    pub(super) fn age(&self, stored_unix_ns: i128) -> Duration {
        let now = micros(SystemTime::now()) + self.offset_us.load(Ordering::Relaxed);
        let stored = i64::try_from(stored_unix_ns / 1000).unwrap_or(now);
        Duration::from_micros(u64::try_from(now - stored).unwrap_or(0))
    }
}

/// Reads the clock again and again, until the worker drains.
pub(super) async fn keep(shared: Arc<Shared>, info_subject: String, drain: CancellationToken) {
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            () = sleep(PERIOD) => {}
        }
        shared.clock.read(&shared.client, &info_subject).await;
    }
}

fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

//! Waiting for a condition, and ports.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Asks `condition` again every 10 ms until it holds; `false` when it did not within `timeout`.
///
/// ```
/// # use std::{cell::Cell, time::Duration};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let asked = Cell::new(0);
/// let held = test_support::eventually(Duration::from_secs(1), || async {
///     asked.set(asked.get() + 1);
///     asked.get() == 3
/// });
/// assert!(held.await);
/// # });
/// ```
#[must_use = "a condition that never held is a failed test"]
pub async fn eventually(timeout: Duration, mut condition: impl AsyncFnMut() -> bool) -> bool {
    let end = Instant::now() + timeout;
    loop {
        if condition().await {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A TCP port of 127.0.0.1 that nobody listens on.
///
/// It lies below the range from which the system takes the ports of outgoing connections. A server that
/// is down for a moment therefore finds its port free again, and a client that knocks meanwhile cannot
/// by chance connect to itself.
///
/// # Panics
///
/// When none of 1,000 ports is free.
#[must_use]
pub fn free_port() -> u16 {
    const FIRST: u32 = 15_000;
    static NEXT: AtomicU32 = AtomicU32::new(u32::MAX);
    let end = outgoing_range_start().max(FIRST + 1_000);
    // Each process starts elsewhere, so that those which run side by side rarely meet.
    let _ = NEXT.compare_exchange(u32::MAX, random(), Ordering::Relaxed, Ordering::Relaxed);
    for _ in 0..1_000 {
        let port = FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % (end - FIRST);
        if let Ok(port) = u16::try_from(port)
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
        {
            return port;
        }
    }
    panic!("no free TCP port on 127.0.0.1");
}

fn outgoing_range_start() -> u32 {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .unwrap_or(32_768)
}

fn random() -> u32 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    (nanos ^ std::process::id().wrapping_mul(2_654_435_761)) >> 1
}

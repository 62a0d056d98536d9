//! What proxies and workers tell Prometheus: which metrics there are, and whether they are true.

mod listener;
mod outage;
mod scrape;
mod snapshot;
mod truth;

use scrape::Scrape;

/// A worker with a private listener.
const LISTENS: [&str; 2] = ["--admin-listen", "127.0.0.1:0"];

//! The metrics of the pool.

use uptake::telemetry::{names, observe::gauge};

use super::Pool;

/// The pool, in figures: there is one.
const NAME: (&str, &str) = (names::POOL_NAME, "database");

/// Has a pool measured that may have so many connections.
pub(super) fn measure(pool: &Pool, max_connections: u32) {
    let pool = pool.clone();
    gauge(
        names::DB_CLIENT_CONNECTION_COUNT,
        "{connection}",
        "Connections to the database, by what they are doing.",
        move |observe| {
            let (size, idle) = pool.connections();
            for (state, count) in [("idle", idle), ("used", size.saturating_sub(idle))] {
                observe(count as f64, &[NAME, (names::CONNECTION_STATE, state)]);
            }
        },
    );
    gauge(
        names::DB_CLIENT_CONNECTION_MAX,
        "{connection}",
        "Connections to the database that there may be.",
        move |observe| observe(max_connections.into(), &[NAME]),
    );
}

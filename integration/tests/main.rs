//! The whole platform on real servers. The binaries under test must have been built: `cargo build --bins`.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod credit;
mod leaving;
mod nats_restart;
mod worker_death;

//! A whole platform for one test: a real nats-server, workers, proxies, and what looks at them.
//!
//! Like `test-support` it panics with a readable text where a test could do nothing but fail.

pub mod command_line;
pub mod fake_service;
pub mod jobs;
pub mod load;
mod open_files;
mod platform;
mod problem;
pub mod program;
mod traced;
mod turn;
pub mod wire_log;

pub use open_files::allow_open_files;
pub use platform::{Builder, Counters, Platform, StreamState};
pub use problem::{assert_fault, assert_problem};
pub use program::{Proxy, Worker};
pub use traced::{Ended, Traced};
pub use turn::heavy;

use std::time::Duration;

use uptake::NatsConfig;

/// How to reach the nats-server at `url` in a test: without a user, with the usual root.
///
/// # Panics
///
/// Never: the root is one.
#[must_use]
pub fn nats_at(url: &str) -> NatsConfig {
    NatsConfig {
        nats_url: Some(url.to_owned()),
        nats_creds: None,
        nats_user: None,
        nats_password_file: None,
        nats_ca_file: None,
        nats_connect_timeout: SOON,
        root: "uptake".parse().unwrap_or_else(|error| panic!("{error}")),
    }
}

/// How long something may take that should happen at once: generous, for the machine may be busy.
pub const SOON: Duration = Duration::from_secs(45);

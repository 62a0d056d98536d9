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

/// How long something may take that should happen at once: generous, for the machine may be busy.
pub const SOON: Duration = Duration::from_secs(45);

//! Against real servers and real processes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests themselves")]

mod chaos_proxy;
mod collector;
mod http;
mod nats_server;
mod postgres;
mod process;

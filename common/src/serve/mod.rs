//! The answering side: pull requests when there is capacity, run them, answer, settle.

mod adapter;
mod cancels;
mod clock;
mod credit;
mod delivery;
mod in_flight;
mod outbox;
mod provision;
mod pull;
mod server_life;
mod session;
mod shared;
mod worker;

pub use adapter::{Handler, RequestBody};
pub use provision::ProvisionError;
pub use worker::{Serve, ServeError, Worker, shutdown_signal};

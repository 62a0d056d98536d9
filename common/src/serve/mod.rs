//! The answering side: pull requests when there is capacity, run them, answer, settle.

mod adapter;
mod admin;
mod advisory;
mod cancels;
mod clock;
mod credit;
mod dead_letter;
mod delivery;
mod discovery;
mod figures;
mod in_flight;
mod job;
mod measure;
mod outbox;
pub mod provision;
mod pull;
mod route;
mod server_life;
mod session;
mod shared;
mod spans;
mod worker;

pub use adapter::{Handler, RequestBody};
pub use job::{
    config::JobConfig,
    policy::{Failures, JobPolicy, JobRoute},
    progress::Job,
};
pub use provision::ProvisionError;
pub use worker::{Serve, ServeError, Worker, shutdown_signal};

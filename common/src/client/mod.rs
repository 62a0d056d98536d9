//! The asking side: publish a request, wait for its answer.

mod dispatcher;
mod failure;
pub(crate) mod inbox;
pub(crate) mod jobs;
mod load;
mod routes;
mod service;
pub(crate) mod spans;

pub use dispatcher::{Call, Dispatcher, NatsDispatcher};
pub use failure::Failure;
pub use jobs::{NewJob, Submitted, outcome};
pub use service::{Client, ClientError};

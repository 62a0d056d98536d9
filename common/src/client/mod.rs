//! The asking side: publish a request, wait for its answer.

mod dispatcher;
pub(crate) mod inbox;
pub(crate) mod jobs;
mod load;
mod routes;
mod service;

pub use dispatcher::{Call, Dispatcher, Failure, NatsDispatcher};
pub use jobs::{NewJob, Submitted, outcome};
pub use service::{Client, ClientError};

//! The asking side: publish a request, wait for its answer.

mod dispatcher;
pub(crate) mod inbox;
mod load;
mod routes;
mod service;

pub use dispatcher::{Call, Dispatcher, Failure, NatsDispatcher};
pub use service::{Client, ClientError};

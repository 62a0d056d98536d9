//! One look at a whole platform: what waits, who works, what died. The console, `uptake top` and the gauges of streams
//! are made of it.
//!
//! It asks JetStream for what it knows of streams and consumers, never for messages: a million of them cost nothing.

mod api;
mod model;
mod platform;
mod services;
mod streams;
mod whole;

pub(crate) use model::ClassData;
pub use model::{Account, Overview, ProxyFigures, ProxyOverview, Server, WorkerClass, WorkerOverview};
pub use platform::{ConsumerOverview, Jobs, ServiceOverview, StreamKind, StreamOverview, Streams};
pub use streams::{OverviewError, streams};

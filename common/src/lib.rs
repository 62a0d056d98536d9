//! Uptake: wire format, client and worker.

pub mod client;
pub mod config;
mod connection;
mod context;
mod fault;
pub mod problem;
pub mod serve;
pub mod telemetry;
pub mod wire;

pub use client::{Client, ClientError};
pub use config::{LogConfig, NatsConfig, WorkerConfig};
pub use connection::{ConnectError, Connection};
pub use context::Context;
pub use fault::Fault;
pub use serve::{ServeError, Worker, shutdown_signal};

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

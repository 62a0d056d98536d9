//! The library of the Uptake platform: services that pull their requests from NATS JetStream.
//!
//! A service is an ordinary [`tower::Service`], such as an axum `Router`. A [`Worker`] pulls as many requests as it
//! has permits, runs them, and answers. A [`Client`] calls other services through the queue. Handlers see `http`
//! types only.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use clap::Parser as _;
//!
//! #[derive(clap::Parser)]
//! struct Config {
//!     #[command(flatten)]
//!     worker: uptake::WorkerConfig,
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), uptake::ServeError> {
//!     let config = Config::parse().worker.for_service("hello", &["/hello"]);
//!     let router: Router = Router::new().route("/hello", get(|| async { "Hello, world!\n" }));
//!     let worker = uptake::Worker::connect(config).await?;
//!     worker.serve(router).with_graceful_shutdown(uptake::shutdown_signal()).await
//! }
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`wire`] | the wire format: pure, no I/O |
//! | [`client`] | the asking side: publish a request, wait for its answer |
//! | [`serve`] | the answering side: pull, run, answer, settle |
//! | [`provision`] | which streams, buckets and consumers have to be there |
//! | `inbox` | a request executed twice has one effect; with the features `inbox-postgres`, `inbox-sqlite` |
//! | [`discovery`] | how workers and proxies tell of themselves |
//! | [`overview`] | one look at a whole platform, for operators |
//! | [`config`] | settings; the only place that reads the environment |
//! | [`problem`], [`Fault`] | what clients see when something goes wrong |

pub mod client;
pub mod config;
mod connection;
mod context;
pub mod discovery;
mod fault;
mod fault_point;
#[cfg(fuzzing)]
pub mod fuzzing;
mod identity;
#[cfg(any(feature = "inbox-postgres", feature = "inbox-sqlite"))]
pub mod inbox;
pub mod job;
pub mod overview;
mod pace;
pub mod problem;
pub mod serve;
pub mod telemetry;
mod transport;
pub mod wire;

pub use client::{Client, ClientError};
pub use config::{LogConfig, NatsConfig, TelemetryConfig, WorkerConfig};
pub use connection::{ConnectError, Connection};
pub use context::Context;
pub use fault::Fault;
pub use fault_point::fault_point;
pub use identity::Unauthenticated;
pub use serve::{Job, ServeError, Worker, provision, shutdown_signal};

pub use wire::Identity;

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

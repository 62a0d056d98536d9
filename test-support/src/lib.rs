//! What the tests of the platform stand on: a real nats-server and PostgreSQL, a proxy that harms its connections,
//! child processes, raw HTTP, an issuer of tokens, and a collector of traces.
//!
//! This crate knows no other crate of the workspace, so that each of them can use it. Its functions
//! panic with a readable text where a test could do nothing but fail; where a fault is what a test
//! looks for (HTTP to a dying server), they return it.
//!
//! Nothing stays behind: each child is killed on drop, and by a [`guard`] when the test itself is killed.

pub mod chaos_proxy;
pub mod child;
pub mod collector;
pub mod guard;
pub mod http;
pub mod issuer;
pub mod nats_cluster;
pub mod nats_server;
mod poll;
pub mod postgres;
pub mod process;
pub mod prometheus;
pub mod tools;

pub use chaos_proxy::ChaosProxy;
pub use child::OwnedChild;
pub use collector::Collector;
pub use http::{HttpClient, RawResponse, raw_exchange};
pub use issuer::{Issuer, JwksServer};
pub use nats_cluster::NatsCluster;
pub use nats_server::{NatsServer, NatsServerBuilder};
pub use poll::{eventually, free_port};
pub use postgres::Postgres;
pub use process::{Process, workspace_bin};
pub use prometheus::Prometheus;
/// A signal that [`Process::signal`] and its like can send, by its short name: `Signal::TERM`, `KILL`,
/// `STOP`, `CONT`, `INT`.
pub use rustix::process::Signal;

//! How workers and proxies tell of themselves to whoever asks: `PING`, `INFO` and `STATS` below `$SRV`, as NATS services do
//! ([ADR-32](https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md)).
//!
//! Their endpoints are no subscriptions, as those of other services, but consumers of streams. So the messages are made
//! here, and not by `async-nats`.

mod ask;
mod message;
mod respond;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

pub(crate) use ask::{Answers, ask};
pub use message::{EndpointInfo, EndpointStats, Stats};
pub(crate) use respond::respond;

use crate::{connection::ConnectError, job::Operator};

/// In the metadata: the subject below which the platform lies.
pub const ROOT: &str = "root";
/// In the metadata: version and profile of the build.
pub const BUILD: &str = "build";
/// In the metadata: the path prefixes that are served, separated by spaces.
pub const ROUTES: &str = "routes";
/// In the metadata: the streams that are pulled from, separated by spaces.
pub const STREAMS: &str = "streams";
/// In the metadata of an endpoint: its subjects, separated by spaces.
pub const SUBJECTS: &str = "subjects";
/// The name of all proxies.
pub const PROXY: &str = "http-to-nats-proxy";
/// The endpoint that proxies have, and no worker.
pub const HTTP: &str = "http";

/// What an instance tells of itself, and what never changes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// Name of the service, of `A-Za-z0-9_-`.
    pub name: String,
    /// Random id of this process start, of the same characters.
    pub id: String,
    /// Its version, by <https://semver.org>.
    pub version: String,
    /// What it is, for people.
    pub description: String,
    /// When it was started.
    pub started: Timestamp,
    /// More that is known of it.
    pub metadata: BTreeMap<String, String>,
    /// Its endpoints.
    pub endpoints: Vec<EndpointInfo>,
}

/// What changes of an endpoint. Counters are since the start of the instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Requests that it got.
    pub requests: u64,
    /// How many of them ended in an error.
    pub errors: u64,
    /// The last of these errors; empty if there was none.
    pub last_error: String,
    /// Time that handling them took, in sum.
    pub processing_time: Duration,
    /// What else there is to tell.
    pub data: serde_json::Value,
}

impl Operator {
    /// Has the process of this operator answer whoever asks, for as long as what comes out is awaited.
    ///
    /// # Errors
    /// When NATS cannot be subscribed to.
    pub async fn introduce<F>(
        &self,
        about: About,
        figures: F,
    ) -> Result<impl Future<Output = ()> + Send + use<F>, ConnectError>
    where
        F: Fn() -> Vec<Figures> + Send,
    {
        Ok(respond(self.context().client(), self.root().clone(), about, figures).await?)
    }
}

/// Version and profile of this build, such as `0.1.0 release`.
#[must_use]
pub fn build(version: &str) -> String {
    format!("{version} {}", if cfg!(debug_assertions) { "debug" } else { "release" })
}

/// A random id of a process start.
#[must_use]
pub fn random_id() -> String {
    format!("{:016x}", rand::random::<u64>())
}

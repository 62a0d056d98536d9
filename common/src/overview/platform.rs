//! What JetStream tells: streams, consumers, and what follows from them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::wire::Class;

/// The streams and consumers of one platform, as JetStream tells them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Streams {
    /// When it was read, on the clock of the server.
    pub at: Timestamp,
    /// The services that have a stream, by name and class.
    pub services: Vec<ServiceOverview>,
    /// The streams, by name.
    pub streams: Vec<StreamOverview>,
    /// Jobs of all services.
    pub jobs: Jobs,
    /// Dead letters that are kept, of all services.
    pub dead_letters: u64,
    /// The same by service.
    pub dead_letters_by_service: BTreeMap<String, u64>,
    /// What could not be read, in words.
    pub errors: Vec<String>,
}

/// The requests of one class for one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceOverview {
    /// Name of the service.
    pub name: String,
    /// Calls or jobs.
    pub class: Class,
    /// The stream of its requests.
    pub stream: String,
    /// The consumer by which its workers pull; `None` if there is none.
    pub consumer: Option<String>,
    /// Messages that were not delivered yet.
    pub waiting: u64,
    /// Messages that were delivered and are not settled. A job that waits for its next attempt is among them.
    pub in_work: u64,
    /// Age of the oldest message, in seconds, waiting or in work; `None` if there is none.
    pub oldest_seconds: Option<f64>,
    /// Pull requests of all workers that are open.
    pub open_pulls: u64,
    /// Messages in work that were delivered before.
    pub redelivered: u64,
    /// Workers that answered discovery.
    pub workers: u64,
    /// Permits of these workers.
    pub permits: u64,
    /// Permits of these workers in whose right a handler runs.
    pub busy: u64,
    /// Whether messages wait while nobody works: no pull request is open, and nothing is in work.
    pub no_worker: bool,
}

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StreamKind {
    /// Calls of one service.
    Call,
    /// Jobs of one service.
    Job,
    /// Dead letters of all services.
    DeadLetters,
    /// Records of all jobs.
    Records,
    /// Something else that lies below the root, or what all programs of the platform share.
    Other,
}

impl StreamKind {
    /// As people read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Job => "job",
            Self::DeadLetters => "dead letters",
            Self::Records => "records",
            Self::Other => "other",
        }
    }
}

/// A stream, its limits, and how full it is. A limit that there is not is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamOverview {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: StreamKind,
    /// The service, if it is a stream of calls or jobs.
    pub service: Option<String>,
    /// Its subjects.
    pub subjects: Vec<String>,
    /// `file` or `memory`.
    pub storage: String,
    /// Copies of it in a cluster.
    pub replicas: u32,
    /// The server that leads it, in a cluster.
    pub leader: Option<String>,
    /// Messages in it.
    pub messages: u64,
    /// Messages that it takes.
    pub max_messages: Option<u64>,
    /// Octets in it.
    pub bytes: u64,
    /// Octets that it takes.
    pub max_bytes: Option<u64>,
    /// Age at which messages leave it, in seconds.
    pub max_age_seconds: Option<f64>,
    /// The larger of messages and octets by their limits: 0 to 1.
    pub fullness: f64,
    /// When its oldest message was stored; `None` if it has none.
    pub oldest: Option<Timestamp>,
    /// The age of that message, in seconds, on the clock of the server.
    pub oldest_seconds: Option<f64>,
    /// Its consumers, by name.
    pub consumers: Vec<ConsumerOverview>,
}

/// A consumer, its limits, and how full it is. A limit that there is not is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerOverview {
    /// Its name.
    pub name: String,
    /// Messages that it has not delivered yet.
    pub pending: u64,
    /// Messages that are delivered and not settled.
    pub ack_pending: u64,
    /// How many of these there may be.
    pub max_ack_pending: Option<u64>,
    /// Pull requests that are open.
    pub open_pulls: u64,
    /// How many of these there may be.
    pub max_waiting: Option<u64>,
    /// Messages in work that were delivered before.
    pub redelivered: u64,
    /// The larger of messages in work and pull requests by their limits: 0 to 1.
    pub fullness: f64,
}

/// Jobs of all services, as their streams and their records tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Jobs {
    /// Jobs that no worker has begun.
    pub waiting: u64,
    /// Jobs that a worker has and has not ended. One that waits for its next attempt is among them.
    pub running: u64,
    /// Records that are kept.
    pub records: u64,
}

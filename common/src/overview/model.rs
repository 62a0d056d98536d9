//! The whole picture: what JetStream tells, and what workers and proxies tell of themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::platform::{Jobs, ServiceOverview, StreamOverview};
use crate::wire::Class;

/// One look at a platform. Counters count from the start of each instance: whoever shows rates takes differences by
/// instance id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// When it was read, on the clock of the NATS server.
    pub at: Timestamp,
    /// The subject below which the platform lies.
    pub root: String,
    /// The NATS server that was asked.
    pub server: Server,
    /// The JetStream account; `None` if it could not be read.
    pub account: Option<Account>,
    /// The services that have a stream, by name and class.
    pub services: Vec<ServiceOverview>,
    /// The workers that answered, by service and id.
    pub workers: Vec<WorkerOverview>,
    /// The proxies that answered, by id.
    pub proxies: Vec<ProxyOverview>,
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

/// A NATS server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a JetStream account holds, and may hold. A limit that there is not is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Octets in memory streams.
    pub memory: u64,
    /// How many there may be.
    pub max_memory: Option<u64>,
    /// Octets in file streams.
    pub storage: u64,
    /// How many there may be.
    pub max_storage: Option<u64>,
    /// Streams, also of others in this account.
    pub streams: u64,
    /// How many there may be.
    pub max_streams: Option<u64>,
    /// Consumers, also of others in this account.
    pub consumers: u64,
    /// How many there may be.
    pub max_consumers: Option<u64>,
}

/// A worker, as it tells of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerOverview {
    /// Random id of this process start.
    pub id: String,
    /// The service that it works for.
    pub service: String,
    /// Version of the library that it is built with.
    pub version: String,
    /// Version and profile of the build.
    pub build: String,
    /// When it was started, on its own clock.
    pub started: Timestamp,
    /// Whether it takes nothing new, and ends when its work is done.
    pub draining: bool,
    /// The path prefixes that it serves.
    pub routes: Vec<String>,
    /// What it does of each class that it takes.
    pub classes: Vec<WorkerClass>,
}

/// What a worker does of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerClass {
    /// Calls or jobs.
    pub class: Class,
    /// The stream from which it pulls.
    pub stream: String,
    /// Deliveries that it may have at once.
    pub permits: u64,
    /// Permits in whose right a handler runs.
    pub busy: u64,
    /// Permits that are in open pull requests.
    pub out: u64,
    /// Permits that are neither.
    pub free: u64,
    /// Deliveries that it has taken.
    pub deliveries: u64,
    /// How many of these were delivered before.
    pub redeliveries: u64,
    /// Deliveries that the service has answered.
    pub answered: u64,
    /// Deliveries that the platform has answered in the service's place.
    pub faults: u64,
    /// Time that an answered delivery took in the mean, in milliseconds; 0 before the first.
    pub mean_ms: f64,
    /// What the platform answered last in the service's place; `None` if it never did.
    pub last_error: Option<String>,
}

/// A proxy, as it tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyOverview {
    /// Random id of this process start.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Version and profile of the build.
    pub build: String,
    /// When it was started, on its own clock.
    pub started: Timestamp,
    /// What it does.
    #[serde(flatten)]
    pub figures: ProxyFigures,
}

/// What a proxy does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyFigures {
    /// Whether it takes nothing new, and ends when its work is done.
    pub draining: bool,
    /// Requests in flight.
    pub in_flight: u64,
    /// Octets of requests in flight.
    pub in_flight_bytes: u64,
    /// Octets of answers that clients have not read yet.
    pub answer_bytes: u64,
    /// Calls and jobs that wait for an answer.
    pub waiters: u64,
    /// Open connections of clients.
    pub connections: u64,
    /// Answers by the class of their status: `2xx`, `3xx`, `4xx`, `5xx`.
    pub responses: BTreeMap<String, u64>,
    /// Answers that the proxy made itself, by the slug of the fault.
    pub faults: BTreeMap<String, u64>,
}

/// What a worker tells of a class: the `data` of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClassData {
    pub(crate) draining: bool,
    #[serde(flatten)]
    pub(crate) class: WorkerClass,
}

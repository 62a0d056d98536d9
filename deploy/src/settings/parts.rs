//! The settings of each part.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Quantity;

/// Where images come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Images {
    /// Registry, and perhaps a path in it, of our own images: `registry.example.com/team`.
    pub registry: String,
    /// The tag of our own images that have no digest.
    pub tag: Option<String>,
    /// Digests (`sha256:…`) by image: of our own by the names of their programs, of others by `nats`, `natsReloader`,
    /// `natsExporter`, `nack`, `postgres`. `cargo xtask images` and `deploy/bin/pin-digests` write such files.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// Names of Secrets with credentials for the registry.
    #[serde(default)]
    pub pull_secrets: Vec<String>,
    /// Annotations for image automation by Flux on the Deployments of our own images.
    #[serde(default)]
    pub automation: bool,
}

/// The cluster itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cluster {
    /// Storage class of all volumes; without it the cluster's default.
    pub storage_class: Option<String>,
    /// Labels of the nodes that our pods may run on.
    pub node_selector: BTreeMap<String, String>,
    /// Namespace of the Gateway's controller and its proxies.
    pub gateway_namespace: Option<String>,
    /// Namespace of KEDA; `keda` without it.
    pub keda_namespace: Option<String>,
    /// Namespace of Prometheus; `monitoring` without it.
    pub monitoring_namespace: Option<String>,
    /// Namespace of CloudNativePG; `cnpg-system` without it.
    pub database_namespace: Option<String>,
    /// The API server as a CIDR block, which operators within the namespace (NACK, PostgreSQL) must reach.
    pub api_server: Option<String>,
}

/// What a container asks for and what it gets at most. Processor time in cores, memory in octets, each as Kubernetes
/// writes quantities: `500m`, `256Mi`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// What is set aside for it.
    pub cpu: Quantity,
    /// Where it is throttled.
    pub cpu_limit: Quantity,
    /// Memory: set aside and limit alike.
    pub memory: Quantity,
}

/// How many pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// At least; 0 where it may rest.
    pub min: u16,
    /// At most.
    pub max: u16,
}

/// The NATS servers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nats {
    /// Servers: 1, 3 or 5.
    pub servers: u8,
    /// Copies of each stream, at most as many as servers.
    pub stream_replicas: u8,
    /// Where streams of calls are kept, `file` or `memory` (`WORKER_STORAGE`); all others are kept in files.
    pub call_storage: String,
    /// Disk of each server for JetStream.
    pub disk: Quantity,
    /// Memory of each server for streams in memory.
    pub memory_store: Quantity,
    /// What a server gets.
    pub limits: Limits,
    /// Whether clients speak TLS to NATS, by a certificate of cert-manager.
    #[serde(default)]
    pub tls: bool,
}

/// The proxy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proxy {
    /// Its host name; without it the Gateway's.
    pub host: Option<String>,
    /// The path of the API at the Gateway, which the proxy strips.
    pub path: String,
    /// How many.
    pub replicas: Range,
    /// Use of the requested processor time, in percent, above which there are more.
    pub cpu_percent: u16,
    /// What one gets.
    pub limits: Limits,
    /// Longest time from a request to its answer, in seconds (`PROXY_BUDGET`).
    pub budget_seconds: u32,
    /// Whether the console is served on the private listener, by the token in Secret `uptake-console`.
    #[serde(default)]
    pub console: bool,
    /// Other variables of the proxy, by name.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// A service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The image, if it is not called as the service: a name below the registry, without tag.
    pub image: Option<String>,
    /// Path prefixes that it owns (`SERVICE_PREFIXES`).
    pub prefixes: Vec<String>,
    /// How many, and what by.
    pub scaling: Scaling,
    /// What one gets.
    pub limits: Limits,
    /// Requests that may run at once in one pod (`WORKER_PERMITS`).
    pub permits: u32,
    /// Jobs that may run at once in one pod (`WORKER_JOB_PERMITS`); 0 if it takes none.
    #[serde(default)]
    pub job_permits: u32,
    /// Services that it calls.
    #[serde(default)]
    pub calls: Vec<String>,
    /// The PostgreSQL cluster that it uses, of `databases`.
    pub database: Option<String>,
    /// An SQLite file on a volume, for one pod alone.
    pub sqlite: Option<Sqlite>,
    /// Whether migrations run as a Job before the Deployment (`RATING_MIGRATIONS`).
    #[serde(default)]
    pub migrations: bool,
    /// Other variables, by name.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// How a service is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scaling {
    /// At least; 0 where the service may rest when nothing waits.
    pub min: u16,
    /// At most.
    pub max: u16,
    /// Requests, waiting or in work, for which there is one pod; without it three quarters of the permits.
    pub lag_per_pod: Option<u32>,
}

/// An SQLite file on a volume.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sqlite {
    /// The size of the volume.
    pub disk: Quantity,
}

/// A PostgreSQL cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Database {
    /// Servers, one of them the primary.
    pub instances: u8,
    /// Disk of each.
    pub disk: Quantity,
    /// What one gets.
    pub limits: Limits,
    /// Where backups go, as an object store's URL (`s3://…`), with credentials in Secret `<name>-backup`; without it none are made.
    pub backup: Option<String>,
}

/// The web frontend.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Frontend {
    /// Its host name; without it the Gateway's.
    pub host: Option<String>,
    /// Its path at the Gateway.
    pub path: String,
    /// How many.
    pub replicas: u16,
    /// What one gets.
    pub limits: Limits,
}

/// The way in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// The GatewayClass.
    pub class: String,
    /// The host name of all that has none of its own. Without it any, which production does not allow.
    pub host: Option<String>,
    /// The cluster issuer of cert-manager that certificates come from; without it there is plain HTTP alone.
    pub issuer: Option<String>,
    /// Whether external-dns publishes the host names.
    #[serde(default)]
    pub dns: bool,
    /// Annotations for the load balancer that the Gateway gets.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// What is exported.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Telemetry {
    /// Address of an OpenTelemetry collector (`OTEL_EXPORTER_OTLP_ENDPOINT`); without it nothing is exported.
    pub endpoint: Option<String>,
    /// Share of the requests that are traced, from 0 to 1 as text; without it all.
    pub ratio: Option<String>,
}

/// What Prometheus and Grafana read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Observability {
    /// Labels by which Prometheus finds what it is to read.
    pub labels: BTreeMap<String, String>,
}

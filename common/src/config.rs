//! Settings: every flag has a variable, and this is the only place that reads the environment.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::builder::FalseyValueParser;

use crate::wire::{Class, Root};

pub use crate::{
    serve::{Failures, JobConfig, JobPolicy, JobRoute},
    telemetry::ExportConfig,
};

/// How to reach NATS.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "NATS")]
pub struct NatsConfig {
    /// Address of the NATS server, or several separated by commas. Without it, the variables
    /// NATS_SERVICE_HOST and NATS_SERVICE_PORT are used where a cluster sets them, else nats://127.0.0.1:4222.
    #[arg(long, env = "NATS_URL", value_name = "URL")]
    pub nats_url: Option<String>,
    /// File with the credentials (JWT and seed) for NATS.
    #[arg(long, env = "NATS_CREDS", value_name = "FILE")]
    pub nats_creds: Option<PathBuf>,
    /// User to sign in at NATS as; needs --nats-password-file. Answers then come to inboxes below `_INBOX.<user>`.
    #[arg(long, env = "NATS_USER", value_name = "NAME", value_parser = user_name,
          requires = "nats_password_file", conflicts_with = "nats_creds")]
    pub nats_user: Option<String>,
    /// File with the password of that user. It is read again whenever a connection is made.
    #[arg(long, env = "NATS_PASSWORD_FILE", value_name = "FILE", requires = "nats_user")]
    pub nats_password_file: Option<PathBuf>,
    /// File with the root certificates (PEM) that the certificate of NATS must come from; without it, those of the
    /// system. With it, as with an address tls://…, no connection is made without TLS.
    #[arg(long, env = "NATS_CA_FILE", value_name = "FILE")]
    pub nats_ca_file: Option<PathBuf>,
    /// How long the first connection may take, in seconds, before the program gives up.
    #[arg(long, env = "NATS_CONNECT_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub nats_connect_timeout: Duration,
    /// Subject below which everything of this platform lies.
    #[arg(long, env = "UPTAKE_ROOT", value_name = "SUBJECT", default_value = "uptake")]
    pub root: Root,
}

impl NatsConfig {
    /// The address to connect to.
    #[must_use]
    pub fn address(&self) -> String {
        if let Some(url) = &self.nats_url {
            return url.clone();
        }
        let host = std::env::var("NATS_SERVICE_HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
        let port = std::env::var("NATS_SERVICE_PORT").unwrap_or_else(|_| "4222".to_owned());
        if host.contains(':') { format!("nats://[{host}]:{port}") } else { format!("nats://{host}:{port}") }
    }
}

/// What a worker pulls, and how much at a time.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Worker")]
pub struct WorkerConfig {
    /// Name of the service: part of the stream's name, the same for all instances.
    #[arg(long = "service-name", env = "SERVICE_NAME", value_name = "NAME", default_value = "")]
    pub name: String,
    /// Path prefixes that this service owns, separated by commas.
    #[arg(long, env = "SERVICE_PREFIXES", value_name = "PATHS", value_delimiter = ',')]
    pub prefixes: Vec<String>,
    /// Requests that may run at once in this process; no more are ever pulled.
    #[arg(long, env = "WORKER_PERMITS", value_name = "COUNT", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub permits: u32,
    /// A repeated execution has the effect of one: unsafe methods are run again after the death of a worker.
    #[arg(long, env = "WORKER_EFFECTIVELY_ONCE", value_parser = FalseyValueParser::new())]
    pub effectively_once: bool,
    /// Make the stream and the consumer where they are missing, or wait for whoever does.
    #[arg(long, env = "WORKER_PROVISION", value_name = "WHO", default_value = "self")]
    pub provision: Provision,
    /// Stream to pull from; without it, `<root>-call-<name>`.
    #[arg(long, env = "SERVICE_STREAM_NAME", value_name = "NAME")]
    pub stream: Option<String>,
    /// Durable consumer of that stream, shared by all instances.
    #[arg(long, env = "SERVICE_CONSUMER_NAME", value_name = "NAME", default_value = "workers")]
    pub consumer: String,
    /// Time without a sign of life after which a request goes to another worker, in seconds.
    #[arg(long, env = "WORKER_ACK_WAIT", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub ack_wait: Duration,
    /// Requests that all instances together may have in work: above the sum of their permits.
    #[arg(long, env = "WORKER_MAX_ACK_PENDING", value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(i64).range(1..))]
    pub max_ack_pending: i64,
    /// Where the stream keeps requests: `file` on a single server, `memory` with replicas on a cluster.
    #[arg(long, env = "WORKER_STORAGE", value_name = "KIND", default_value = "file")]
    pub storage: Storage,
    /// Copies of the stream in a NATS cluster.
    #[arg(long, env = "WORKER_REPLICAS", value_name = "COUNT", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=5))]
    pub replicas: u32,
    /// Requests that may wait in the stream; further ones are refused with 503.
    #[arg(long, env = "WORKER_MAX_WAITING", value_name = "COUNT", default_value_t = 100_000,
          value_parser = clap::value_parser!(i64).range(1..))]
    pub max_waiting: i64,
    /// Octets that may wait in the stream; further requests are refused with 503.
    #[arg(long, env = "WORKER_MAX_WAITING_BYTES", value_name = "OCTETS", default_value_t = 1 << 30,
          value_parser = clap::value_parser!(i64).range(1 << 20..))]
    pub max_waiting_bytes: i64,
    /// Longest budget that any proxy gives, in seconds; older requests leave the stream unrun.
    #[arg(long, env = "WORKER_MAX_BUDGET", value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub max_budget: Duration,
    /// Largest answer, in octets; a larger one becomes 502 answer-too-large.
    #[arg(long, env = "WORKER_MAX_ANSWER_BYTES", value_name = "OCTETS", default_value_t = 524_288,
          value_parser = clap::value_parser!(u32).range(1..=524_288))]
    pub max_answer_bytes: u32,
    /// Address and port on which health, readiness and metrics of this worker can be read; without it nothing listens.
    #[arg(long, env = "WORKER_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,
    /// How jobs are pulled, tried again and given up.
    #[command(flatten)]
    pub jobs: JobConfig,
    /// How to reach NATS.
    #[command(flatten)]
    pub nats: NatsConfig,
}

impl WorkerConfig {
    /// Fills in what the program knows of itself and nobody has set: its name and its path prefixes.
    #[must_use]
    pub fn for_service(mut self, name: &str, prefixes: &[&str]) -> Self {
        if self.name.is_empty() {
            name.clone_into(&mut self.name);
        }
        if self.prefixes.is_empty() {
            self.prefixes = prefixes.iter().map(|&prefix| prefix.to_owned()).collect();
        }
        self
    }

    /// The name of the stream of this service's calls or jobs.
    #[must_use]
    pub fn stream_of(&self, class: Class) -> String {
        let named = match class {
            Class::Call => &self.stream,
            Class::Job => &self.jobs.stream,
        };
        let usual = || format!("{}-{}-{}", self.nats.root, class.as_str(), self.name).replace('.', "_");
        named.clone().unwrap_or_else(usual)
    }
}

/// Who makes streams and consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Provision {
    /// This worker, where they are missing. One that exists is never altered.
    #[value(name = "self")]
    Own,
    /// Somebody else, such as NACK in a cluster: wait for them.
    Other,
}

/// Where a stream keeps its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Storage {
    /// On disk.
    File,
    /// In memory: gone when the server ends.
    Memory,
}

/// What a service tells of itself.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryConfig {
    /// What is logged.
    #[command(flatten)]
    pub log: LogConfig,
    /// What is exported.
    #[command(flatten)]
    pub export: ExportConfig,
    /// What is measured.
    #[command(flatten)]
    pub metrics: MetricsConfig,
}

/// What is measured, and how finely.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricsConfig {
    /// Different methods and routes that durations are told apart by; further ones are counted as the route `other`.
    #[arg(long, env = "METRICS_MAX_ROUTES", value_name = "COUNT", default_value_t = 500,
          value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub metrics_max_routes: u32,
}

/// What is logged, and how.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Log")]
pub struct LogConfig {
    /// What to log: a level, or directives such as `info,uptake=debug`.
    #[arg(long = "log", env = "RUST_LOG", value_name = "DIRECTIVES", default_value = "info,async_nats=warn")]
    pub directives: String,
    /// How to write it.
    #[arg(long, env = "LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Parses a path prefix, such as `/users`, and cuts its trailing slashes off: `/`, which stands for all paths, becomes
/// empty.
///
/// # Errors
/// When no path can begin so.
pub fn path_prefix(text: &str) -> Result<String, String> {
    let parsed = text.parse::<http::uri::PathAndQuery>().ok().filter(|parsed| parsed.as_str() == text);
    match parsed.filter(|parsed| text.starts_with('/') && text.is_ascii() && parsed.query().is_none()) {
        Some(_) => Ok(text.trim_end_matches('/').to_owned()),
        None => Err(format!(
            "{text:?} is no path prefix: it must begin with /, and hold only what a path in a request can hold, percent-encoded where necessary"
        )),
    }
}

/// Parses the name of a user of NATS, which is a token of subjects too.
///
/// # Errors
/// When it is none.
pub fn user_name(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is no name of a user: use 1 to 64 characters of A-Z a-z 0-9 _ -"))
    }
}

/// Parses a positive number of seconds, such as `30` or `0.5`, at most a day.
///
/// # Errors
/// When it is none.
pub fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0 && *seconds <= 86_400.0)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("{text:?} is no number of seconds above 0 and up to 86400"))
}

/// Which fault points are armed, and by which seed: `UPTAKE_FAULT_POINTS` and `UPTAKE_FAULT_SEED`, for test builds alone.
#[cfg(debug_assertions)]
pub(crate) fn fault_points() -> Option<(String, Option<String>)> {
    let points = std::env::var("UPTAKE_FAULT_POINTS").ok().filter(|points| !points.is_empty())?;
    Some((points, std::env::var("UPTAKE_FAULT_SEED").ok()))
}

/// Whether colours are unwanted (<https://no-color.org>).
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

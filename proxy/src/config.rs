//! Settings of the proxy.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::builder::FalseyValueParser;
use http::Uri;
use uptake::{
    config::{path_prefix, seconds, user_name},
    job::secret::Secret,
};

use crate::{admin::ConsoleConfig, auth::config::AuthConfig};

/// HTTP in front, NATS JetStream behind: turns requests into messages that workers pull when they have capacity.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "http-to-nats-proxy", version)]
pub struct Config {
    /// Address for clients.
    #[arg(long, env = "PROXY_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Share the address for clients with other proxies on this machine that share it too (SO_REUSEPORT).
    #[arg(long, env = "PROXY_REUSE_PORT", value_parser = FalseyValueParser::new())]
    pub(crate) reuse_port: bool,
    /// Threads that serve clients, each with a connection to NATS [default: one fewer than processors, at least one].
    #[arg(long, env = "PROXY_THREADS", value_name = "THREADS", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Address of the private listener: /healthz and /readyz, what operators do, and the console.
    #[arg(long, env = "PROXY_ADMIN_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    pub(crate) admin_listen: SocketAddr,
    /// What the private listener connects to NATS as.
    #[command(flatten)]
    operator: OperatorConfig,
    /// File with the secret that the ids of jobs are made with: at least 16 octets, the same for all proxies. Without it
    /// they share one that JetStream keeps.
    #[arg(long, env = "PROXY_JOB_SECRET_FILE", value_name = "FILE")]
    job_secret_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) routing: RoutingConfig,
    #[command(flatten)]
    pub(crate) ui: UiConfig,
    #[command(flatten)]
    pub(crate) console: ConsoleConfig,
    #[command(flatten)]
    pub(crate) auth: AuthConfig,
    #[command(flatten)]
    pub(crate) limits: LimitConfig,
    #[command(flatten)]
    pub(crate) cors: CorsConfig,
    #[command(flatten)]
    pub(crate) nats: uptake::NatsConfig,
    #[command(flatten)]
    pub(crate) telemetry: uptake::TelemetryConfig,
}

/// Fewer octets make no secret.
const MIN_SECRET_OCTETS: usize = 16;

impl Config {
    /// The secret of job ids, if a file has it.
    ///
    /// # Errors
    /// When the file cannot be read, or holds too little.
    pub(crate) fn job_secret(&self) -> anyhow::Result<Option<Secret>> {
        let Some(path) = &self.job_secret_file else { return Ok(None) };
        let setting = "--job-secret-file (PROXY_JOB_SECRET_FILE)";
        let secret =
            std::fs::read(path).with_context(|| format!("{setting}: cannot read {}", path.display()))?;
        let secret = secret.trim_ascii();
        anyhow::ensure!(
            secret.len() >= MIN_SECRET_OCTETS,
            "{setting}: {} holds fewer than {MIN_SECRET_OCTETS} octets",
            path.display()
        );
        Ok(Some(Secret::new(secret)))
    }

    /// How operators reach NATS, if it is not by the proxy's own connection.
    pub(crate) fn operator_nats(&self) -> Option<uptake::NatsConfig> {
        let OperatorConfig { operator_nats_user, operator_nats_password_file } = self.operator.clone();
        operator_nats_user.as_ref()?;
        Some(uptake::NatsConfig {
            nats_creds: None,
            nats_user: operator_nats_user,
            nats_password_file: operator_nats_password_file,
            ..self.nats.clone()
        })
    }

    /// Threads that serve clients. One processor is left to what is not a client's request: the kernel's part of the
    /// network, and whoever shares the machine.
    pub(crate) fn threads(&self) -> u16 {
        let processors = || std::thread::available_parallelism().map_or(1, |count| count.get());
        self.threads.unwrap_or_else(|| u16::try_from(processors() - 1).unwrap_or(u16::MAX).clamp(1, 256))
    }
}

/// What operators may do, proxies need not be allowed to do: redrive, delete, cancel.
#[derive(Clone, Debug, clap::Args)]
struct OperatorConfig {
    /// User of NATS for a connection of the private listener's own, by which operators look, redrive, delete and cancel;
    /// needs --operator-nats-password-file. Without it, the private listener has the proxy's connection.
    #[arg(long, env = "PROXY_OPERATOR_NATS_USER", value_name = "NAME", value_parser = user_name,
          requires = "operator_nats_password_file")]
    operator_nats_user: Option<String>,
    /// File with the password of that user. It is read again whenever a connection is made.
    #[arg(
        long,
        env = "PROXY_OPERATOR_NATS_PASSWORD_FILE",
        value_name = "FILE",
        requires = "operator_nats_user"
    )]
    operator_nats_password_file: Option<PathBuf>,
}

/// Which paths go where.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Routing")]
pub(crate) struct RoutingConfig {
    /// Path prefix that is stripped, such as /api; other paths are not found. Services see the rest.
    #[arg(long, env = "PROXY_STRIP_PREFIX", value_name = "PATH", default_value = "", value_parser = stripped)]
    pub(crate) strip_prefix: String,
    /// Path prefixes, after the strip, that alone may pass, separated by commas [default: all].
    #[arg(long, env = "PROXY_ALLOW", value_name = "PATHS", value_delimiter = ',', value_parser = path_prefix)]
    pub(crate) allow: Vec<String>,
    /// Path prefixes, after the strip, that are hidden, separated by commas.
    #[arg(long, env = "PROXY_DENY", value_name = "PATHS", value_delimiter = ',', value_parser = path_prefix)]
    pub(crate) deny: Vec<String>,
    /// Path prefixes, after the strip, below which POST, PUT, PATCH and DELETE need an Idempotency-Key, separated by commas.
    #[arg(long, env = "PROXY_IDEMPOTENCY_REQUIRED", value_name = "PATHS", value_delimiter = ',', value_parser = path_prefix)]
    pub(crate) idempotency_required: Vec<String>,
}

/// A page that the proxy serves itself, such as a web frontend.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Page")]
pub(crate) struct UiConfig {
    /// Folder with the page: index.html, which is told where it lies, and what belongs to it. It is read at the start;
    /// without it, no page is served.
    #[arg(long, env = "PROXY_UI_DIR", value_name = "FOLDER")]
    pub(crate) ui_dir: Option<PathBuf>,
    /// Path of the page; / for all paths that are not the services'.
    #[arg(long, env = "PROXY_UI_PATH", value_name = "PATH", default_value = "/ui", value_parser = path_prefix)]
    ui_path: String,
}

impl UiConfig {
    /// The path of the page, empty for the root.
    ///
    /// # Errors
    /// When it is the proxy's own, or that of the services.
    pub(crate) fn path_beside(&self, services: &str) -> anyhow::Result<&str> {
        let setting = "--ui-path (PROXY_UI_PATH)";
        let path = format!("{}/", self.ui_path);
        for own in ["/-/".to_owned(), format!("{services}/-/")] {
            anyhow::ensure!(
                !path.starts_with(&own),
                "{setting}: below {own} is what the proxy answers itself"
            );
        }
        anyhow::ensure!(
            self.ui_path != services,
            "{setting}: {path} is the path of the services; choose another, or another --strip-prefix"
        );
        Ok(&self.ui_path)
    }
}

/// What a client may take.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitConfig {
    /// Time a request has from its arrival to its answer, in seconds.
    #[arg(long, env = "PROXY_BUDGET", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) budget: Duration,
    /// Longest time that a client may have an answer about a job wait for its end (Prefer: wait), in seconds.
    #[arg(long, env = "PROXY_MAX_WAIT", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) max_wait: Duration,
    /// Time after which a stream of events about a job ends, in seconds; its client connects anew.
    #[arg(long, env = "PROXY_MAX_EVENT_STREAM", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub(crate) max_event_stream: Duration,
    /// Largest body of a request, in octets; a larger one gets 413.
    #[arg(long, env = "PROXY_MAX_BODY_BYTES", value_name = "OCTETS", default_value_t = 524_288,
          value_parser = clap::value_parser!(u32).range(0..=524_288))]
    pub(crate) max_body_bytes: u32,
    /// Time a body may take to arrive, in seconds, at most the budget; a slower one gets 408.
    #[arg(long, env = "PROXY_BODY_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) body_timeout: Duration,
    /// Octets that are read of a body that was refused, and dropped, so that its client sees the answer.
    #[arg(long, env = "PROXY_MAX_DISCARD_BYTES", value_name = "OCTETS", default_value_t = 8 << 20)]
    pub(crate) max_discard_bytes: u32,
    /// Time for which a body that was refused is read, in seconds; then the connection is closed.
    #[arg(long, env = "PROXY_DISCARD_TIMEOUT", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) discard_timeout: Duration,
    /// Time a client may take to read an answer, in seconds; then the connection is closed.
    #[arg(long, env = "PROXY_ANSWER_TIMEOUT", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) answer_timeout: Duration,
    /// Time a connection may have no request in work, in seconds: until its first head has arrived, and from one
    /// answer to the next head; then it is closed.
    #[arg(long, env = "PROXY_HEAD_TIMEOUT", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) head_timeout: Duration,
    /// Longest request-target, in octets; a longer one gets 414.
    #[arg(long, env = "PROXY_MAX_TARGET_BYTES", value_name = "OCTETS", default_value_t = 8192,
          value_parser = clap::value_parser!(u32).range(1..=16_384))]
    pub(crate) max_target_bytes: u32,
    /// Requests that may be in flight at once; further ones get 503.
    #[arg(long, env = "PROXY_MAX_IN_FLIGHT", value_name = "COUNT", default_value_t = 20_000,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_in_flight: u32,
    /// Octets of requests, heads and bodies, that may be in flight at once; further requests get 503. As many octets of
    /// answers may wait for their clients to read them; from half of it on further requests get 503.
    #[arg(long, env = "PROXY_MAX_IN_FLIGHT_BYTES", value_name = "OCTETS", default_value_t = 256 << 20,
          value_parser = clap::value_parser!(u32).range(524_288..))]
    pub(crate) max_in_flight_bytes: u32,
    /// Client connections that may be open at once; further ones wait to be accepted.
    #[arg(long, env = "PROXY_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 20_000,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_connections: u32,
    /// Time that requests in flight have to end after SIGTERM, in seconds.
    #[arg(long, env = "PROXY_GRACE_PERIOD", value_name = "SECONDS", default_value = "35", value_parser = seconds)]
    pub(crate) grace_period: Duration,
}

/// Which pages of other origins may call (<https://fetch.spec.whatwg.org/#http-cors-protocol>).
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "CORS")]
pub(crate) struct CorsConfig {
    /// Origins that may call, such as `https://app.example.com`, separated by commas, or `*` for any; without it, none.
    #[arg(long, env = "PROXY_CORS_ORIGINS", value_name = "ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub(crate) cors_origins: Vec<String>,
    /// Let browsers send cookies along. Not possible with origin *.
    #[arg(long, env = "PROXY_CORS_CREDENTIALS", value_parser = FalseyValueParser::new())]
    pub(crate) cors_credentials: bool,
    /// Time a browser may keep the answer to a preflight, in seconds.
    #[arg(long, env = "PROXY_CORS_MAX_AGE", value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub(crate) cors_max_age: Duration,
}

/// A path prefix that may be empty: then nothing is stripped.
pub(crate) fn stripped(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { path_prefix(text) }
}

/// An origin as browsers send it: lower case, without the scheme's own port
/// (<https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>).
fn origin(text: &str) -> Result<String, String> {
    if text.trim() == "*" {
        return Ok("*".to_owned());
    }
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let uri: Option<Uri> = text.parse().ok();
    let whole = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.authority()?)));
    match whole {
        Some((scheme, authority))
            if format!("{scheme}://{authority}") == text && !authority.as_str().contains('@') =>
        {
            let own_port =
                [("http", 80), ("https", 443)].contains(&(scheme, authority.port_u16().unwrap_or(0)));
            Ok(if own_port { format!("{scheme}://{}", authority.host()) } else { text })
        }
        _ => Err(format!(
            "{text:?} is no origin: write scheme, host and perhaps port, such as https://app.example.com"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_taken_as_browsers_send_it() {
        for (text, taken) in [
            ("https://app.example", "https://app.example"),
            (" https://App.example:443/ ", "https://app.example"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:80", "http://[::1]"),
            ("app://local", "app://local"),
            ("*", "*"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(taken), "{text}");
        }
        for wrong in
            ["", "app.example", "https://a.example/path", "https://u@a.example", "https://", "null", "a b"]
        {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }
}

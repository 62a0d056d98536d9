//! Settings of `page-server`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use uptake::config::{path_prefix, seconds};

use crate::{config::stripped, ui::Ui};

/// Serves a web frontend, from memory and as its build has compressed it, and nothing else.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "page-server", version)]
pub struct Config {
    /// Address for clients.
    #[arg(long, env = "PAGE_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(super) listen: SocketAddr,
    /// Address of the private listener: /healthz, /readyz and /metrics.
    #[arg(long, env = "PAGE_ADMIN_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    pub(super) admin_listen: SocketAddr,
    /// Folder with the page: index.html, which is told where it lies, and what belongs to it. It is read at the start.
    #[arg(long, env = "PAGE_UI_DIR", value_name = "FOLDER")]
    ui_dir: PathBuf,
    /// Path of the page; / for all paths that are not the services'.
    #[arg(long, env = "PAGE_UI_PATH", value_name = "PATH", default_value = "/ui", value_parser = path_prefix)]
    ui_path: String,
    /// Path of the services on the same host, which the page is told; a proxy answers there.
    #[arg(long, env = "PAGE_API_PATH", value_name = "PATH", default_value = "/api", value_parser = stripped)]
    pub(super) api_path: String,
    #[command(flatten)]
    pub(super) limits: LimitConfig,
    #[command(flatten)]
    pub(super) telemetry: uptake::TelemetryConfig,
}

impl Config {
    /// Reads the page.
    ///
    /// # Errors
    /// When the folder cannot be read, is too large or is no page, or its path is that of the services.
    pub(super) fn page(&self) -> anyhow::Result<Ui> {
        let Self { ui_path, api_path, .. } = self;
        anyhow::ensure!(
            ui_path != api_path,
            "--ui-path (PAGE_UI_PATH): {ui_path}/ is the path of the services; choose another, or another --api-path"
        );
        Ui::of(&self.ui_dir, "--ui-dir (PAGE_UI_DIR)", ui_path, api_path)
    }
}

/// What a client may take.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitConfig {
    /// Client connections that may be open at once; further ones wait to be accepted.
    #[arg(long, env = "PAGE_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 5_000,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_connections: u32,
    /// Time a connection may have no request in work, in seconds: until its first head has arrived, and from one
    /// answer to the next head; then it is closed.
    #[arg(long, env = "PAGE_HEAD_TIMEOUT", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) head_timeout: Duration,
    /// Time a client may take to read an answer, in seconds; then the connection is closed.
    #[arg(long, env = "PAGE_ANSWER_TIMEOUT", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) answer_timeout: Duration,
    /// Time that answers have to be read after SIGTERM, in seconds.
    #[arg(long, env = "PAGE_GRACE_PERIOD", value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) grace_period: Duration,
}

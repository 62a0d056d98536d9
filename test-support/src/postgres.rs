//! A real PostgreSQL server.

mod cluster;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::Signal;
use tempfile::TempDir;

pub use cluster::Cluster;

use crate::child::OwnedChild;
use crate::guard::Mode;
use crate::poll::free_port;
use crate::tools::{self, PostgresTools};

/// The server's log says this when it takes connections.
pub const READY: &str = "database system is ready to accept connections";

/// How long a server may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long a server may take to end before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Ports are tried out before the server takes them; somebody may come in between.
const PORT_ATTEMPTS: usize = 5;
/// A test's data need not outlive the machine, and a test may open more connections than most programs.
const FOR_TESTS: [&str; 3] = ["fsync=off", "full_page_writes=off", "max_connections=200"];

/// A running PostgreSQL on 127.0.0.1 with data of its own. Dropping it ends it and removes its folder.
#[derive(Debug)]
pub struct Postgres {
    cluster: Cluster,
    port: u16,
    child: Option<OwnedChild>,
    /// Besides [`FOR_TESTS`].
    settings: Vec<String>,
    // Last, so that it is removed after the child is dead.
    folder: TempDir,
}

impl Postgres {
    /// Starts a server on a free port and waits until it takes connections.
    ///
    /// # Panics
    ///
    /// When it does not; the text has the server's log.
    pub async fn start() -> Self {
        Self::try_start().await.unwrap_or_else(|error| panic!("PostgreSQL: {error:#}"))
    }

    /// As [`start`](Self::start), without the panic.
    ///
    /// # Errors
    ///
    /// When there is no PostgreSQL and none can be fetched, or it does not get ready.
    pub async fn try_start() -> Result<Self> {
        Self::start_with(tokio::task::spawn_blocking(tools::postgres).await??).await
    }

    /// A server that offers TLS with this certificate, and takes no session without it.
    ///
    /// # Panics
    ///
    /// When it does not get ready.
    pub async fn start_with_tls(certificate_pem: &str, key_pem: &str) -> Self {
        Self::try_start_with_tls(certificate_pem, key_pem)
            .await
            .unwrap_or_else(|error| panic!("PostgreSQL: {error:#}"))
    }

    async fn try_start_with_tls(certificate_pem: &str, key_pem: &str) -> Result<Self> {
        let mut server = Self::try_start().await?;
        server.stop().await;
        for (setting, name, content) in
            [("ssl_cert_file", "server.crt", certificate_pem), ("ssl_key_file", "server.key", key_pem)]
        {
            let path = server.cluster.write_secret(name, content)?;
            server.settings.push(format!("{setting}={}", path.display()));
        }
        // In place of the one that initdb has made: of all that may log in, those by TLS.
        fs::remove_file(server.folder.path().join("data/pg_hba.conf"))?;
        server.cluster.write_secret("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n")?;
        server.settings.push("ssl=on".to_owned());
        server.launch().await?;
        Ok(server)
    }

    pub(crate) async fn start_with(tools: PostgresTools) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("uptake-postgres-").tempdir()?;
        let path = folder.path().to_path_buf();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711))?;
        let cluster = tokio::task::spawn_blocking(move || Cluster::open(&tools, &path.join("data")));
        let mut server =
            Self { cluster: cluster.await??, port: 0, child: None, settings: Vec::new(), folder };
        let mut last = anyhow!("not tried");
        for _ in 0..PORT_ATTEMPTS {
            server.port = free_port();
            match server.launch().await {
                Ok(()) => return Ok(server),
                Err(error) if server.log().contains("could not bind") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// `postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE`. The user may do everything; the database
    /// `postgres` is there from the start.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.cluster.url(self.port, database)
    }

    /// `127.0.0.1:PORT`, the same after a restart.
    #[must_use]
    pub fn addr(&self) -> std::net::SocketAddr {
        std::net::SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The process id; `None` while the server is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(OwnedChild::pid)
    }

    /// What the server has logged since its (first) start.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join("postgres.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// SIGINT, and waits for the end: all sessions are ended and everything is written to disk.
    pub async fn stop(&mut self) {
        self.end(Signal::INT).await;
    }

    /// SIGQUIT, and waits for the end: a crash, after which the server has to recover.
    pub async fn crash(&mut self) {
        self.end(Signal::QUIT).await;
    }

    async fn end(&mut self, signal: Signal) {
        let Some(mut child) = self.child.take() else { return };
        child.signal(signal);
        let end = Instant::now() + STOP_WITHIN;
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Starts the stopped server again, on the same port and data.
    ///
    /// # Panics
    ///
    /// When it does not get ready.
    pub async fn start_again(&mut self) {
        let end = Instant::now() + READY_WITHIN;
        while self.child.is_none() {
            match self.launch().await {
                Ok(()) => return,
                // The port may be held for a moment by a connection that is not quite closed.
                Err(_) if Instant::now() < end => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => panic!("PostgreSQL does not start again: {error:#}"),
            }
        }
    }

    async fn launch(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.folder.path().join("postgres.log"))?;
        let logged_before = usize::try_from(log.metadata()?.len())?;
        let mut command = self.cluster.command(self.port);
        for setting in FOR_TESTS.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut child = OwnedChild::spawn(&mut command, Mode::Interrupt, Some(self.folder.path()))
            .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        let end = Instant::now() + READY_WITHIN;
        loop {
            let log = self.log();
            let tail = log.get(logged_before..).unwrap_or(&log);
            if tail.contains(READY) {
                self.child = Some(child);
                return Ok(());
            }
            if let Some(status) = child.try_wait()? {
                bail!("ended with {status}:\n{tail}");
            }
            if Instant::now() >= end {
                bail!("not ready after {READY_WITHIN:?}:\n{tail}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A killed one would leave shared memory behind; this one needs no time to write.
        if let Some(child) = &mut self.child {
            child.signal(Signal::QUIT);
            child.wait_timeout(STOP_WITHIN);
        }
    }
}

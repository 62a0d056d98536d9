//! A real nats-server with JetStream, for one test.

mod probe;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::child::OwnedChild;
use crate::guard::Mode;
use crate::http::HttpClient;
use crate::poll::free_port;
use crate::tools;

/// JetStream reserves what streams may grow to, by default within three quarters of what is free on the disk: whether
/// a test passes must not depend on that. What a test sets itself comes behind it, and counts.
const ROOM: &str = "jetstream { max_file_store: 1TB }";

/// How long a server may take to be ready; a large store takes a while to be read back.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How long a server may take to end after SIGTERM before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Ports are tried out before the server takes them; somebody may come in between.
const PORT_ATTEMPTS: usize = 5;

/// What a server is started with; made by [`NatsServer::builder`].
#[derive(Debug, Clone, Default)]
pub struct NatsServerBuilder {
    port: Option<u16>,
    store_dir: Option<PathBuf>,
    config_extra: String,
}

impl NatsServerBuilder {
    /// The client port; a free one by default.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Where JetStream stores; by default a temporary folder. A folder given here is left behind.
    #[must_use]
    pub fn store_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.store_dir = Some(folder.into());
        self
    }

    /// Lines for the server's configuration file, such as `max_payload: 2MB`. Called again, it adds.
    #[must_use]
    pub fn config_extra(mut self, lines: &str) -> Self {
        self.config_extra.push_str(lines);
        self.config_extra.push('\n');
        self
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it does not; the text has the server's log.
    pub async fn start(self) -> NatsServer {
        self.try_start().await.unwrap_or_else(|error| panic!("nats-server: {error:#}"))
    }

    /// As [`start`](Self::start), without the panic.
    ///
    /// # Errors
    ///
    /// When there is no nats-server and none can be fetched, or it does not get ready.
    pub async fn try_start(self) -> Result<NatsServer> {
        let tool = tokio::task::spawn_blocking(tools::nats_server).await??;
        let folder = tempfile::Builder::new().prefix("uptake-nats-").tempdir()?;
        fs::write(folder.path().join("extra.conf"), format!("{ROOM}\n{}", self.config_extra))?;
        let store = self.store_dir.clone().unwrap_or_else(|| folder.path().join("store"));
        let mut server = NatsServer {
            binary: tool.path,
            name: unique_name(),
            port: 0,
            monitor_port: 0,
            child: None,
            store,
            folder,
        };
        let mut last = anyhow!("not tried");
        for _ in 0..PORT_ATTEMPTS {
            server.port = self.port.unwrap_or_else(free_port);
            server.monitor_port = free_port();
            match server.launch().await {
                Ok(()) => return Ok(server),
                Err(error) if error.is::<PortTaken>() => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }
}

/// A running nats-server with JetStream on 127.0.0.1. Dropping it kills it and removes its folder.
#[derive(Debug)]
pub struct NatsServer {
    binary: PathBuf,
    name: String,
    port: u16,
    monitor_port: u16,
    child: Option<OwnedChild>,
    store: PathBuf,
    // Last, so that it is removed after the child is dead.
    folder: TempDir,
}

/// Another program has the port.
#[derive(Debug)]
struct PortTaken(String);

impl std::fmt::Display for PortTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PortTaken {}

impl NatsServer {
    /// Starts a server on free ports with a store of its own.
    ///
    /// # Panics
    ///
    /// When it does not get ready.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Options for a server.
    #[must_use]
    pub fn builder() -> NatsServerBuilder {
        NatsServerBuilder::default()
    }

    /// `nats://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its name, as others in its cluster know it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `127.0.0.1:PORT`, as [`ChaosProxy::start`](crate::ChaosProxy::start) takes it.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The client port; the same after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT` of the monitoring endpoint.
    #[must_use]
    pub fn monitor_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitor_port)
    }

    /// The process id; `None` while the server is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(OwnedChild::pid)
    }

    /// Where JetStream stores.
    #[must_use]
    pub fn store_dir(&self) -> &Path {
        &self.store
    }

    /// What the monitoring endpoint says, for instance at `/jsz?consumers=1&streams=1&config=1`.
    ///
    /// # Panics
    ///
    /// When the server is down or the answer is no JSON.
    pub async fn monitor(&self, path: &str) -> serde_json::Value {
        let answer = async { HttpClient::connect(("127.0.0.1", self.monitor_port)).await?.get(path).await };
        match answer.await {
            Ok(response) => response.json(),
            Err(error) => panic!("monitoring of nats-server, {path}: {error}"),
        }
    }

    /// What the server has logged since its (first) start.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Sends a signal: `Signal::STOP` freezes the server, `Signal::CONT` wakes it.
    pub fn signal(&mut self, signal: Signal) {
        if let Some(child) = &mut self.child {
            child.signal(signal);
        }
    }

    /// SIGTERM, and waits for the end: an orderly stop that writes everything to disk.
    pub async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        child.signal(Signal::TERM);
        let end = Instant::now() + STOP_WITHIN;
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// SIGKILL, and waits for the end: a crash.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// Starts the stopped or killed server again, on the same ports and store.
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
                Err(error) if error.is::<PortTaken>() && Instant::now() < end => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => panic!("nats-server does not start again: {error:#}"),
            }
        }
    }

    /// [`stop`](Self::stop), then [`start_again`](Self::start_again).
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// Kills the server, deletes its store and starts it again: all streams and buckets are gone.
    ///
    /// # Panics
    ///
    /// When the store cannot be deleted or the server does not get ready.
    pub async fn wipe_and_restart(&mut self) {
        self.kill();
        if let Err(error) = fs::remove_dir_all(&self.store)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            panic!("{} cannot be deleted: {error}", self.store.display());
        }
        self.start_again().await;
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("nats-server.log")
    }

    async fn launch(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log_path())?;
        let logged_before = log.metadata()?.len();
        let mut command = Command::new(&self.binary);
        // Flags win over the file, so no extra line can lose the store or the address by accident.
        command
            .arg("-c")
            .arg(self.folder.path().join("extra.conf"))
            .args(["-a", "127.0.0.1", "-p", &self.port.to_string(), "-m", &self.monitor_port.to_string()])
            .args(["-n", &self.name, "-js", "-sd"])
            .arg(&self.store)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut child = OwnedChild::spawn(&mut command, Mode::Kill, Some(self.folder.path()))
            .with_context(|| format!("{} cannot be started", self.binary.display()))?;

        let end = Instant::now() + READY_WITHIN;
        loop {
            if probe::answers(self.port, &self.name).await {
                self.child = Some(child);
                return Ok(());
            }
            if let Some(status) = child.try_wait()? {
                let log = self.log();
                let tail = log.get(usize::try_from(logged_before)?..).unwrap_or(&log);
                if tail.contains("address already in use") {
                    return Err(PortTaken(format!("ended with {status}:\n{tail}")).into());
                }
                bail!("ended with {status}:\n{tail}");
            }
            if Instant::now() >= end {
                bail!("not ready after {READY_WITHIN:?}:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// By this name the probe knows its own server from another one that took the port.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

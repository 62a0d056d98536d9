//! The programs under test.

use std::net::SocketAddr;

use test_support::{ChaosProxy, HttpClient, NatsServer, Process, workspace_bin};

use crate::SOON;

/// No colours in the log, no backtraces in it either.
const ENVIRONMENT: [(&str, &str); 2] = [("NO_COLOR", "1"), ("RUST_BACKTRACE", "0")];

/// Starts a binary of the workspace.
#[must_use]
pub fn spawn(name: &str, args: &[&str]) -> Process {
    spawn_with(name, args, &[])
}

/// Starts a binary of the workspace with these variables besides, such as `UPTAKE_FAULT_POINTS`.
#[must_use]
pub fn spawn_with(name: &str, args: &[&str], variables: &[(&str, &str)]) -> Process {
    Process::spawn(workspace_bin(name), args, ENVIRONMENT.iter().chain(variables).copied())
}

/// A running `hello`.
#[derive(Debug)]
pub struct Worker {
    /// The process.
    pub process: Process,
    chaos: Option<ChaosProxy>,
}

impl Worker {
    /// Starts a worker, and waits until it pulls.
    pub(crate) async fn start(
        server: &NatsServer,
        behind_chaos: bool,
        args: &[String],
        variables: &[(&str, &str)],
    ) -> Self {
        let chaos = if behind_chaos { Some(ChaosProxy::start(server.addr()).await) } else { None };
        let url = chaos.as_ref().map_or_else(|| server.url(), ChaosProxy::url);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        Self { chaos, ..Self::at(&url, &args, variables).await }
    }

    /// Starts a worker of whatever nats-servers are at `url`, and waits until it pulls.
    pub async fn at(url: &str, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let all = [&["--nats-url", url, "--log", "info"], args].concat();
        let mut process = spawn_with("hello", &all, variables);
        process.wait_for_line("pulling", SOON).await;
        Self { process, chaos: None }
    }

    /// Where operators connect, if it was started with `--admin-listen`.
    ///
    /// # Panics
    ///
    /// When it does not say so.
    pub async fn admin(&mut self) -> SocketAddr {
        address_of(&mut self.process, "operators").await
    }

    /// What passes between this worker and NATS.
    ///
    /// # Panics
    ///
    /// When the platform was not started behind chaos proxies.
    #[must_use]
    pub fn wire(&self) -> &ChaosProxy {
        self.chaos.as_ref().unwrap_or_else(|| panic!("this worker has no chaos proxy"))
    }
}

/// A running `http-to-nats-proxy`.
#[derive(Debug)]
pub struct Proxy {
    /// The process.
    pub process: Process,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Proxy {
    /// Starts a proxy, and waits until it listens.
    pub(crate) async fn start(server: &NatsServer, args: &[String], variables: &[(&str, &str)]) -> Self {
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        Self::at(&server.url(), &args, variables).await
    }

    /// Starts a proxy of whatever nats-servers are at `url`, and waits until it listens.
    pub async fn at(url: &str, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut all = vec!["--nats-url", url, "--admin-listen", "127.0.0.1:0", "--log", "info"];
        if !args.contains(&"--listen") {
            all.extend(["--listen", "127.0.0.1:0"]);
        }
        all.extend(args);
        let mut process = spawn_with("http-to-nats-proxy", &all, variables);
        let address = address_of(&mut process, "clients").await;
        let admin = address_of(&mut process, "operators").await;
        Self { process, address, admin }
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where operators connect.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Requests that it has answered, by its log.
    #[must_use]
    pub fn served(&self) -> usize {
        self.process.lines().iter().filter(|line| line.contains("INFO request ")).count()
    }

    /// What `/readyz` tells.
    ///
    /// # Panics
    ///
    /// When the private listener does not answer.
    pub async fn readyz(&self) -> serde_json::Value {
        let answer = async { HttpClient::connect(self.admin).await?.get("/readyz").await };
        match answer.await {
            Ok(response) => response.json(),
            Err(error) => panic!("/readyz: {error}"),
        }
    }
}

/// Where a program listens for `clients` or `operators`, as it says in its log.
///
/// # Panics
///
/// When it does not say so.
pub async fn address_of(process: &mut Process, audience: &str) -> SocketAddr {
    let line = process.wait_for_line(&format!("listening for=\"{audience}\""), SOON).await;
    let address = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next());
    let address = address.and_then(|address| address.parse().ok());
    address.unwrap_or_else(|| panic!("no address in {line:?}"))
}

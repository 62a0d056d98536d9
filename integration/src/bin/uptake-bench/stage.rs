//! What a measure runs on: a nats-server of its own, proxies and workers. Dropping it ends them all.

use std::path::PathBuf;

use test_support::NatsServer;

use crate::{Args, program::Program};

pub(crate) struct Stage {
    bin_dir: PathBuf,
    url: String,
    quiet: bool,
    /// Of all proxies and workers.
    variables: Vec<(String, String)>,
    pub(crate) server: NatsServer,
}

/// A proxy, and where its clients connect.
pub(crate) struct Proxy {
    pub(crate) program: Program,
    pub(crate) address: String,
}

impl Stage {
    pub(crate) async fn start(args: &Args) -> anyhow::Result<Self> {
        Self::start_with(args, &[]).await
    }

    /// One whose proxies and workers have these variables.
    pub(crate) async fn start_with(args: &Args, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let server = NatsServer::start().await;
        let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { bin_dir: args.bin_dir.clone(), url: server.url(), quiet: args.quiet, variables, server })
    }

    fn program(&self, name: &'static str, arguments: &[&str]) -> anyhow::Result<Program> {
        Program::start(&self.bin_dir, name, arguments, &self.variables)
    }

    /// A worker that pulls.
    pub(crate) async fn worker(&self, name: &'static str, more: &[&str]) -> anyhow::Result<Program> {
        let worker = self.program(name, &[&["--nats-url", &self.url], more].concat())?;
        worker.wait_for("pulling").await?;
        Ok(worker)
    }

    /// A service without the platform, which its own HTTP server serves; and its address.
    pub(crate) async fn on_tcp(
        &self,
        name: &'static str,
        more: &[&str],
    ) -> anyhow::Result<(Program, String)> {
        let service = self.program(name, &[&["--http", "127.0.0.1:0"], more].concat())?;
        let address = service.address_in("serving HTTP").await?;
        Ok((service, address))
    }

    /// A collector of traces and metrics, which is this program once more; and its address.
    pub(crate) async fn sink(&self) -> anyhow::Result<(Program, String)> {
        let sink = self.program("uptake-bench", &["--collector"])?;
        let address = sink.address_in("collecting").await?;
        Ok((sink, address))
    }

    /// A proxy that logs as `--quiet` says.
    pub(crate) async fn proxy(&self, more: &[&str]) -> anyhow::Result<Proxy> {
        self.proxy_that_logs(!self.quiet, more).await
    }

    pub(crate) async fn proxy_that_logs(&self, requests: bool, more: &[&str]) -> anyhow::Result<Proxy> {
        // The line of each request goes, that of the listener stays.
        let log = if requests { "info" } else { "warn,http_to_nats_proxy::server=info" };
        let listeners = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        let arguments = [&["--nats-url", &self.url, "--log", log][..], &listeners, more].concat();
        let program = self.program("http-to-nats-proxy", &arguments)?;
        let address = program.address_in("listening for=\"clients\"").await?;
        Ok(Proxy { program, address })
    }

    /// Process id of the server.
    pub(crate) fn server_pid(&self) -> u32 {
        // A server that has just been started has one.
        self.server.pid().unwrap_or_default()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

//! A real Prometheus, for one test.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::http::HttpClient;
use crate::process::Process;
use crate::tools;

/// How long it may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running Prometheus. Dropping it kills it, and removes what it stored.
#[derive(Debug)]
pub struct Prometheus {
    process: Process,
    address: SocketAddr,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one with this configuration and these rules, which the configuration need not name; both are YAML.
    ///
    /// # Panics
    ///
    /// When there is none and none can be fetched, or it does not take them; the text has its log.
    pub async fn start(config: &str, rules: &str) -> Self {
        let tools = tokio::task::spawn_blocking(tools::prometheus).await;
        let tools = tools.unwrap_or_else(|error| panic!("Prometheus: {error}"));
        let tools = tools.unwrap_or_else(|error| panic!("Prometheus: {error:#}"));
        let folder = tempfile::Builder::new().prefix("uptake-prometheus-").tempdir();
        let folder = folder.unwrap_or_else(|error| panic!("no folder for Prometheus: {error}"));
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        for (name, text) in
            [("prometheus.yml", &*format!("{config}\nrule_files: [rules.yaml]\n")), ("rules.yaml", rules)]
        {
            fs::write(path(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let config = format!("--config.file={}", path("prometheus.yml"));
        let storage = format!("--storage.tsdb.path={}", path("data"));
        let listen = "--web.listen-address=127.0.0.1:0";
        let mut process =
            Process::spawn(tools.prometheus, [&*config, &*storage, listen], Vec::<(&str, &str)>::new());
        let line = process.wait_for_line("msg=\"Listening on\"", READY_WITHIN).await;
        let address = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next());
        let address = address.and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}"));
        process.wait_for_line("Server is ready", READY_WITHIN).await;
        Self { process, address, _folder: folder }
    }

    /// What its API answers (<https://prometheus.io/docs/prometheus/latest/querying/api/>): `data`, or, where it refuses,
    /// its error.
    ///
    /// # Errors
    ///
    /// Its own words, as of an expression that does not parse.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    pub async fn api(&self, path: &str) -> Result<Value, String> {
        let answer = async { HttpClient::connect(self.address).await?.get(&format!("/api/v1/{path}")).await };
        let answer =
            answer.await.unwrap_or_else(|error| panic!("{path}: {error}\n{}", self.process.output()));
        let mut answer = answer.json();
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["data"].take()),
        }
    }
}

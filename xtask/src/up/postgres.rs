//! The PostgreSQL of `--postgres`.

use anyhow::Result;
use test_support::free_port;
use test_support::postgres::{Cluster, READY};
use test_support::tools;

use super::data::DataDir;
use super::team::{Role, Spec, Team};

/// A server of ours.
#[derive(Debug)]
pub(super) struct Postgres {
    port: u16,
    version: String,
    /// With a password, so not to be shown.
    pub(super) url: String,
}

impl Postgres {
    /// Starts the server on the data of the last time, or on new data, and waits until it is ready.
    pub(super) fn start(data: &DataDir, team: &mut Team) -> Result<Self> {
        let tools = tools::postgres()?;
        let cluster = Cluster::open(&tools, &data.join("postgres"))?;
        let port = free_port();
        let url = cluster.url(port, "postgres");
        team.start_all(vec![Spec {
            name: "postgres".to_owned(),
            role: Role::Postgres,
            program: tools.bin_dir.join("postgres"),
            arguments: Vec::new(),
            variables: Vec::new(),
            cluster: Some((cluster, port)),
            reads: None,
            ready: vec![READY.to_owned()],
        }])?;
        Ok(Self { port, version: tools.version, url })
    }

    pub(super) fn description(&self) -> String {
        format!("PostgreSQL {} ready on 127.0.0.1:{}", self.version, self.port)
    }
}

//! Several nats-servers that form a cluster, and several clusters that form a super-cluster.

use std::{iter::repeat_with, time::Duration};

use serde_json::Value;

use crate::{NatsServer, eventually, free_port};

/// How long servers may take to find each other and to agree on who leads.
const AGREED_WITHIN: Duration = Duration::from_secs(60);

/// nats-servers with JetStream on 127.0.0.1 that form one cluster. Dropping it kills them.
#[derive(Debug)]
pub struct NatsCluster {
    /// All of them, in the order of their start. Each has the tag `cluster:NAME`.
    pub servers: Vec<NatsServer>,
}

/// The ports by which servers reach each other: within the cluster, and from other clusters.
#[derive(Debug)]
struct Links {
    name: String,
    routes: Vec<u16>,
    gateways: Vec<u16>,
}

impl NatsCluster {
    /// Starts so many servers, and waits until they agree on who leads JetStream.
    ///
    /// # Panics
    ///
    /// When they do not.
    pub async fn start(size: usize) -> Self {
        Self::start_all(&[("cluster", size)]).await.pop().unwrap_or_else(|| panic!("no cluster"))
    }

    /// Starts clusters of these names and sizes, each of which is joined to all others by gateways.
    ///
    /// # Panics
    ///
    /// When they do not agree on who leads JetStream, which is one for all.
    pub async fn start_all(clusters: &[(&str, usize)]) -> Vec<Self> {
        let ports = |count| repeat_with(free_port).take(count).collect();
        let links: Vec<_> = clusters
            .iter()
            .map(|&(name, size)| Links { name: name.to_owned(), routes: ports(size), gateways: ports(size) })
            .collect();
        let mut started = Vec::new();
        for own in &links {
            let mut servers = Vec::new();
            for index in 0..own.routes.len() {
                let lines = own.lines(index, &links);
                servers.push(NatsServer::builder().config_extra(&lines).start().await);
            }
            started.push(Self { servers });
        }
        let all: Vec<_> = started.iter().flat_map(|cluster| &cluster.servers).collect();
        let agreed = eventually(AGREED_WITHIN, async || {
            let mut leaders = Vec::new();
            for server in &all {
                let state = server.monitor("/jsz").await;
                leaders.push((
                    state["meta_cluster"]["leader"].clone(),
                    state["meta_cluster"]["cluster_size"].clone(),
                ));
            }
            leaders
                .iter()
                .all(|(leader, size)| leader.is_string() && *leader == leaders[0].0 && *size == all.len())
        });
        assert!(agreed.await, "nobody leads JetStream:\n{}", all[0].log());
        started
    }

    /// The addresses of all servers, as clients take them.
    #[must_use]
    pub fn url(&self) -> String {
        self.servers.iter().map(NatsServer::url).collect::<Vec<_>>().join(",")
    }

    /// Which of these servers leads a stream; none while there is no leader, or while it is elsewhere.
    ///
    /// # Panics
    ///
    /// When a server that runs does not answer.
    pub async fn leader_of(&self, stream: &str) -> Option<usize> {
        for (index, server) in self.servers.iter().enumerate().filter(|(_, server)| server.pid().is_some()) {
            let state = server.monitor("/jsz?streams=1").await;
            if leads(&state, stream, server.name()) {
                return Some(index);
            }
        }
        None
    }
}

impl Links {
    fn lines(&self, index: usize, all: &[Self]) -> String {
        let urls = |ports: &[u16]| {
            ports.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect::<Vec<_>>().join(", ")
        };
        let Self { name, routes, gateways } = self;
        let mut lines = format!(
            "server_tags: [\"cluster:{name}\"]\n\
             cluster {{ name: {name}, listen: \"127.0.0.1:{}\", routes: [{}] }}\n",
            routes[index],
            urls(routes)
        );
        if all.len() > 1 {
            let others = all
                .iter()
                .map(|other| format!("{{ name: {}, urls: [{}] }}", other.name, urls(&other.gateways)));
            lines += &format!(
                "gateway {{ name: {name}, listen: \"127.0.0.1:{}\", gateways: [{}] }}\n",
                gateways[index],
                others.collect::<Vec<_>>().join(", ")
            );
        }
        lines
    }
}

/// Whether the server of this name says of itself that it leads the stream.
fn leads(state: &Value, stream: &str, server: &str) -> bool {
    let accounts = state["account_details"].as_array().into_iter().flatten();
    let mut streams = accounts.filter_map(|account| account["stream_detail"].as_array()).flatten();
    streams.any(|known| known["name"] == stream && known["cluster"]["leader"] == server)
}

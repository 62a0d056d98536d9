//! Overlays: the settings of one deployment of the platform.

mod load;
mod parts;
mod quantity;
mod single;
mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use load::{OVERLAYS, Source, load};
pub use parts::{
    Cluster, Database, Frontend, Gateway, Images, Limits, Nats, Observability, Proxy, Range, Scaling,
    Service, Sqlite, Telemetry,
};
pub use quantity::Quantity;

use crate::patch::Patch;

/// All settings of one deployment. Names are those of the overlay files, in camel case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// What it is for: decides which policies hold.
    pub environment: Environment,
    /// The namespace of all that is ours, NATS included.
    #[serde(default = "uptake")]
    pub namespace: String,
    /// The subject below which everything of the platform lies (`UPTAKE_ROOT`).
    #[serde(default = "uptake")]
    pub root: String,
    /// Where images come from.
    pub images: Images,
    /// The cluster itself, and the namespaces of its operators.
    #[serde(default)]
    pub cluster: Cluster,
    /// The NATS servers.
    pub nats: Nats,
    /// The proxy.
    pub proxy: Proxy,
    /// The services, by name: the name is that of their Deployment, of their NATS user and part of their streams' names.
    pub services: BTreeMap<String, Service>,
    /// PostgreSQL clusters, by name. A service names the one that it uses.
    #[serde(default)]
    pub databases: BTreeMap<String, Database>,
    /// The web frontend; without it there is none.
    pub frontend: Option<Frontend>,
    /// The way in from outside.
    pub gateway: Gateway,
    /// What is exported.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// What Prometheus and Grafana read.
    #[serde(default)]
    pub observability: Observability,
    /// Changes to rendered objects that have no setting.
    #[serde(default)]
    pub patches: Vec<Patch>,
}

/// What a deployment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Environment {
    /// A developer's cluster: plain HTTP on localhost, images by tag.
    Development,
    /// Clients from outside: HTTPS alone, images by digest.
    Production,
}

fn uptake() -> String {
    "uptake".to_owned()
}

//! The paths of our own workloads.

use anyhow::Result;
use k8s_openapi::{api::networking::v1::NetworkPolicy, apimachinery::pkg::apis::meta::v1::LabelSelector};

use super::{
    super::{meta, workload::HTTP_PORT},
    peers::{POSTGRES, collector, dns, from, gateways, nats, pods, policy, prometheus, to},
};
use crate::{
    settings::{Service, Settings},
    worker::ADMIN_PORT,
};

/// Nothing may speak to anything in the namespace, nor anything in it to anybody, but for what other policies let through.
pub(in super::super) fn default_deny(settings: &Settings) -> NetworkPolicy {
    policy(settings, ("uptake", "default-deny"), LabelSelector::default(), Vec::new(), Vec::new())
}

/// The proxy: clients come from the gateway alone.
pub(in super::super) fn proxy(settings: &Settings, name: &str) -> Result<NetworkPolicy> {
    let ingress =
        vec![from(gateways(settings), &[HTTP_PORT]), from(vec![prometheus(settings)], &[ADMIN_PORT])];
    let mut egress = vec![dns(), nats()];
    egress.extend(collector(settings)?);
    Ok(policy(settings, (name, name), meta::selector(name), ingress, egress))
}

/// A service: requests come to it through NATS alone.
pub(in super::super) fn service(settings: &Settings, name: &str, service: &Service) -> Result<NetworkPolicy> {
    let ingress = vec![from(vec![prometheus(settings)], &[ADMIN_PORT])];
    let mut egress = vec![dns(), nats()];
    if let Some(database) = &service.database {
        egress.push(to(vec![pods(&[("cnpg.io/cluster", database)])], &[POSTGRES]));
    }
    egress.extend(collector(settings)?);
    Ok(policy(settings, (name, name), meta::selector(name), ingress, egress))
}

/// What migrates a database reaches it, and nothing else.
pub(in super::super) fn migrations(settings: &Settings, name: &str, database: &str) -> NetworkPolicy {
    let egress = vec![dns(), to(vec![pods(&[("cnpg.io/cluster", database)])], &[POSTGRES])];
    policy(settings, (name, name), meta::selector(name), Vec::new(), egress)
}

/// The web frontend reaches nobody.
pub(in super::super) fn frontend(settings: &Settings, name: &str) -> NetworkPolicy {
    let ingress =
        vec![from(gateways(settings), &[HTTP_PORT]), from(vec![prometheus(settings)], &[ADMIN_PORT])];
    policy(settings, (name, name), meta::selector(name), ingress, Vec::new())
}

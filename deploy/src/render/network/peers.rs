//! The pieces of policies: peers, ports and rules.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::super::meta;
use crate::settings::Settings;

/// The label that the API server gives each namespace.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// Where an API server may be that no setting names: in a private network (RFC 1918).
const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

pub(super) const NATS: u16 = 4222;
pub(super) const POSTGRES: u16 = 5432;

/// Selects by labels.
pub(super) fn labelled(labels: &[(&str, &str)]) -> LabelSelector {
    let labels: BTreeMap<_, _> =
        labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }
}

/// Pods of our namespace with these labels.
pub(super) fn pods(labels: &[(&str, &str)]) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(labelled(labels)), ..NetworkPolicyPeer::default() }
}

/// Pods of a workload.
pub(super) fn workload(name: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(meta::selector(name)), ..NetworkPolicyPeer::default() }
}

/// Pods of another namespace with these labels.
pub(super) fn pods_in(namespace: &str, labels: &[(&str, &str)]) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(labelled(labels)), ..all_of(namespace) }
}

/// All pods of another namespace.
pub(super) fn all_of(namespace: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(labelled(&[(NAMESPACE_NAME, namespace)])),
        ..NetworkPolicyPeer::default()
    }
}

/// Addresses.
pub(super) fn block(cidr: &str) -> NetworkPolicyPeer {
    let block = IPBlock { cidr: cidr.to_owned(), except: None };
    NetworkPolicyPeer { ip_block: Some(block), ..NetworkPolicyPeer::default() }
}

/// The proxies of our Gateway: in our namespace, where kgateway puts them, or in that of its controller.
pub(super) fn gateways(settings: &Settings) -> Vec<NetworkPolicyPeer> {
    let labels = [GATEWAY];
    vec![pods(&labels), pods_in(gateway_namespace(settings), &labels)]
}

/// The label that each implementation of the Gateway API gives to what it makes for a Gateway.
pub(super) const GATEWAY: (&str, &str) = ("gateway.networking.k8s.io/gateway-name", "uptake");

pub(super) fn gateway_namespace(settings: &Settings) -> &str {
    settings.cluster.gateway_namespace.as_deref().unwrap_or("kgateway-system")
}

/// Prometheus. Not all of its namespace: on the private listeners one can do what operators do, not only read metrics.
pub(super) fn prometheus(settings: &Settings) -> NetworkPolicyPeer {
    let namespace = settings.cluster.monitoring_namespace.as_deref().unwrap_or("monitoring");
    pods_in(namespace, &[("app.kubernetes.io/name", "prometheus")])
}

fn port(protocol: &str, number: u16) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(i32::from(number))),
        end_port: None,
    }
}

/// From these, to these TCP ports.
pub(super) fn from(peers: Vec<NetworkPolicyPeer>, ports: &[u16]) -> NetworkPolicyIngressRule {
    let ports = ports.iter().map(|&number| port("TCP", number)).collect();
    NetworkPolicyIngressRule { from: Some(peers), ports: Some(ports) }
}

/// To these, at these TCP ports.
pub(super) fn to(peers: Vec<NetworkPolicyPeer>, ports: &[u16]) -> NetworkPolicyEgressRule {
    let ports = ports.iter().map(|&number| port("TCP", number)).collect();
    NetworkPolicyEgressRule { to: Some(peers), ports: Some(ports) }
}

/// To the cluster's DNS.
pub(super) fn dns() -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: Some(vec![pods_in("kube-system", &[("k8s-app", "kube-dns")])]),
        ports: Some(vec![port("UDP", 53), port("TCP", 53)]),
    }
}

/// To NATS.
pub(super) fn nats() -> NetworkPolicyEgressRule {
    to(vec![workload("nats")], &[NATS])
}

/// To the API server, on its usual ports.
pub(super) fn api_server(settings: &Settings) -> NetworkPolicyEgressRule {
    let blocks = match &settings.cluster.api_server {
        Some(cidr) => vec![block(cidr)],
        None => PRIVATE.map(block).to_vec(),
    };
    to(blocks, &[443, 6443])
}

/// To the collector of traces, if there is one.
///
/// # Errors
/// When its address is not that of a Service in the cluster, or an IP address.
pub(super) fn collector(settings: &Settings) -> Result<Option<NetworkPolicyEgressRule>> {
    let Some(endpoint) = &settings.telemetry.endpoint else { return Ok(None) };
    let wrong = || {
        format!(
            "telemetry.endpoint: {endpoint:?} cannot be let through; name a Service in the cluster, such as http://collector.monitoring:4317, or an IP address"
        )
    };
    let (scheme, rest) = endpoint.split_once("://").with_context(wrong)?;
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, number) = match authority.rsplit_once(':') {
        Some((host, number)) => (host, number.parse().ok().with_context(wrong)?),
        None => (authority, if scheme == "https" { 443 } else { 80 }),
    };
    let names: Vec<_> = host.split('.').collect();
    let peer = match (host.parse::<std::net::Ipv4Addr>(), names.as_slice()) {
        (Ok(address), _) => block(&format!("{address}/32")),
        (Err(_), [_]) => pods(&[]),
        (Err(_), [_, namespace] | [_, namespace, "svc", ..]) => all_of(namespace),
        _ => anyhow::bail!(wrong()),
    };
    Ok(Some(to(vec![peer], &[number])))
}

/// A policy for the pods that `selected` names. What is not in its rules is closed, both ways.
pub(super) fn policy(
    settings: &Settings,
    (workload, name): (&str, &str),
    selected: LabelSelector,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> NetworkPolicy {
    let spec = NetworkPolicySpec {
        pod_selector: Some(selected),
        policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        ingress: (!ingress.is_empty()).then_some(ingress),
        egress: (!egress.is_empty()).then_some(egress),
    };
    NetworkPolicy { metadata: meta::named(settings, workload, name), spec: Some(spec) }
}

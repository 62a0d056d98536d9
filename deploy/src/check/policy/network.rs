//! Who may speak to whom.

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};

use super::{
    super::Finding,
    Checked,
    view::{finding, finds_all},
};
use crate::object::Object;

/// Blocks of addresses with a shorter prefix are the world.
const SHORTEST_PREFIX: u8 = 8;
/// The label of the pods that are open to the world.
const GATEWAY: &str = "gateway.networking.k8s.io/gateway-name";

fn policies(checked: Checked<'_>) -> impl Iterator<Item = (&Object, NetworkPolicySpec)> {
    checked.objects().filter_map(|object| match object {
        Object::NetworkPolicy(policy) => {
            let NetworkPolicy { spec, .. } = policy.as_ref();
            Some((object, spec.clone().unwrap_or_default()))
        }
        _ => None,
    })
}

pub(super) fn default_deny(checked: Checked<'_>) -> Vec<Finding> {
    let general: Vec<_> =
        policies(checked).filter(|(_, spec)| spec.pod_selector.as_ref().is_none_or(finds_all)).collect();
    if general.is_empty() {
        let namespaces = checked.objects().filter(|object| matches!(object, Object::Namespace(_)));
        let message = "no NetworkPolicy closes it: there must be one with an empty podSelector and no rule";
        return namespaces.map(|object| finding(object, "metadata.name", message)).collect();
    }
    let mut findings = Vec::new();
    for (object, spec) in general {
        let closes = |way: &str| spec.policy_types.iter().flatten().any(|one| one == way);
        if !closes("Ingress") || !closes("Egress") {
            findings.push(finding(object, "spec.policyTypes", "it must have Ingress and Egress"));
        }
        let rules = [
            ("spec.ingress", spec.ingress.is_some_and(|rules| !rules.is_empty())),
            ("spec.egress", spec.egress.is_some_and(|rules| !rules.is_empty())),
        ];
        for (field, _) in rules.iter().filter(|(_, lets)| *lets) {
            findings.push(finding(object, *field, "it lets traffic of all pods through"));
        }
    }
    findings
}

pub(super) fn closed(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (object, spec) in policies(checked) {
        let selected = spec.pod_selector.iter().flat_map(|selector| selector.match_labels.iter().flatten());
        let is_gateway = selected.into_iter().any(|(name, _)| name == GATEWAY);
        let mut look = |way: &str, side: &str, index, peers: Option<&_>, ports: Option<&_>, may_be_open| {
            let at = format!("spec.{way}[{index}]");
            let open = open_peer(peers, may_be_open)
                .map(|field| (format!("{at}.{side}{field}"), "it is open to all"));
            findings.extend(open.map(|(field, message)| finding(object, field, message)));
            let all = open_port(ports).map(|field| format!("{at}.ports{field}"));
            findings.extend(all.map(|field| finding(object, field, "it names no port")));
        };
        for (index, rule) in spec.ingress.iter().flatten().enumerate() {
            look("ingress", "from", index, rule.from.as_ref(), rule.ports.as_ref(), is_gateway);
        }
        for (index, rule) in spec.egress.iter().flatten().enumerate() {
            look("egress", "to", index, rule.to.as_ref(), rule.ports.as_ref(), false);
        }
    }
    findings
}

/// The peer that stands for everybody: none at all, all namespaces, or a block of most addresses.
fn open_peer(peers: Option<&Vec<NetworkPolicyPeer>>, may_be_open: bool) -> Option<String> {
    let peers = peers.map(Vec::as_slice).unwrap_or_default();
    if peers.is_empty() {
        return Some(String::new());
    }
    peers.iter().enumerate().find_map(|(index, peer)| {
        if peer.namespace_selector.as_ref().is_some_and(finds_all) {
            return Some(format!("[{index}].namespaceSelector"));
        }
        let block = peer.ip_block.as_ref()?;
        let prefix = block.cidr.rsplit_once('/').and_then(|(_, bits)| bits.parse::<u8>().ok());
        let is_open = prefix.is_none_or(|bits| bits < SHORTEST_PREFIX);
        (is_open && !may_be_open).then(|| format!("[{index}].ipBlock.cidr"))
    })
}

fn open_port(ports: Option<&Vec<NetworkPolicyPort>>) -> Option<String> {
    let ports = ports.map(Vec::as_slice).unwrap_or_default();
    if ports.is_empty() {
        return Some(String::new());
    }
    ports.iter().position(|port| port.port.is_none()).map(|index| format!("[{index}].port"))
}

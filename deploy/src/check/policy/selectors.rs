//! Whom selectors find.

use k8s_openapi::{api::networking::v1::NetworkPolicyPeer, apimachinery::pkg::apis::meta::v1::LabelSelector};

use super::{
    super::Finding,
    Checked,
    view::{Labels, finding, finds, finds_all, pods},
};
use crate::object::Object;

pub(super) fn selectors(checked: Checked<'_>) -> Vec<Finding> {
    let ours: Vec<Labels> = pods(checked).map(|pod| pod.labels).collect();
    let all: Vec<Labels> = ours.iter().cloned().chain(of_operators(checked)).collect();
    let mut findings = Vec::new();
    for object in checked.objects() {
        for (field, selector, is_ours) in of(object) {
            let among = if is_ours { &ours } else { &all };
            if !finds_all(&selector) && !among.iter().any(|labels| finds(&selector, labels)) {
                findings.push(finding(object, field, "it finds no pod"));
            }
        }
    }
    for pod in pods(checked) {
        if let Object::Deployment(one) = pod.object
            && let Some(spec) = &one.spec
            && !finds(&spec.selector, &pod.labels)
        {
            findings.push(finding(pod.object, "spec.selector", "it does not find the Deployment's own pods"));
        }
    }
    findings
}

/// The selectors of an object, with their fields, and whether they are about our own workloads alone.
fn of(object: &Object) -> Vec<(String, LabelSelector, bool)> {
    let labelled =
        |labels: Option<&Labels>| LabelSelector { match_labels: labels.cloned(), ..Default::default() };
    match object {
        Object::Service(one) => {
            let selector = one.spec.as_ref().and_then(|spec| spec.selector.as_ref());
            vec![("spec.selector".to_owned(), labelled(selector), true)]
        }
        Object::PodDisruptionBudget(one) => {
            let selector = one.spec.as_ref().and_then(|spec| spec.selector.clone());
            vec![("spec.selector".to_owned(), selector.unwrap_or_default(), true)]
        }
        Object::PodMonitor(one) => vec![("spec.selector".to_owned(), one.spec.selector.clone(), false)],
        Object::NetworkPolicy(one) => {
            let spec = one.spec.clone().unwrap_or_default();
            let mut found =
                vec![("spec.podSelector".to_owned(), spec.pod_selector.unwrap_or_default(), false)];
            let mut peers = |at: String, peers: Option<Vec<NetworkPolicyPeer>>| {
                for (index, peer) in peers.unwrap_or_default().into_iter().enumerate() {
                    // Whom other namespaces have, nobody knows here.
                    if let (None, Some(selector)) = (peer.namespace_selector, peer.pod_selector) {
                        found.push((format!("{at}[{index}].podSelector"), selector, false));
                    }
                }
            };
            for (index, rule) in spec.ingress.unwrap_or_default().into_iter().enumerate() {
                peers(format!("spec.ingress[{index}].from"), rule.from);
            }
            for (index, rule) in spec.egress.unwrap_or_default().into_iter().enumerate() {
                peers(format!("spec.egress[{index}].to"), rule.to);
            }
            found
        }
        _ => Vec::new(),
    }
}

/// The labels of pods that charts and operators run in the namespace.
fn of_operators(checked: Checked<'_>) -> Vec<Labels> {
    let labels = |name: &str, value: &str| Labels::from([(name.to_owned(), value.to_owned())]);
    let mut all = vec![
        // The chart `nats` names itself so, `nack` as charts did before there were common labels.
        Labels::from([
            ("app.kubernetes.io/name".to_owned(), "nats".to_owned()),
            ("app.kubernetes.io/instance".to_owned(), "nats".to_owned()),
            ("app.kubernetes.io/component".to_owned(), "nats".to_owned()),
        ]),
        labels("app", "nack"),
        labels("acme.cert-manager.io/http01-solver", "true"),
        labels("gateway.networking.k8s.io/gateway-name", "uptake"),
    ];
    all.extend(checked.settings.databases.keys().map(|name| {
        Labels::from([
            ("cnpg.io/cluster".to_owned(), name.clone()),
            ("cnpg.io/podRole".to_owned(), "instance".to_owned()),
        ])
    }));
    all
}

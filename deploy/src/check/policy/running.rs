//! How pods run: probes, resources, and several of them.

use k8s_openapi::{
    api::core::v1::{Container, Probe},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{
    super::Finding,
    Checked,
    view::{finding, finds, pods},
};
use crate::object::Object;

pub(super) fn probes(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked).filter(|pod| !pod.runs_once) {
        for (at, container) in pod.containers().filter(|(at, _)| at.starts_with("containers")) {
            let all = [
                ("startupProbe", &container.startup_probe, "/healthz"),
                ("livenessProbe", &container.liveness_probe, "/healthz"),
                ("readinessProbe", &container.readiness_probe, "/readyz"),
            ];
            for (name, probe, path) in all {
                let wrong = wrong_probe(container, probe.as_ref(), path);
                findings.extend(
                    wrong.map(|(field, message)| pod.finding(&format!("{at}.{name}{field}"), &message)),
                );
            }
        }
    }
    findings
}

fn wrong_probe(container: &Container, probe: Option<&Probe>, path: &str) -> Option<(&'static str, String)> {
    let Some(asked) = probe.and_then(|probe| probe.http_get.as_ref()) else {
        return Some(("", format!("there must be one that asks {path} of the private listener")));
    };
    if asked.path.as_deref() != Some(path) {
        return Some((".httpGet.path", format!("it must be {path}")));
    }
    let is_there = container.ports.iter().flatten().any(|port| match &asked.port {
        IntOrString::Int(number) => port.container_port == *number,
        IntOrString::String(name) => port.name.as_ref() == Some(name),
    });
    (!is_there).then(|| (".httpGet.port", "the container has no such port".to_owned()))
}

pub(super) fn resources(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked) {
        for (at, container) in pod.containers() {
            let own = container.resources.clone().unwrap_or_default();
            for (side, amounts) in [("requests", own.requests), ("limits", own.limits)] {
                for what in ["cpu", "memory", "ephemeral-storage"] {
                    if !amounts.as_ref().is_some_and(|amounts| amounts.contains_key(what)) {
                        let field = format!("{at}.resources.{side}.{what}");
                        findings.push(pod.finding(&field, "it is not set"));
                    }
                }
            }
        }
    }
    findings
}

pub(super) fn disruption_budget(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked).filter(|pod| pod.may_be_several) {
        let is_guarded = checked.objects().any(|object| match object {
            Object::PodDisruptionBudget(one) => {
                let selector = one.spec.as_ref().and_then(|spec| spec.selector.as_ref());
                selector.is_some_and(|selector| finds(selector, &pod.labels))
            }
            _ => false,
        });
        if !is_guarded {
            findings.push(finding(
                pod.object,
                "spec.replicas",
                "it may have several pods, and no PodDisruptionBudget finds them",
            ));
        }
    }
    for object in checked.objects() {
        let Object::PodDisruptionBudget(one) = object else { continue };
        let spec = one.spec.clone().unwrap_or_default();
        if spec.unhealthy_pod_eviction_policy.as_deref() != Some("AlwaysAllow") {
            let message = "it must be AlwaysAllow, or pods that do not start keep a node from being emptied";
            findings.push(finding(object, "spec.unhealthyPodEvictionPolicy", message));
        }
        if spec.max_unavailable != Some(IntOrString::Int(1)) {
            let message =
                "it must be 1: several at once are too many, and none keeps nodes from being emptied";
            findings.push(finding(object, "spec.maxUnavailable", message));
        }
    }
    findings
}

pub(super) fn spread(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked).filter(|pod| pod.may_be_several) {
        for key in ["topology.kubernetes.io/zone", "kubernetes.io/hostname"] {
            let constraints = pod.spec.topology_spread_constraints.iter().flatten();
            let is_spread = constraints.into_iter().any(|one| {
                let selector = one.label_selector.as_ref();
                one.topology_key == key && selector.is_some_and(|selector| finds(selector, &pod.labels))
            });
            if !is_spread {
                let message = format!("none spreads these pods over {key}");
                findings.push(pod.finding("topologySpreadConstraints", &message));
            }
        }
    }
    findings
}

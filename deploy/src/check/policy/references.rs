//! What objects name, and volumes.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{
    super::Finding,
    Checked,
    view::{Labels, Pod, finding, pods},
};
use crate::object::Object;

pub(super) fn references(checked: Checked<'_>) -> Vec<Finding> {
    let is_there = |kind: &str, name: &str| {
        checked.objects().any(|object| object.kind() == kind && object.name() == name)
    };
    let mut findings = Vec::new();
    for pod in pods(checked) {
        let account = pod.spec.service_account_name.as_deref().unwrap_or("default");
        if !is_there("ServiceAccount", account) {
            let message = format!("there is no ServiceAccount {account:?} here");
            findings.push(pod.finding("serviceAccountName", &message));
        }
        for (index, claim) in claims(&pod) {
            if !is_there("PersistentVolumeClaim", &claim) {
                let field = format!("volumes[{index}].persistentVolumeClaim.claimName");
                findings.push(pod.finding(&field, &format!("there is no PersistentVolumeClaim {claim:?}")));
            }
        }
    }
    for object in checked.objects() {
        findings.extend(ports(checked, object));
        if let Object::Gateway(one) = object
            && let Some(named) = one.spec.infrastructure.as_ref().and_then(|one| one.parameters_ref.as_ref())
            && !is_there(&named.kind, &named.name)
        {
            let message = format!("there is no {} {:?}", named.kind, named.name);
            findings.push(finding(object, "spec.infrastructure.parametersRef.name", message));
        }
        let (target, field) = match object {
            Object::ScaledObject(one) => (&one.spec.scale_target_ref.name, "spec.scaleTargetRef.name"),
            Object::HorizontalPodAutoscaler(one) => match &one.spec {
                Some(spec) => (&spec.scale_target_ref.name, "spec.scaleTargetRef.name"),
                None => continue,
            },
            _ => continue,
        };
        if !is_there("Deployment", target) {
            findings.push(finding(object, field, format!("there is no Deployment {target:?}")));
        }
    }
    findings.extend(backends(checked));
    findings
}

/// The ports of a Service that its pods do not have.
fn ports(checked: Checked<'_>, object: &Object) -> Vec<Finding> {
    let Object::Service(service) = object else { return Vec::new() };
    let Some(spec) = &service.spec else { return Vec::new() };
    let selected =
        |labels: &Labels| spec.selector.iter().flatten().all(|(name, value)| labels.get(name) == Some(value));
    let mut findings = Vec::new();
    for (index, port) in spec.ports.iter().flatten().enumerate() {
        let target = port.target_port.clone().unwrap_or(IntOrString::Int(port.port));
        let has = |pod: &Pod<'_>| {
            pod.containers().flat_map(|(_, container)| container.ports.iter().flatten()).any(|own| {
                match &target {
                    IntOrString::Int(number) => own.container_port == *number,
                    IntOrString::String(name) => own.name.as_ref() == Some(name),
                }
            })
        };
        if pods(checked).filter(|pod| selected(&pod.labels)).any(|pod| !has(&pod)) {
            let message = format!("its pods have no port {target:?}");
            findings.push(finding(object, format!("spec.ports[{index}].targetPort"), message));
        }
    }
    findings
}

/// Routes to Services that are not there, or not at that port.
fn backends(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in checked.objects() {
        let Object::HttpRoute(route) = object else { continue };
        for (rule, backend, one) in route.spec.rules.iter().enumerate().flat_map(|(rule, all)| {
            all.backend_refs.iter().enumerate().map(move |(backend, one)| (rule, backend, one))
        }) {
            let serves = checked.objects().any(|object| match object {
                Object::Service(service) => {
                    let spec = service.spec.as_ref();
                    let ports = spec.and_then(|spec| spec.ports.as_ref()).into_iter().flatten();
                    object.name() == one.name && ports.into_iter().any(|port| Some(port.port) == one.port)
                }
                _ => false,
            });
            if !serves {
                let message = format!("there is no Service {:?} with port {:?}", one.name, one.port);
                findings.push(finding(object, format!("spec.rules[{rule}].backendRefs[{backend}]"), message));
            }
        }
    }
    findings
}

/// The claims of a pod, each with the place of its volume.
fn claims(pod: &Pod<'_>) -> Vec<(usize, String)> {
    let volumes = pod.spec.volumes.iter().flatten().enumerate();
    let claims = volumes.filter_map(|(index, volume)| {
        Some((index, volume.persistent_volume_claim.as_ref()?.claim_name.clone()))
    });
    claims.collect()
}

pub(super) fn one_writer(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked).filter(|pod| !claims(pod).is_empty()) {
        if pod.may_be_several {
            findings.push(finding(pod.object, "spec.replicas", "it must be 1: its volume is one pod's"));
        }
        if let Object::Deployment(one) = pod.object {
            let strategy = one.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
            let kind = strategy.and_then(|strategy| strategy.type_.as_deref());
            if kind != Some("Recreate") {
                let message = "it must be Recreate: the next pod waits for the volume of the one before";
                findings.push(finding(pod.object, "spec.strategy.type", message));
            }
        }
    }
    findings
}

//! What pods may do on their nodes, and at the API server.

use k8s_openapi::api::core::v1::{Container, SecurityContext};

use super::{
    super::Finding,
    Checked,
    view::{each_container, finding, pods},
};
use crate::object::Object;

fn context(container: &Container) -> SecurityContext {
    container.security_context.clone().unwrap_or_default()
}

pub(super) fn non_root(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = each_container(checked, |container| {
        let own = context(container);
        if own.run_as_non_root == Some(false) {
            return Some(("securityContext.runAsNonRoot", "it lets the container run as root; leave it out"));
        }
        (own.run_as_user == Some(0)).then_some(("securityContext.runAsUser", "0 is root; leave it out"))
    });
    for pod in pods(checked) {
        let own = pod.spec.security_context.clone().unwrap_or_default();
        if own.run_as_non_root != Some(true) {
            findings.push(pod.finding("securityContext.runAsNonRoot", "it must be true"));
        }
        if own.run_as_user.is_none_or(|user| user <= 0) {
            findings.push(pod.finding("securityContext.runAsUser", "it must be a user other than 0"));
        }
    }
    findings
}

pub(super) fn read_only_root(checked: Checked<'_>) -> Vec<Finding> {
    each_container(checked, |container| {
        (context(container).read_only_root_filesystem != Some(true)).then_some((
            "securityContext.readOnlyRootFilesystem",
            "it must be true; mount a volume where the program writes",
        ))
    })
}

pub(super) fn no_privilege_escalation(checked: Checked<'_>) -> Vec<Finding> {
    each_container(checked, |container| {
        let own = context(container);
        if own.privileged == Some(true) {
            return Some(("securityContext.privileged", "it must not be true"));
        }
        (own.allow_privilege_escalation != Some(false))
            .then_some(("securityContext.allowPrivilegeEscalation", "it must be false"))
    })
}

pub(super) fn no_capabilities(checked: Checked<'_>) -> Vec<Finding> {
    each_container(checked, |container| {
        let own = context(container).capabilities.unwrap_or_default();
        if own.add.is_some_and(|added| !added.is_empty()) {
            return Some(("securityContext.capabilities.add", "no program of ours needs any"));
        }
        let drops_all = own.drop.iter().flatten().any(|dropped| dropped == "ALL");
        (!drops_all).then_some(("securityContext.capabilities.drop", "it must have ALL"))
    })
}

pub(super) fn seccomp(checked: Checked<'_>) -> Vec<Finding> {
    let is_filter = |kind: &str| ["RuntimeDefault", "Localhost"].contains(&kind);
    let mut findings = each_container(checked, |container| {
        let own = context(container).seccomp_profile;
        own.is_some_and(|own| !is_filter(&own.type_))
            .then_some(("securityContext.seccompProfile.type", "it must be RuntimeDefault"))
    });
    for pod in pods(checked) {
        let own = pod.spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
        if !own.is_some_and(|own| is_filter(&own.type_)) {
            findings.push(pod.finding("securityContext.seccompProfile.type", "it must be RuntimeDefault"));
        }
    }
    for object in checked.objects() {
        let Object::GatewayParameters(one) = object else { continue };
        let pod = one.spec.kube.as_ref().and_then(|kube| kube.pod_template.as_ref());
        let own = pod.and_then(|pod| pod.security_context.as_ref()?.seccomp_profile.as_ref());
        if !own.is_some_and(|own| is_filter(&own.type_)) {
            let field = "spec.kube.podTemplate.securityContext.seccompProfile.type";
            findings.push(finding(
                object,
                field,
                "it must be RuntimeDefault, or the namespace refuses the pods",
            ));
        }
    }
    findings
}

pub(super) fn no_token(checked: Checked<'_>) -> Vec<Finding> {
    let message = "it must be false: nothing of ours speaks to the API server";
    let mut findings = Vec::new();
    for pod in pods(checked) {
        if pod.spec.automount_service_account_token != Some(false) {
            findings.push(pod.finding("automountServiceAccountToken", message));
        }
        for (index, volume) in pod.spec.volumes.iter().flatten().enumerate() {
            let sources = volume.projected.iter().flat_map(|one| one.sources.iter().flatten());
            if sources.into_iter().any(|source| source.service_account_token.is_some()) {
                findings.push(pod.finding(&format!("volumes[{index}].projected"), "it has a token"));
            }
        }
    }
    for object in checked.objects() {
        if let Object::ServiceAccount(account) = object
            && account.automount_service_account_token != Some(false)
        {
            findings.push(finding(object, "automountServiceAccountToken", message));
        }
    }
    findings
}

pub(super) fn no_host(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked) {
        let shared = [
            ("hostNetwork", pod.spec.host_network),
            ("hostPID", pod.spec.host_pid),
            ("hostIPC", pod.spec.host_ipc),
        ];
        for (field, _) in shared.iter().filter(|(_, shares)| *shares == Some(true)) {
            findings.push(pod.finding(field, "it shares a namespace with the node"));
        }
        for (index, volume) in pod.spec.volumes.iter().flatten().enumerate() {
            if volume.host_path.is_some() {
                let field = format!("volumes[{index}].hostPath");
                findings.push(pod.finding(&field, "it is a path of the node"));
            }
        }
        for (at, container) in pod.containers() {
            for (index, port) in container.ports.iter().flatten().enumerate() {
                if port.host_port.is_some() {
                    let field = format!("{at}.ports[{index}].hostPort");
                    findings.push(pod.finding(&field, "it is a port of the node"));
                }
            }
        }
    }
    findings
}

pub(super) fn namespace(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in checked.objects() {
        let metadata = object.metadata();
        if matches!(object, Object::Namespace(_)) {
            let label = "pod-security.kubernetes.io/enforce";
            let enforced = metadata.labels.as_ref().and_then(|labels| labels.get(label));
            if enforced.is_none_or(|mode| mode != "restricted") {
                let field = format!("metadata.labels[{label}]");
                findings.push(finding(object, field, "it must be restricted"));
            }
        } else if metadata.namespace.as_ref() != Some(&checked.settings.namespace) {
            let message = format!("it must be {:?}, whose policies hold", checked.settings.namespace);
            findings.push(finding(object, "metadata.namespace", message));
        }
    }
    findings
}

//! What all pods have: no right that they do not need, probes, limits, and room between them.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        Capabilities, HTTPGetAction, LocalObjectReference, PodSecurityContext, Probe, ResourceRequirements,
        SeccompProfile, SecurityContext, TopologySpreadConstraint,
    },
    apimachinery::pkg::{api::resource::Quantity, util::intstr::IntOrString},
};

use super::meta;
use crate::settings::{Limits, Settings};

/// Who programs run as: nobody whom a node or an image knows.
const USER: i64 = 65_532;
/// Room for logs until they are rotated (usually 50 MiB, 250 MiB on some clusters), and for what is written below `/tmp`.
const SCRATCH_REQUEST: &str = "128Mi";
const SCRATCH_LIMIT: &str = "1Gi";

/// The kernel's default filter of system calls.
fn seccomp() -> SeccompProfile {
    SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }
}

/// What a pod may do.
pub(super) fn security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(USER),
        run_as_group: Some(USER),
        // Files from Secrets and volumes belong to this group.
        fs_group: Some(USER),
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(seccomp()),
        ..PodSecurityContext::default()
    }
}

/// What a container may do.
pub(super) fn container_security() -> SecurityContext {
    SecurityContext {
        run_as_non_root: Some(true),
        read_only_root_filesystem: Some(true),
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
        seccomp_profile: Some(seccomp()),
        ..SecurityContext::default()
    }
}

/// What a container asks for and gets at most. Memory is set aside in full: what is used beyond a request is what a node that
/// runs out of it takes back by killing.
pub(super) fn resources(limits: &Limits) -> ResourceRequirements {
    let amounts = |cpu: &crate::settings::Quantity, scratch: &str| {
        BTreeMap::from([
            ("cpu".to_owned(), Quantity(cpu.to_string())),
            ("memory".to_owned(), Quantity(limits.memory.to_string())),
            ("ephemeral-storage".to_owned(), Quantity(scratch.to_owned())),
        ])
    };
    ResourceRequirements {
        requests: Some(amounts(&limits.cpu, SCRATCH_REQUEST)),
        limits: Some(amounts(&limits.cpu_limit, SCRATCH_LIMIT)),
        claims: None,
    }
}

/// Whether the program has started: asked each second, for at most `seconds`.
pub(super) fn startup(seconds: i32) -> Probe {
    Probe { period_seconds: Some(1), failure_threshold: Some(seconds), ..asks("/healthz") }
}

/// Whether it runs at all. `/healthz` says yes while NATS or the database are away: to start again would not bring them back,
/// and would lose what is in work. Half a minute without any answer is a program that hangs.
pub(super) fn liveness() -> Probe {
    Probe {
        period_seconds: Some(10),
        failure_threshold: Some(3),
        timeout_seconds: Some(5),
        ..asks("/healthz")
    }
}

/// Whether it should get requests, or, for a worker, whether a rollout may go on.
pub(super) fn readiness() -> Probe {
    Probe { period_seconds: Some(5), failure_threshold: Some(2), timeout_seconds: Some(2), ..asks("/readyz") }
}

fn asks(path: &str) -> Probe {
    let action = HTTPGetAction {
        path: Some(path.to_owned()),
        port: IntOrString::String(ADMIN.to_owned()),
        ..HTTPGetAction::default()
    };
    Probe { http_get: Some(action), ..Probe::default() }
}

/// The name of the private listener's port.
pub(super) const ADMIN: &str = "admin";
/// The name of the port for clients.
pub(super) const HTTP: &str = "http";

/// Pods of a workload lie apart: in different zones, and on different nodes. Where that cannot be, as when a zone is lost, they
/// run anyway. Pods of an older template do not count, so that a rollout spreads the new ones.
pub(super) fn spread(workload: &str) -> Vec<TopologySpreadConstraint> {
    let over = |key: &str| TopologySpreadConstraint {
        topology_key: key.to_owned(),
        max_skew: 1,
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(meta::selector(workload)),
        match_label_keys: Some(vec!["pod-template-hash".to_owned()]),
        ..TopologySpreadConstraint::default()
    };
    vec![over("topology.kubernetes.io/zone"), over("kubernetes.io/hostname")]
}

/// Where credentials for the registry are.
pub(super) fn pull_secrets(settings: &Settings) -> Option<Vec<LocalObjectReference>> {
    let all: Vec<_> =
        settings.images.pull_secrets.iter().map(|name| LocalObjectReference { name: name.clone() }).collect();
    (!all.is_empty()).then_some(all)
}

/// The nodes that pods may run on.
pub(super) fn nodes(settings: &Settings) -> Option<BTreeMap<String, String>> {
    (!settings.cluster.node_selector.is_empty()).then(|| settings.cluster.node_selector.clone())
}

//! Policies: what an operator and whoever reviews a cluster's security expect, and no schema says.

mod gateway;
mod images;
mod network;
mod references;
mod running;
mod secrets;
mod security;
mod selectors;
mod streams;
mod termination;
mod view;

use super::Finding;
use crate::{
    object::Object,
    render::Rendered,
    settings::{Environment, Settings},
};

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// What it was rendered from.
    pub settings: &'a Settings,
    /// All objects.
    pub rendered: &'a [Rendered],
}

impl<'a> Checked<'a> {
    fn objects(self) -> impl Iterator<Item = &'a Object> {
        self.rendered.iter().map(|one| &one.object)
    }

    fn is_production(self) -> bool {
        self.settings.environment == Environment::Production
    }
}

/// One policy.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its name.
    pub name: &'static str,
    /// What must hold, and why.
    pub about: &'static str,
    /// What does not hold.
    pub check: fn(Checked<'_>) -> Vec<Finding>,
}

/// All policies.
pub const POLICIES: &[Policy] = &[
    Policy {
        name: "non-root",
        about: "pods run as a user who is not root: who breaks out of one is nobody on its node",
        check: security::non_root,
    },
    Policy {
        name: "read-only-root",
        about: "containers cannot write to their image: what was broken into stays as it was built",
        check: security::read_only_root,
    },
    Policy {
        name: "no-privilege-escalation",
        about: "no process gets more rights than the one that started it",
        check: security::no_privilege_escalation,
    },
    Policy {
        name: "no-capabilities",
        about: "containers drop all capabilities of the kernel, and add none",
        check: security::no_capabilities,
    },
    Policy { name: "seccomp", about: "the runtime's filter of system calls is on", check: security::seccomp },
    Policy {
        name: "no-token",
        about: "no pod gets a token for the API server, for none of ours speaks to it",
        check: security::no_token,
    },
    Policy {
        name: "no-host",
        about: "pods share no namespace, no path and no port with their node",
        check: security::no_host,
    },
    Policy {
        name: "pod-security",
        about: "the namespace refuses pods that break the above (`restricted`), and all objects are in it",
        check: security::namespace,
    },
    Policy {
        name: "probes",
        about: "a startup, a liveness and a readiness probe; liveness asks `/healthz`, which says yes while NATS is away",
        check: running::probes,
    },
    Policy {
        name: "resources",
        about: "requests and limits of processor time, memory and disk: nobody takes what is others'",
        check: running::resources,
    },
    Policy {
        name: "disruption-budget",
        about: "what may have several pods has a PodDisruptionBudget that lets one go at a time, and those that are not ready",
        check: running::disruption_budget,
    },
    Policy {
        name: "spread",
        about: "what may have several pods spreads them over zones and nodes",
        check: running::spread,
    },
    Policy {
        name: "termination",
        about: "a pod gets longer to end than its program takes to drain; what serves HTTP waits for the gateway first",
        check: termination::termination,
    },
    Policy {
        name: "default-deny",
        about: "all traffic of the namespace is closed, both ways, but for what other policies let through",
        check: network::default_deny,
    },
    Policy {
        name: "closed-network",
        about: "what is let through names peers and ports; only the Gateway is open to all addresses",
        check: network::closed,
    },
    Policy {
        name: "images",
        about: "production runs images by digest, which nobody can move; elsewhere a tag, but not `latest`",
        check: images::images,
    },
    Policy {
        name: "no-secret-object",
        about: "no manifest has a secret in it: manifests are read by many, and kept",
        check: secrets::no_object,
    },
    Policy {
        name: "no-secret-value",
        about: "no variable, argument or ConfigMap has a secret in it, by its name or as a URL with a password",
        check: secrets::no_value,
    },
    Policy {
        name: "known-secrets",
        about: "pods read only Secrets of the platform, key by key, and no other workload's",
        check: secrets::known,
    },
    Policy {
        name: "selectors",
        about: "every selector finds pods: one that finds none guards and monitors nothing, and says nothing",
        check: selectors::selectors,
    },
    Policy {
        name: "references",
        about: "accounts, volumes, ports and workloads that are named exist",
        check: references::references,
    },
    Policy {
        name: "one-writer",
        about: "a volume that one node can mount belongs to a workload of one pod, which ends before the next starts",
        check: references::one_writer,
    },
    Policy {
        name: "tls",
        about: "production: HTTPS with a certificate, plain HTTP only to send clients there; NATS by TLS",
        check: gateway::tls,
    },
    Policy {
        name: "explicit-streams",
        about: "streams say how they store, when they drop and what they refuse: NACK's own defaults lose messages",
        check: streams::explicit_streams,
    },
    Policy {
        name: "explicit-acks",
        about: "consumers wait for acks, and for a second at least: NACK's own defaults are no ack, and 1 ns",
        check: streams::explicit_acks,
    },
    Policy {
        name: "fallback",
        about: "what KEDA scales has a number of pods for when NATS does not tell what waits",
        check: streams::fallback,
    },
];

/// All that does not hold.
pub(super) fn findings(checked: Checked<'_>) -> Vec<Finding> {
    POLICIES.iter().flat_map(|policy| (policy.check)(checked)).collect()
}

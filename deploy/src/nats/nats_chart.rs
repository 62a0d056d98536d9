//! The values of the chart `nats` (<https://github.com/nats-io/k8s/tree/main/helm/charts/nats>).

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::{CERTIFICATE, Platform, User, accounts::accounts, users};
use crate::{
    settings::{Limits, Settings},
    versions,
};

/// Of the memory that a server gets, what the Go runtime is told to keep to: nine tenths.
const GO_MEMORY_TENTHS: u64 = 9;
/// The user that the processes run as: that of the image.
const UID: u32 = 1000;

pub(super) fn values(settings: &Settings) -> Result<Value> {
    let users = users(&Platform::of(settings)?);
    let several = settings.nats.servers > 1;
    Ok(json!({
        "global": {
            "labels": {"app.kubernetes.io/part-of": "uptake"},
            "image": {"pullSecretNames": settings.images.pull_secrets},
        },
        "config": config(settings, &users),
        // Servers know each other by it; nobody else's certificate is asked for.
        "tlsCA": {"enabled": settings.nats.tls, "secretName": settings.nats.tls.then_some(CERTIFICATE)},
        "container": {
            "image": image(settings, "nats", versions::get("NATS_IMAGE"))?,
            "env": environment(settings, &users),
            "merge": container(&settings.nats.limits),
        },
        // It tells the servers of a changed configuration, also of a renewed certificate.
        "reloader": {"enabled": true, "image": digest(settings, "natsReloader"), "merge": sidecar()},
        "promExporter": {
            "enabled": true,
            "image": digest(settings, "natsExporter"),
            "podMonitor": {
                "enabled": true,
                "merge": {"metadata": {"labels": settings.observability.labels}},
            },
            "merge": sidecar(),
        },
        "podTemplate": {
            "topologySpreadConstraints": if several { spread() } else { json!({}) },
            "merge": {"spec": {
                "automountServiceAccountToken": false,
                "nodeSelector": settings.cluster.node_selector,
                "securityContext": {
                    "runAsNonRoot": true,
                    "runAsUser": UID,
                    "runAsGroup": UID,
                    "fsGroup": UID,
                    "fsGroupChangePolicy": "OnRootMismatch",
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
            }},
        },
        "podDisruptionBudget": {"enabled": several},
        // A shell with credentials for all of it is no part of a deployment.
        "natsBox": {"enabled": false},
    }))
}

/// nats-server's own configuration.
fn config(settings: &Settings, users: &[User]) -> Value {
    let nats = &settings.nats;
    let mut volume = json!({"enabled": true, "size": nats.disk.to_string()});
    if let Some(class) = &settings.cluster.storage_class {
        volume["storageClassName"] = json!(class);
    }
    let tls = json!({"enabled": nats.tls, "secretName": nats.tls.then_some(CERTIFICATE)});
    json!({
        // What clients send as TLS does not go from server to server as plain text. Both sides show the same certificate.
        "cluster": {"enabled": nats.servers > 1, "replicas": nats.servers, "tls": tls},
        "jetstream": {
            "enabled": true,
            "fileStore": {"enabled": true, "dir": "/data", "pvc": volume},
            "memoryStore": {"enabled": nats.memory_store.units() > 0, "maxSize": nats.memory_store.to_string()},
        },
        "nats": {"tls": tls},
        "monitor": {"enabled": true, "port": 8222},
        // What stands between << and >> the chart writes without quotes, so that the server reads it from its environment.
        "merge": accounts(users, |user| format!("<< ${} >>", user.variable())),
    })
}

fn environment(settings: &Settings, users: &[User]) -> Map<String, Value> {
    let secret = |user: &User| {
        let key = json!({"name": user.secret(), "key": "password"});
        (user.variable(), json!({"valueFrom": {"secretKeyRef": key}}))
    };
    let memory = settings.nats.limits.memory.units() / 10 * GO_MEMORY_TENTHS;
    let go = ("GOMEMLIMIT".to_owned(), json!(format!("{memory}B")));
    users.iter().map(secret).chain([go]).collect()
}

/// The parts of an image, as the chart takes them. A tag can be moved; where a digest is known, that counts.
fn image(settings: &Settings, name: &str, full: &str) -> Result<Value> {
    let (repository, tag) = full.rsplit_once(':').with_context(|| format!("{full:?} has no tag"))?;
    let (registry, repository) =
        repository.split_once('/').with_context(|| format!("{full:?} has no registry"))?;
    let mut image = json!({"registry": registry, "repository": repository, "tag": tag});
    if let Some(digest) = settings.images.digests.get(name) {
        image["digest"] = json!(digest);
    }
    Ok(image)
}

/// The digest of an image that is the chart's own.
fn digest(settings: &Settings, name: &str) -> Value {
    settings.images.digests.get(name).map_or_else(|| json!({}), |digest| json!({"digest": digest}))
}

fn container(limits: &Limits) -> Value {
    json!({
        "resources": {
            "requests": {"cpu": limits.cpu.to_string(), "memory": limits.memory.to_string()},
            "limits": {"cpu": limits.cpu_limit.to_string(), "memory": limits.memory.to_string()},
        },
        "securityContext": security(),
    })
}

/// What runs beside a server and does little.
fn sidecar() -> Value {
    json!({
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"cpu": "100m", "memory": "64Mi"},
        },
        "securityContext": security(),
    })
}

/// What the level `restricted` of pod security asks for, and a root that cannot be written.
pub(super) fn security() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": true,
        "runAsNonRoot": true,
    })
}

/// Servers on nodes of their own, in zones of their own where there are enough: a majority survives the loss of one.
fn spread() -> Value {
    json!({
        "kubernetes.io/hostname": {"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"},
        "topology.kubernetes.io/zone": {"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"},
    })
}

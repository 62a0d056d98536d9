//! The values of the chart `nack` (<https://github.com/nats-io/k8s/tree/main/helm/charts/nack>).

use serde_json::{Value, json};

use super::nats_chart::security;
use crate::{settings::Settings, versions};

/// The user that the process runs as.
const UID: u32 = 65_532;

/// Neither the program nor its chart takes user and password: they come by the custom resource `Account`, which every stream and
/// consumer names, and which only the control loop reads.
pub(super) fn values(settings: &Settings) -> Value {
    let scheme = if settings.nats.tls { "tls" } else { "nats" };
    let (repository, tag) = versions::get("NACK_IMAGE").rsplit_once(':').unwrap_or_default();
    let (registry, repository) = repository.split_once('/').unwrap_or_default();
    // The chart has no field for a digest; what follows the tag becomes part of the image all the same.
    let tag = match settings.images.digests.get("nack") {
        Some(digest) => format!("{tag}@{digest}"),
        None => tag.to_owned(),
    };
    json!({
        "global": {"labels": {"app.kubernetes.io/part-of": "uptake"}},
        "jetstream": {
            "enabled": true,
            "image": {"registry": registry, "repository": repository, "tag": tag},
            "nats": {"url": format!("{scheme}://nats:4222")},
            "controlLoop": true,
        },
        "namespaced": true,
        "imagePullSecrets": settings.images.pull_secrets.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "nodeSelector": settings.cluster.node_selector,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": UID,
            "runAsGroup": UID,
            "fsGroup": UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": security(),
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi"},
        },
    })
}

//! The namespace, closed to all traffic.

use anyhow::Result;
use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use super::{meta, network};
use crate::{object::Object, settings::Settings};

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    Ok(vec![namespace(settings).into(), network::default_deny(settings).into()])
}

/// The namespace. The API server refuses pods in it that have rights which none of ours needs
/// (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).
fn namespace(settings: &Settings) -> Namespace {
    let mut labels = meta::labels("uptake");
    for mode in ["enforce", "audit", "warn"] {
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), "restricted".to_owned());
    }
    let metadata =
        ObjectMeta { name: Some(settings.namespace.clone()), labels: Some(labels), ..ObjectMeta::default() };
    Namespace { metadata, ..Namespace::default() }
}

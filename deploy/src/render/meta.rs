//! Names and labels that all objects have.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::settings::Settings;

/// Name, namespace and labels of an object that belongs to the workload `workload`.
pub(super) fn named(settings: &Settings, workload: &str, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(settings.namespace.clone()),
        labels: Some(labels(workload)),
        ..ObjectMeta::default()
    }
}

/// The labels of a workload and of all that belongs to it
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
pub(super) fn labels(workload: &str) -> BTreeMap<String, String> {
    let mut labels = selected(workload);
    labels.insert("app.kubernetes.io/part-of".to_owned(), "uptake".to_owned());
    labels.insert("app.kubernetes.io/managed-by".to_owned(), "deploy".to_owned());
    labels
}

/// The labels by which a workload's pods are found. They never change: a Deployment's selector cannot.
pub(super) fn selected(workload: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("app.kubernetes.io/name".to_owned(), workload.to_owned())])
}

/// Selects a workload's pods.
pub(super) fn selector(workload: &str) -> LabelSelector {
    LabelSelector { match_labels: Some(selected(workload)), ..LabelSelector::default() }
}

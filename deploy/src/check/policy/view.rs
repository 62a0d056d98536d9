//! Objects as policies look at them.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, PodSpec, PodTemplateSpec},
    apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
};

use super::{super::Finding, Checked};
use crate::object::Object;

/// Labels by name.
pub(super) type Labels = BTreeMap<String, String>;

/// The pods of a workload.
pub(super) struct Pod<'a> {
    /// The workload.
    pub(super) object: &'a Object,
    pub(super) spec: &'a PodSpec,
    pub(super) labels: Labels,
    /// Whether it runs once and ends by itself.
    pub(super) runs_once: bool,
    /// Whether there may be several. A workload that says no number is scaled by something else.
    pub(super) may_be_several: bool,
}

/// Where a pod's spec is in its workload.
pub(super) const SPEC: &str = "spec.template.spec";

impl<'a> Pod<'a> {
    fn of(object: &'a Object) -> Option<Self> {
        let (template, runs_once, replicas): (&PodTemplateSpec, _, _) = match object {
            Object::Deployment(one) => {
                let spec = one.spec.as_ref()?;
                (&spec.template, false, spec.replicas)
            }
            Object::Job(one) => (&one.spec.as_ref()?.template, true, Some(1)),
            _ => return None,
        };
        let labels = template.metadata.as_ref().and_then(|metadata| metadata.labels.clone());
        Some(Self {
            object,
            spec: template.spec.as_ref()?,
            labels: labels.unwrap_or_default(),
            runs_once,
            may_be_several: replicas.is_none_or(|count| count > 1),
        })
    }

    /// A finding about a field of its spec.
    pub(super) fn finding(&self, field: &str, message: &str) -> Finding {
        finding(self.object, format!("{SPEC}.{field}"), message)
    }

    /// All containers, those that run before the others included, with the place of each in the pod's spec.
    pub(super) fn containers(&self) -> impl Iterator<Item = (String, &'a Container)> {
        let of = |list: &'static str, containers: &'a [Container]| {
            containers.iter().enumerate().map(move |(index, one)| (format!("{list}[{index}]"), one))
        };
        let before = self.spec.init_containers.as_deref().unwrap_or_default();
        of("containers", &self.spec.containers).chain(of("initContainers", before))
    }
}

/// The pods of all workloads.
pub(super) fn pods(checked: Checked<'_>) -> impl Iterator<Item = Pod<'_>> {
    checked.objects().filter_map(Pod::of)
}

/// What must hold of each container: `wrong` tells field and message for one where it does not.
pub(super) fn each_container(
    checked: Checked<'_>,
    wrong: impl Fn(&Container) -> Option<(&'static str, &'static str)>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked) {
        for (at, container) in pod.containers() {
            let found = wrong(container);
            findings.extend(found.map(|(field, message)| pod.finding(&format!("{at}.{field}"), message)));
        }
    }
    findings
}

/// The variables of a container that have a plain value.
pub(super) fn plain_variables(container: &Container) -> BTreeMap<String, String> {
    let all = container.env.iter().flatten();
    all.filter_map(|one| Some((one.name.clone(), one.value.clone()?))).collect()
}

/// A finding.
pub(super) fn finding(object: &Object, field: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding { object: object.title(), field: field.into(), message: message.into() }
}

/// Whether a selector finds what has these labels (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>).
pub(super) fn finds(selector: &LabelSelector, labels: &Labels) -> bool {
    let holds = |one: &LabelSelectorRequirement| {
        let value = labels.get(&one.key);
        let listed = value.is_some_and(|value| one.values.iter().flatten().any(|other| other == value));
        match one.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    };
    selector.match_labels.iter().flatten().all(|(name, value)| labels.get(name) == Some(value))
        && selector.match_expressions.iter().flatten().all(holds)
}

/// Whether a selector finds everything.
pub(super) fn finds_all(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

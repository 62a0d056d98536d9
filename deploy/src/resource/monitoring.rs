//! What the Prometheus operator reads.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::Kind;

fields! {
    /// Which pods are scraped.
    PodMonitorSpec {
        /// The pods.
        selector: LabelSelector,
        /// Where each of them tells its metrics.
        pod_metrics_endpoints: Vec<Endpoint>,
        /// The pods' label that becomes `job`.
        job_label: String,
        /// Labels of pods that go along.
        pod_target_labels: Vec<String>,
        /// Series of one scrape at most; more, and none is taken.
        sample_limit: Option<i64>,
    }

    /// Where a pod tells its metrics.
    Endpoint {
        /// The name of the container's port.
        port: String,
        /// The path.
        path: String,
        /// Time from one scrape to the next, such as `15s`.
        interval: String,
        /// What happens to labels before the scrape.
        relabelings: Vec<Relabeling>,
    }

    /// What happens to labels.
    Relabeling {
        /// What is done, such as `replace`.
        action: String,
        /// The labels that are read.
        source_labels: Vec<String>,
        /// The label that is written.
        target_label: String,
        /// What is written.
        replacement: String,
        /// What the labels must match.
        regex: String,
    }

    /// Alerts and recorded series.
    PrometheusRuleSpec {
        /// They, in groups.
        groups: Vec<RuleGroup>,
    }

    /// Rules that are evaluated together.
    RuleGroup {
        /// Its name.
        name: String,
        /// Time from one evaluation to the next.
        interval: String,
        /// Labels of all.
        labels: BTreeMap<String, String>,
        /// The rules.
        rules: Vec<Rule>,
    }

    /// An alert or a recorded series.
    Rule {
        /// The name of the alert.
        alert: String,
        /// The name of the series.
        record: String,
        /// In PromQL.
        expr: String,
        /// How long it must hold.
        #[serde(rename = "for")]
        holds_for: String,
        /// How long it goes on after it no longer holds.
        #[serde(rename = "keep_firing_for")]
        keep_firing_for: String,
        /// Labels.
        labels: BTreeMap<String, String>,
        /// What people are told.
        annotations: BTreeMap<String, String>,
    }
}

impl Kind for PodMonitorSpec {
    const API_VERSION: &'static str = "monitoring.coreos.com/v1";
    const KIND: &'static str = "PodMonitor";
}

impl Kind for PrometheusRuleSpec {
    const API_VERSION: &'static str = "monitoring.coreos.com/v1";
    const KIND: &'static str = "PrometheusRule";
}

//! What Prometheus and Grafana read. NATS has a PodMonitor of its chart.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use k8s_openapi::{
    api::core::v1::ConfigMap,
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};

use super::meta;
use crate::{
    object::Object,
    resource::{
        Custom,
        monitoring::{Endpoint, PodMonitorSpec, PrometheusRuleSpec},
    },
    settings::Settings,
};

/// What belongs to no single workload.
const PLATFORM: &str = "uptake";
const RULES: &str = include_str!("../../monitoring/rules.yaml");
const DASHBOARDS: [(&str, &str); 3] = [
    ("platform", include_str!("../../monitoring/dashboards/platform.json")),
    ("proxy", include_str!("../../monitoring/dashboards/proxy.json")),
    ("services", include_str!("../../monitoring/dashboards/services.json")),
];
/// The label that the sidecar of Grafana's chart looks for.
const DASHBOARD: (&str, &str) = ("grafana_dashboard", "1");
/// Time between scrapes, which the ranges of the rules are made for.
const INTERVAL: &str = "15s";
/// The label of all pods of a PostgreSQL cluster.
const DATABASE: &str = "cnpg.io/cluster";

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    let proxy = ["http-to-nats-proxy"].into_iter();
    let page = settings.frontend.iter().map(|_| "frontend");
    for name in proxy.chain(settings.services.keys().map(String::as_str)).chain(page) {
        objects.push(monitor(settings, name, meta::selector(name), "admin"));
    }
    for name in settings.databases.keys() {
        let labels = BTreeMap::from([(DATABASE.to_owned(), name.clone())]);
        let selector = LabelSelector { match_labels: Some(labels), ..LabelSelector::default() };
        objects.push(monitor(settings, name, selector, "metrics"));
    }
    let spec: PrometheusRuleSpec = serde_saphyr::from_str(RULES).context("monitoring/rules.yaml")?;
    objects.push(Custom { metadata: found(settings, PLATFORM, PLATFORM), spec }.into());
    objects.extend(DASHBOARDS.map(|(name, text)| dashboard(settings, name, text)));
    Ok(objects)
}

/// Metadata of what Prometheus looks for.
fn found(settings: &Settings, workload: &str, name: &str) -> ObjectMeta {
    let mut metadata = meta::named(settings, workload, name);
    let labels = settings.observability.labels.clone();
    metadata.labels.get_or_insert_default().extend(labels);
    metadata
}

fn monitor(settings: &Settings, workload: &str, selector: LabelSelector, port: &str) -> Object {
    let endpoint = Endpoint {
        port: port.to_owned(),
        path: "/metrics".to_owned(),
        interval: INTERVAL.to_owned(),
        ..Endpoint::default()
    };
    let spec =
        PodMonitorSpec { selector, pod_metrics_endpoints: vec![endpoint], ..PodMonitorSpec::default() };
    Custom { metadata: found(settings, workload, workload), spec }.into()
}

fn dashboard(settings: &Settings, name: &str, text: &str) -> Object {
    let mut metadata = meta::named(settings, PLATFORM, &format!("uptake-dashboard-{name}"));
    metadata.labels.get_or_insert_default().insert(DASHBOARD.0.to_owned(), DASHBOARD.1.to_owned());
    let data = BTreeMap::from([(format!("uptake-{name}.json"), text.to_owned())]);
    ConfigMap { metadata, data: Some(data), ..ConfigMap::default() }.into()
}

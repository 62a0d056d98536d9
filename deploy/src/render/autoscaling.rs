//! What scales the workloads: services by what waits for them, by KEDA; the proxy by its use of processors.

mod behavior;
mod service;

use anyhow::Result;
use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
    MetricTarget, ResourceMetricSource,
};

use super::meta;
use crate::{object::Object, settings::Settings};

/// The Deployment of the proxy.
const PROXY: &str = "http-to-nats-proxy";

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    for (name, service) in &settings.services {
        objects.extend(service::scaled(settings, name, service)?.map(Object::from));
    }
    objects.extend(proxy(settings).map(Object::from));
    Ok(objects)
}

/// The proxy does not wait for anything of its own, so what it works is what it uses. Fixed where least and most are the same.
fn proxy(settings: &Settings) -> Option<HorizontalPodAutoscaler> {
    let proxy = &settings.proxy;
    if proxy.replicas.min == proxy.replicas.max {
        return None;
    }
    let target = MetricTarget {
        type_: "Utilization".to_owned(),
        average_utilization: Some(i32::from(proxy.cpu_percent)),
        ..MetricTarget::default()
    };
    let processors = MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource { name: "cpu".to_owned(), target }),
        ..MetricSpec::default()
    };
    let spec = HorizontalPodAutoscalerSpec {
        scale_target_ref: CrossVersionObjectReference {
            api_version: Some("apps/v1".to_owned()),
            kind: "Deployment".to_owned(),
            name: PROXY.to_owned(),
        },
        min_replicas: Some(i32::from(proxy.replicas.min)),
        max_replicas: i32::from(proxy.replicas.max),
        metrics: Some(vec![processors]),
        behavior: Some(behavior::up_at_once_down_slowly()),
    };
    let metadata = meta::named(settings, PROXY, PROXY);
    Some(HorizontalPodAutoscaler { metadata, spec: Some(spec), status: None })
}

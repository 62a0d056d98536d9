//! Services are scaled by lag: what waits in their streams, and what is in work. A request in work holds a permit, so pods are
//! wanted for both.

use std::collections::BTreeMap;

use anyhow::Result;
use uptake::{WorkerConfig, wire::Class};

use super::behavior;
use crate::{
    render::meta,
    resource::{
        Custom,
        keda::{Advanced, AutoscalerConfig, Fallback, ScaledObject, Target, Trigger},
    },
    settings::{Service, Settings},
    worker,
};

/// The account of the platform in NATS.
const ACCOUNT: &str = "UPTAKE";
/// Where nats-server tells of streams. The address of a pod is `<pod>.` before it, by which KEDA asks a consumer's leader.
const MONITORING: &str = "nats-headless";
const MONITORING_PORT: u16 = 8222;
/// Seconds between looks while no pod runs: as long as the first request waits. With pods, the autoscaler looks each 15 s.
const LOOK_RESTING: i64 = 2;
const LOOK_RUNNING: i64 = 5;
/// Seconds without lag after which the last pod goes.
const COOLDOWN: i64 = 120;
/// Looks that fail before KEDA takes the fallback.
const FAILURES: i64 = 3;

/// What scales a service; nothing where least and most are the same.
pub(super) fn scaled(
    settings: &Settings,
    name: &str,
    service: &Service,
) -> Result<Option<Custom<ScaledObject>>> {
    let scaling = service.scaling;
    if scaling.min == scaling.max {
        return Ok(None);
    }
    let config = worker::config(settings, name, service)?;
    let mut triggers = vec![trigger(settings, service, &config, Class::Call, config.permits)];
    if config.jobs.permits > 0 {
        triggers.push(trigger(settings, service, &config, Class::Job, config.jobs.permits));
    }
    let fallback = Fallback {
        failure_threshold: FAILURES,
        replicas: i64::from(scaling.min.max(1)),
        behavior: "currentReplicasIfHigher".to_owned(),
    };
    let autoscaler =
        AutoscalerConfig { name: name.to_owned(), behavior: Some(behavior::up_at_once_down_slowly()) };
    let spec = ScaledObject {
        scale_target_ref: Target {
            name: name.to_owned(),
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
        },
        polling_interval: Some(if scaling.min == 0 { LOOK_RESTING } else { LOOK_RUNNING }),
        cooldown_period: Some(COOLDOWN),
        min_replica_count: Some(i64::from(scaling.min)),
        max_replica_count: Some(i64::from(scaling.max)),
        fallback: Some(fallback),
        advanced: Some(Advanced { horizontal_pod_autoscaler_config: Some(autoscaler) }),
        triggers,
        ..ScaledObject::default()
    };
    Ok(Some(Custom { metadata: meta::named(settings, name, name), spec }))
}

/// One stream's lag. Of several triggers the one that wants most pods decides.
fn trigger(
    settings: &Settings,
    service: &Service,
    config: &WorkerConfig,
    class: Class,
    permits: u32,
) -> Trigger {
    let metadata = [
        (
            "natsServerMonitoringEndpoint",
            format!("{MONITORING}.{}.svc.cluster.local:{MONITORING_PORT}", settings.namespace),
        ),
        ("account", ACCOUNT.to_owned()),
        ("stream", config.stream_of(class)),
        ("consumer", config.consumer.clone()),
        ("lagThreshold", lag_per_pod(service, permits).to_string()),
        // Any message wakes a service that rests.
        ("activationLagThreshold", "0".to_owned()),
        ("useHttps", "false".to_owned()),
    ];
    let metadata: BTreeMap<String, String> =
        metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Trigger {
        kind: "nats-jetstream".to_owned(),
        name: class.as_str().to_owned(),
        // For each pod; the fallback needs it so.
        metric_type: "AverageValue".to_owned(),
        metadata,
    }
}

/// Lag for which there is one pod: three quarters of its permits leave room until the next pod is there.
fn lag_per_pod(service: &Service, permits: u32) -> u32 {
    service.scaling.lag_per_pod.unwrap_or(permits.saturating_mul(3).div_ceil(4)).max(1)
}

//! Autoscaling by KEDA.

use std::collections::BTreeMap;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerBehavior;

use super::Kind;

fields! {
    /// What a workload is scaled by.
    ScaledObject {
        /// The workload.
        scale_target_ref: Target,
        /// Seconds from one look to the next while nothing runs.
        polling_interval: Option<i64>,
        /// Seconds without anything to do after which the last pod goes.
        cooldown_period: Option<i64>,
        /// Seconds after the object was made in which the last pod stays.
        initial_cooldown_period: Option<i64>,
        /// Pods at least; 0 where it may rest.
        min_replica_count: Option<i64>,
        /// Pods at most.
        max_replica_count: Option<i64>,
        /// How many pods there are while what is measured cannot be read.
        fallback: Option<Fallback>,
        /// How fast it scales.
        advanced: Option<Advanced>,
        /// What is measured; the one that wants most pods decides.
        triggers: Vec<Trigger>,
    }

    /// The workload that is scaled; a Deployment.
    Target {
        /// Its name.
        name: String,
        /// Its API version.
        api_version: String,
        /// Its kind.
        kind: String,
    }

    /// How many pods there are while what is measured cannot be read.
    Fallback {
        /// Looks that fail before.
        failure_threshold: i64,
        /// How many.
        replicas: i64,
        /// Whether just as many, or the present number where it is higher (`currentReplicasIfHigher`).
        behavior: String,
    }

    /// How fast a workload is scaled.
    Advanced {
        /// For the autoscaler that KEDA makes.
        horizontal_pod_autoscaler_config: Option<AutoscalerConfig>,
    }

    /// What the autoscaler gets that KEDA makes.
    AutoscalerConfig {
        /// Its name; without it KEDA's.
        name: String,
        /// How fast it goes up and down.
        behavior: Option<HorizontalPodAutoscalerBehavior>,
    }

    /// What is measured.
    Trigger {
        /// Such as `nats-jetstream`.
        #[serde(rename = "type")]
        kind: String,
        /// Its name among those of the object.
        name: String,
        /// `AverageValue`: for each pod; `Value`: for all together.
        metric_type: String,
        /// What the scaler of this type reads.
        metadata: BTreeMap<String, String>,
    }
}

impl Kind for ScaledObject {
    const API_VERSION: &'static str = "keda.sh/v1alpha1";
    const KIND: &'static str = "ScaledObject";
}

//! How fast the number of pods changes.

use k8s_openapi::api::autoscaling::v2::{HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscalerBehavior};

/// Seconds of low load after which pods go: requests come in waves.
const CALM_SECONDS: i32 = 300;

/// Up: at once, by four pods or to the double, whichever is more, each 15 seconds. Down: after five calm minutes, a quarter a
/// minute, for each pod that goes hands on what it has not begun.
pub(super) fn up_at_once_down_slowly() -> HorizontalPodAutoscalerBehavior {
    let policy = |kind: &str, value, period_seconds| HPAScalingPolicy {
        type_: kind.to_owned(),
        value,
        period_seconds,
    };
    let rules = |window, policies| HPAScalingRules {
        stabilization_window_seconds: Some(window),
        select_policy: Some("Max".to_owned()),
        policies: Some(policies),
        ..HPAScalingRules::default()
    };
    HorizontalPodAutoscalerBehavior {
        scale_up: Some(rules(0, vec![policy("Percent", 100, 15), policy("Pods", 4, 15)])),
        scale_down: Some(rules(CALM_SECONDS, vec![policy("Percent", 25, 60), policy("Pods", 1, 60)])),
    }
}

//! Autoscaling by KEDA.

use serde::{Deserialize, Serialize};

use super::Kind;

/// What a workload is scaled by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaledObject {}

impl Kind for ScaledObject {
    const API_VERSION: &'static str = "keda.sh/v1alpha1";
    const KIND: &'static str = "ScaledObject";
}

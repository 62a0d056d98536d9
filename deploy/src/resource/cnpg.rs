//! PostgreSQL by CloudNativePG.

use serde::{Deserialize, Serialize};

use super::Kind;

/// A PostgreSQL cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSpec {}

impl Kind for ClusterSpec {
    const API_VERSION: &'static str = "postgresql.cnpg.io/v1";
    const KIND: &'static str = "Cluster";
}

/// When a cluster is backed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledBackupSpec {}

impl Kind for ScheduledBackupSpec {
    const API_VERSION: &'static str = "postgresql.cnpg.io/v1";
    const KIND: &'static str = "ScheduledBackup";
}

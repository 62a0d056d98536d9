//! Certificates of cert-manager.

use serde::{Deserialize, Serialize};

use super::Kind;

/// A certificate and the Secret that it is written to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {}

impl Kind for Certificate {
    const API_VERSION: &'static str = "cert-manager.io/v1";
    const KIND: &'static str = "Certificate";
}

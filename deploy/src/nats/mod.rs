//! Users of NATS, what they may do, and the values of its charts.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::settings::Settings;

/// The values of a chart, for helm.
///
/// # Errors
/// When there are none for a chart of this name.
pub fn values(_settings: &Settings, chart: &str) -> Result<Value> {
    bail!("there are no values for a chart {chart:?}")
}

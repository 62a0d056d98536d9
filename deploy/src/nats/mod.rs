//! Users of NATS, what they may do, and the values of its charts.
//!
//! One account holds the platform. Each role has a user, each service one of its own; what each may publish and subscribe to
//! follows from the streams that its workers pull ([`Platform`]). The same users are written for the chart ([`values`]) and for a
//! server of tests ([`server_config`]).

mod accounts;
mod nack_chart;
mod nats_chart;
mod permissions;
mod platform;
mod subjects;

use anyhow::{Result, bail};
use serde_json::Value;

pub use accounts::{ACCOUNT, SYSTEM_ACCOUNT, User, server_config, users};
pub use permissions::{Permissions, Role, permissions};
pub use platform::{Platform, Workers};

use crate::settings::Settings;

/// The Secret with certificate and key of the NATS servers, and with the certificate of who issued it (`ca.crt`).
pub const CERTIFICATE: &str = "nats-tls";

/// The values of a chart, for helm.
///
/// # Errors
/// When there are none for a chart of this name.
pub fn values(settings: &Settings, chart: &str) -> Result<Value> {
    match chart {
        "nats" => nats_chart::values(settings),
        "nack" => Ok(nack_chart::values(settings)),
        _ => bail!("there are no values for a chart {chart:?}; there are some for nats and for nack"),
    }
}

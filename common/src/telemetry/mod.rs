//! What a process tells of itself: log, metrics, traces.
//!
//! | module | what it is |
//! |---|---|
//! | [`names`] | the names of all metrics, spans and attributes |
//! | [`durations`] | how long requests take, by route |
//! | [`observe`] | gauges and counters that are read when somebody looks |
//! | [`metrics`] | the meter, and its figures as Prometheus reads them |
//! | `log` | structured logs on standard error |
//! | `sql` | spans of statements; with the features `inbox-postgres`, `inbox-sqlite` |

pub mod durations;
mod log;
pub mod metrics;
pub mod names;
pub mod observe;
#[cfg(any(feature = "inbox-postgres", feature = "inbox-sqlite"))]
pub mod sql;

pub use log::{TelemetryError, causes, init_log};

use crate::config::TelemetryConfig;

/// Keeps the telemetry of this process going. What is still to be exported goes out when it is dropped, within a bounded
/// time: keep it until the end of `main`.
#[derive(Debug)]
#[must_use = "what is not exported yet is lost when this is dropped at once"]
pub struct Telemetry(());

/// Starts log, metrics and traces of this process. Call it once, first, on a tokio runtime or not. `service` is its name in
/// traces and metrics unless `OTEL_SERVICE_NAME` says otherwise, `version` its version.
///
/// # Errors
/// When the settings cannot be read.
pub fn init(config: &TelemetryConfig, service: &str, version: &str) -> Result<Telemetry, TelemetryError> {
    init_log(&config.log)?;
    metrics::start(&config.metrics, service, version);
    Ok(Telemetry(()))
}

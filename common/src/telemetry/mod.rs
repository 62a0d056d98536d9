//! What a process tells of itself: log, metrics, traces.
//!
//! | module | what it is |
//! |---|---|
//! | [`names`] | the names of all metrics, spans and attributes |
//! | [`durations`] | how long requests take, by route |
//! | [`observe`] | gauges and counters that are read when somebody looks |
//! | [`metrics`] | the meter, and its figures as Prometheus reads them |
//! | [`span`] | the spans of the platform: nothing where a request is not sampled |
//! | `log`, `located` | structured logs on standard error, with the trace and the span that a line is about |
//! | `pipeline` | which requests have spans, and the way of these to what exports them |
//! | `export`, `watch` | what goes to a collector, and what is told if that fails |
//! | `sql` | spans of statements; with the features `inbox-postgres`, `inbox-sqlite` |

mod config;
pub mod durations;
mod export;
mod located;
mod log;
pub mod metrics;
pub mod names;
pub mod observe;
mod pipeline;
pub mod span;
#[cfg(any(feature = "inbox-postgres", feature = "inbox-sqlite"))]
pub mod sql;
mod watch;

use std::thread;

pub use config::{Endpoint, ExportConfig, Exporter, Protocol, Ratio, Root, Sampler};
pub use located::Request;
pub use log::{causes, init_log};

use crate::{BoxError, config::TelemetryConfig};
use export::{Export, FLUSH_TIMEOUT};

/// Telemetry cannot be started as it is set.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The directives of the log cannot be read.
    #[error("cannot read the log directives {directives:?} (--log or RUST_LOG): {reason}")]
    Directives {
        /// As they are set.
        directives: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A variable of OpenTelemetry cannot be read.
    #[error("cannot export: {0}")]
    Setting(String),
    /// There is no thread to export on.
    #[error("cannot export: no thread")]
    Thread(#[source] std::io::Error),
    /// A collector cannot be spoken to as it is set.
    #[error("cannot export {signal} (--otlp-endpoint or OTEL_EXPORTER_OTLP_ENDPOINT)")]
    Exporter {
        /// Traces or metrics.
        signal: &'static str,
        /// What is wrong.
        source: BoxError,
    },
}

/// Keeps the telemetry of this process going. What is still to be exported goes out when it is dropped, within 3 seconds:
/// keep it until the end of `main`.
#[derive(Debug)]
#[must_use = "what is not exported yet is lost when this is dropped at once"]
pub struct Telemetry(Option<Export>);

/// Starts log, metrics and traces of this process. Call it once, first, on a tokio runtime or not. `service` is its name in
/// traces and metrics unless `OTEL_SERVICE_NAME` says otherwise, `version` its version.
///
/// # Errors
/// When the settings cannot be read, or a collector cannot be spoken to as they say. One that is away is no error.
pub fn init(config: &TelemetryConfig, service: &str, version: &str) -> Result<Telemetry, TelemetryError> {
    let resource = export::resource(service, version);
    let (export, reader) = export::start(&config.export, &resource)?.unzip();
    log::start(&config.log, pipeline::tracer())?;
    if !config.export.otel_disabled {
        metrics::start(&config.metrics, resource, reader.flatten());
    }
    Ok(Telemetry(export))
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        let Some(export) = &self.0 else { return };
        // Side by side: the collector of the one may be sound.
        thread::scope(|scope| {
            scope.spawn(|| metrics::end(FLUSH_TIMEOUT));
            pipeline::end(FLUSH_TIMEOUT);
        });
        export.health.last_words();
    }
}

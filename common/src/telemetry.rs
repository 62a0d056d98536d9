//! Structured logs on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// The directives cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the log directives {directives:?} (--log or RUST_LOG)")]
pub struct TelemetryError {
    directives: String,
    #[source]
    source: tracing_subscriber::filter::ParseError,
}

/// Starts the log of this process. Call it once, first.
///
/// # Errors
/// When the directives cannot be read.
pub fn init(config: &LogConfig) -> Result<(), TelemetryError> {
    let directives = config.directives.clone();
    let filter = EnvFilter::try_new(&directives).map_err(|source| TelemetryError { directives, source })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && !crate::config::no_color();
            builder.with_ansi(colours).with_target(false).init();
        }
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).init(),
    }
    Ok(())
}

//! Structured logs on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::config::{LogConfig, LogFormat};

/// The directives cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the log directives {directives:?} (--log or RUST_LOG): {reason}")]
pub struct TelemetryError {
    directives: String,
    reason: String,
}

/// Starts the log of this process. Call it once, first.
///
/// # Errors
/// When the directives cannot be read.
pub fn init(config: &LogConfig) -> Result<(), TelemetryError> {
    let directives = config.directives.clone();
    let filter = filter(&directives).map_err(|reason| TelemetryError { directives, reason })?;
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

/// Reads directives. A bare word that is no level would be the name of a target, and a misspelt `info` silence all else.
fn filter(directives: &str) -> Result<EnvFilter, String> {
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let mut words = directives.split(',');
    if let Some(word) = words.find(|word| !word.contains(['=', '[']) && !is_level(word)) {
        return Err(format!(
            "{word:?} is no level; write error, warn, info, debug, trace or off, or target=level"
        ));
    }
    EnvFilter::try_new(directives).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_misspelt_level_is_refused_and_does_not_silence_the_log() {
        for good in [
            "info",
            "info,async_nats=warn",
            "WARN,uptake=debug",
            "off",
            "uptake::serve=trace",
            "info,[span]=debug",
        ] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for wrong in ["", "inof", "info,", "info,uptake", "uptake=loud"] {
            assert!(filter(wrong).is_err(), "{wrong}");
        }
    }
}

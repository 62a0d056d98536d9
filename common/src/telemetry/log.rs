//! Structured logs on standard error.

use std::{error::Error, io::IsTerminal as _};

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::config::{LogConfig, LogFormat};

/// The directives cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the log directives {directives:?} (--log or RUST_LOG): {reason}")]
pub struct TelemetryError {
    directives: String,
    reason: String,
}

/// Starts the log alone: for programs that are no service. Call it once, first.
///
/// # Errors
/// When the directives cannot be read.
pub fn init_log(config: &LogConfig) -> Result<(), TelemetryError> {
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

/// An error and its causes in one line, for a log or for the last words of a program.
///
/// A cause is left out where the text before it ends with it: many libraries write the cause into the text of the error,
/// and hand it out besides.
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.ends_with(&told) {
            text.push_str(": ");
            text.push_str(&told);
        }
        cause = error.source();
    }
    text
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
    use std::io;

    use super::{causes, filter};

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Failure {
        text: &'static str,
        source: io::Error,
    }

    #[test]
    fn each_cause_is_told_once() {
        let failure = |text| Failure { text, source: io::Error::other("connection refused") };
        assert_eq!(causes(&failure("cannot connect")), "cannot connect: connection refused");
        assert_eq!(causes(&failure("IO error: connection refused")), "IO error: connection refused");
    }

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

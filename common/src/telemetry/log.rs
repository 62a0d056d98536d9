//! Structured logs on standard error, and the spans of a service's own code.

use std::{error::Error, io::IsTerminal as _};

use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, LevelFilter, dynamic_filter_fn, filter_fn},
    fmt::{self, format},
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use super::{TelemetryError, located::Located, span::Place};
use crate::config::{LogConfig, LogFormat};

/// Spans of a service's own code that are below this are none.
const SPANS: Level = Level::INFO;

/// Starts the log alone: for programs that are no service. Call it once, first.
///
/// # Errors
/// When the directives cannot be read.
pub fn init_log(config: &LogConfig) -> Result<(), TelemetryError> {
    start(config, None)
}

/// Starts the log, and the spans of a service's own code if there is a tracer for them. What is logged is no matter of
/// theirs, nor they of the log's.
pub(super) fn start(config: &LogConfig, tracer: Option<SdkTracer>) -> Result<(), TelemetryError> {
    let directives = config.directives.clone();
    let filter = filter(&directives).map_err(|reason| TelemetryError::Directives { directives, reason })?;
    let log = fmt::layer().with_writer(std::io::stderr);
    let log = match config.log_format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && !crate::config::no_color();
            let format = format().with_target(false).with_ansi(colours);
            log.with_ansi(colours).event_format(Located::text(format)).boxed()
        }
        LogFormat::Json => {
            let format = format().json().flatten_event(true).with_current_span(false);
            log.json().event_format(Located::json(format)).boxed()
        }
    };
    let spans = tracer.map(|tracer| {
        let layer =
            tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
        let layer = layer.with_target(false).with_tracked_inactivity(false);
        // Within requests that are traced. Events are the log's.
        let is_wanted = |metadata: &Metadata<'_>, _: &Context<'_, _>| {
            metadata.is_span() && *metadata.level() <= SPANS && Place::current().is_some()
        };
        layer.with_filter(dynamic_filter_fn(is_wanted).with_max_level_hint(SPANS))
    });
    // Spans are not the log's: where nothing traces them they must cost nothing, whatever is logged.
    let log = log.with_filter(filter.and(filter_fn(|metadata| metadata.is_event())));
    tracing_subscriber::registry().with(log).with(spans).init();
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

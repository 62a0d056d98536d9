//! Settings of what is exported. The variables are those of OpenTelemetry
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>); what is not here is read by its SDK:
//! `OTEL_EXPORTER_OTLP_HEADERS`, `_TIMEOUT` and `_COMPRESSION`, also of one signal, `OTEL_BSP_*`, `OTEL_RESOURCE_ATTRIBUTES`,
//! `OTEL_SERVICE_NAME` and `OTEL_METRIC_EXPORT_INTERVAL`.

use std::{str::FromStr, time::Duration};

use clap::builder::FalseyValueParser;
use http::Uri;

/// How long a collector may take over one batch, where no variable says otherwise.
const USUAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Spans that may wait to be exported, where no variable says otherwise.
const USUAL_QUEUED_SPANS: usize = 2048;

/// Where traces and metrics go, and which requests are traced.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct ExportConfig {
    /// Address of an OpenTelemetry collector, such as http://127.0.0.1:4317. Without it nothing is exported, and no request
    /// is traced here.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    pub otlp_endpoint: Endpoint,
    /// How it is spoken to: grpc (port 4317, usually) or http/protobuf (port 4318).
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_PROTOCOL",
        value_name = "PROTOCOL",
        default_value = "http/protobuf"
    )]
    pub otlp_protocol: Protocol,
    /// Which requests are traced: always_on, always_off, traceidratio, or one of these after parentbased_, which does as
    /// the caller's traceparent says where there is one.
    #[arg(
        long,
        env = "OTEL_TRACES_SAMPLER",
        value_name = "SAMPLER",
        default_value = "parentbased_always_on"
    )]
    pub trace_sampler: Sampler,
    /// Share of the requests that traceidratio traces, from 0 to 1.
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", value_name = "RATIO", default_value = "1")]
    pub trace_sampler_arg: Ratio,
    /// Where traces go: otlp, or none.
    #[arg(long, env = "OTEL_TRACES_EXPORTER", value_name = "EXPORTER", default_value = "otlp")]
    pub traces_exporter: Exporter,
    /// Where metrics are sent: otlp, or none. For Prometheus they are there in any case.
    #[arg(long, env = "OTEL_METRICS_EXPORTER", value_name = "EXPORTER", default_value = "otlp")]
    pub metrics_exporter: Exporter,
    /// No traces and no metrics at all, not for Prometheus either.
    #[arg(long, env = "OTEL_SDK_DISABLED", value_parser = FalseyValueParser::new())]
    pub otel_disabled: bool,
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Metrics,
}

impl Signal {
    /// As it is called in variables and paths.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
        }
    }

    /// What a variable says for this signal alone.
    fn variable(self, what: &str) -> (String, Option<String>) {
        let name = format!("OTEL_EXPORTER_OTLP_{}_{what}", self.as_str().to_ascii_uppercase());
        let value = std::env::var(&name).ok().filter(|value| !value.is_empty());
        (name, value)
    }
}

/// Where and how one signal is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) endpoint: Uri,
    pub(super) protocol: Protocol,
    pub(super) timeout: Duration,
}

impl ExportConfig {
    /// Where a signal goes; `None` if nowhere.
    ///
    /// # Errors
    /// When a variable that is for this signal alone cannot be read.
    pub(super) fn target(&self, signal: Signal) -> Result<Option<Target>, String> {
        let exporter = match signal {
            Signal::Traces => self.traces_exporter,
            Signal::Metrics => self.metrics_exporter,
        };
        if self.otel_disabled || exporter == Exporter::None {
            return Ok(None);
        }
        let (protocol_variable, protocol) = signal.variable("PROTOCOL");
        let protocol = protocol.map_or(Ok(self.otlp_protocol), |text| text.parse());
        let protocol = protocol.map_err(|error: String| format!("{protocol_variable}: {error}"))?;
        let (endpoint_variable, own) = signal.variable("ENDPOINT");
        let endpoint = match (own, &self.otlp_endpoint.0) {
            (Some(own), _) => endpoint(&own).map_err(|error| format!("{endpoint_variable}: {error}"))?,
            (None, Some(all)) if protocol == Protocol::HttpProtobuf => below(all, signal)?,
            (None, Some(all)) => all.clone(),
            (None, None) => return Ok(None),
        };
        Ok(Some(Target { endpoint, protocol, timeout: timeout(signal) }))
    }
}

/// How long a collector may take, in milliseconds in the variables. What is none is as if it were not there.
fn timeout(signal: Signal) -> Duration {
    let all = || std::env::var("OTEL_EXPORTER_OTLP_TIMEOUT").ok();
    let millis = signal.variable("TIMEOUT").1.or_else(all).and_then(|text| text.parse().ok());
    millis.map_or(USUAL_TIMEOUT, Duration::from_millis)
}

/// Spans that may wait to be exported.
pub(super) fn max_queued_spans() -> usize {
    let set = std::env::var("OTEL_BSP_MAX_QUEUE_SIZE").ok().and_then(|text| text.parse().ok());
    set.filter(|count| *count > 0).unwrap_or(USUAL_QUEUED_SPANS)
}

/// The path of a signal below an endpoint that is for all of them.
fn below(endpoint: &Uri, signal: Signal) -> Result<Uri, String> {
    let text = format!("{}/v1/{}", endpoint.to_string().trim_end_matches('/'), signal.as_str());
    text.parse().map_err(|error| format!("{text:?} is no URL: {error}"))
}

/// A collector's address, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Option<Uri>);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let parsed = endpoint(text).map_err(|error| format!("{error} (OTEL_EXPORTER_OTLP_ENDPOINT)"))?;
        Ok(Self(Some(parsed)))
    }
}

fn endpoint(text: &str) -> Result<Uri, String> {
    let parsed = text.parse::<Uri>().ok();
    let is_one = |uri: &Uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            // No user, and a port only that is one.
            && uri.authority().is_some_and(|named| {
                !named.host().is_empty() && (named.port_u16().is_some() || named.as_str() == named.host())
            })
            && uri.query().is_none()
    };
    parsed.filter(is_one).ok_or_else(|| {
        format!("{text:?} is no address of a collector, such as http://127.0.0.1:4317 or https://collector.example:4318")
    })
}

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP/gRPC.
    Grpc,
    /// OTLP/HTTP with binary bodies.
    HttpProtobuf,
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "grpc" => Ok(Self::Grpc),
            "http/protobuf" | "" => Ok(Self::HttpProtobuf),
            _ => Err(format!("{text:?} is neither grpc nor http/protobuf (OTEL_EXPORTER_OTLP_PROTOCOL)")),
        }
    }
}

/// Where a signal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// To the collector.
    Otlp,
    /// Nowhere.
    None,
}

impl FromStr for Exporter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "otlp" | "" => Ok(Self::Otlp),
            // What Prometheus fetches is there in any case.
            "none" | "prometheus" => Ok(Self::None),
            _ => Err(format!(
                "{text:?} is neither otlp nor none (OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER)"
            )),
        }
    }
}

/// Which requests are traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    /// What the caller says comes first.
    pub is_parent_based: bool,
    /// Which of the others.
    pub root: Root,
}

/// Which requests are traced whose caller does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// A share, by the trace id, so that all who sample alike take the same.
    TraceIdRatio,
}

impl FromStr for Sampler {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = if text.is_empty() { "parentbased_always_on" } else { text };
        let rest = text.strip_prefix("parentbased_");
        let root = match rest.unwrap_or(text) {
            "always_on" => Root::AlwaysOn,
            "always_off" => Root::AlwaysOff,
            "traceidratio" => Root::TraceIdRatio,
            _ => {
                return Err(format!(
                    "{text:?} is none of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio (OTEL_TRACES_SAMPLER)"
                ));
            }
        };
        Ok(Self { is_parent_based: rest.is_some(), root })
    }
}

/// A share, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio(pub f64);

impl FromStr for Ratio {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = if text.is_empty() { "1" } else { text };
        let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        ratio.map(Self).ok_or_else(|| format!("{text:?} is no number from 0 to 1 (OTEL_TRACES_SAMPLER_ARG)"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Flags {
        #[command(flatten)]
        export: ExportConfig,
    }

    fn parse(flags: &[&str]) -> Result<ExportConfig, String> {
        let all = ["service"].iter().chain(flags);
        Flags::try_parse_from(all).map(|flags| flags.export).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_exported_without_an_endpoint() {
        let config = parse(&[]).unwrap();
        assert_eq!(config.target(Signal::Traces).unwrap(), None);
        assert_eq!(config.target(Signal::Metrics).unwrap(), None);
    }

    #[test]
    fn one_endpoint_is_for_all_signals_and_http_has_a_path_for_each() {
        let endpoint = "--otlp-endpoint=http://127.0.0.1:4318/otlp/";
        let of = |flags: &[&str]| parse(flags).unwrap().target(Signal::Metrics).unwrap().unwrap();
        assert_eq!(of(&[endpoint]).endpoint, "http://127.0.0.1:4318/otlp/v1/metrics");
        let grpc = of(&["--otlp-endpoint=https://collector:4317", "--otlp-protocol=grpc"]);
        assert_eq!(
            (grpc.endpoint.to_string().as_str(), grpc.protocol),
            ("https://collector:4317/", Protocol::Grpc)
        );
        let none = parse(&[endpoint, "--metrics-exporter=none"]).unwrap();
        assert_eq!(none.target(Signal::Metrics).unwrap(), None);
        assert!(none.target(Signal::Traces).unwrap().is_some());
        let disabled = parse(&[endpoint, "--otel-disabled"]).unwrap();
        assert_eq!(disabled.target(Signal::Traces).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_flag_and_its_variable() {
        let wrong = [
            ("--otlp-endpoint", "127.0.0.1:4317", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            ("--otlp-endpoint", "ftp://collector", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            ("--otlp-endpoint", "http://", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            ("--otlp-endpoint", "http://collector:port", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            ("--otlp-protocol", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL"),
            ("--trace-sampler", "sometimes", "OTEL_TRACES_SAMPLER"),
            ("--trace-sampler", "parentbased_", "OTEL_TRACES_SAMPLER"),
            ("--trace-sampler-arg", "1.1", "OTEL_TRACES_SAMPLER_ARG"),
            ("--trace-sampler-arg", "NaN", "OTEL_TRACES_SAMPLER_ARG"),
            ("--traces-exporter", "console", "OTEL_TRACES_EXPORTER"),
        ];
        for (flag, value, variable) in wrong {
            let told = parse(&[&format!("{flag}={value}")]).unwrap_err();
            assert!(told.contains(flag) && told.contains(variable), "{flag}={value}: {told}");
        }
    }

    #[test]
    fn an_empty_value_is_as_none() {
        let empty = ["endpoint", "protocol"].map(|flag| format!("--otlp-{flag}="));
        let others = ["trace-sampler", "trace-sampler-arg", "traces-exporter", "metrics-exporter"]
            .map(|flag| format!("--{flag}="));
        let flags: Vec<&str> = empty.iter().chain(&others).map(String::as_str).collect();
        assert_eq!(format!("{:?}", parse(&flags).unwrap()), format!("{:?}", parse(&[]).unwrap()));
    }

    #[test]
    fn all_six_samplers_are_understood() {
        for (text, root) in [
            ("always_on", Root::AlwaysOn),
            ("always_off", Root::AlwaysOff),
            ("traceidratio", Root::TraceIdRatio),
        ] {
            assert_eq!(text.parse::<Sampler>().unwrap(), Sampler { is_parent_based: false, root });
            let based = format!("parentbased_{text}");
            assert_eq!(based.parse::<Sampler>().unwrap(), Sampler { is_parent_based: true, root });
        }
    }
}

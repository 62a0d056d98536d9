//! OTLP: what goes to a collector, on a thread with a runtime of its own.

use std::{sync::Arc, time::Duration};

use http::Uri;
use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry::{Key, KeyValue};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{
    MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
    tonic_types::transport::ClientTlsConfig,
};
use opentelemetry_sdk::{
    Resource,
    metrics::PeriodicReader,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SpanProcessor as _},
};

use super::{
    TelemetryError,
    config::{ExportConfig, Protocol, Signal, Target, max_queued_spans},
    pipeline::{self, Pipeline},
    watch::{Health, Watched},
};
use crate::{BoxError, transport::Transport};

/// How long the end of the process may take, at the most, until the last traces and metrics are exported.
pub(super) const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// What sends the metrics.
pub(super) type MetricReader = PeriodicReader<Watched<MetricExporter>>;

/// What goes to a collector. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Export {
    pub(super) health: Arc<Health>,
    _runtime: Transport,
}

/// Starts to export, if there is a collector. The metrics still need to be read by what comes back.
///
/// # Errors
/// When a setting cannot be read, or there is no thread to be had, or nothing that a TLS connection could be trusted by.
pub(super) fn start(
    config: &ExportConfig,
    resource: &Resource,
) -> Result<Option<(Export, Option<MetricReader>)>, TelemetryError> {
    let target = |signal| config.target(signal).map_err(TelemetryError::Setting);
    let (traces, metrics) = (target(Signal::Traces)?, target(Signal::Metrics)?);
    if traces.is_none() && metrics.is_none() {
        return Ok(None);
    }
    let runtime = Transport::start("uptake-telemetry").map_err(TelemetryError::Thread)?;
    let max_queued = max_queued_spans();
    let health = Arc::new(Health::new(max_queued));
    let watch = Watch { health: health.clone(), runtime: runtime.handle().clone() };
    let of = |signal: Signal| move |source| TelemetryError::Exporter { signal: signal.as_str(), source };
    if let Some(target) = traces {
        let exporter = watch.over(span_exporter, &target).map_err(of(Signal::Traces))?;
        let batches = BatchConfigBuilder::default().with_max_queue_size(max_queued).build();
        let mut processor = BatchSpanProcessor::new(exporter, batches);
        processor.set_resource(resource);
        pipeline::start(Pipeline::new(processor, health.clone(), config));
    }
    let reader = match metrics {
        Some(target) => {
            let exporter = watch.over(metric_exporter, &target).map_err(of(Signal::Metrics))?;
            Some(PeriodicReader::builder(exporter).build())
        }
        None => None,
    };
    Ok(Some((Export { health, _runtime: runtime }, reader)))
}

/// Who a process is in traces and metrics: what the variables say comes before what it knows of itself.
pub(super) fn resource(service: &str, version: &str) -> Resource {
    let detected = Resource::builder().build();
    let name = Key::from_static_str("service.name");
    let named = detected.get(&name).filter(|name| !name.as_str().starts_with("unknown_service"));
    let own = [
        (name, service.to_owned()),
        (Key::from_static_str("service.version"), version.to_owned()),
        (Key::from_static_str("service.instance.id"), format!("{:032x}", rand::random::<u128>())),
    ];
    let missing = own.into_iter().filter(|(key, _)| match key.as_str() {
        "service.name" => named.is_none(),
        _ => detected.get(key).is_none(),
    });
    let missing: Vec<_> = missing.map(|(key, value)| KeyValue::new(key, value)).collect();
    Resource::builder().with_attributes(missing).build()
}

/// What all exporters are looked after by.
struct Watch {
    health: Arc<Health>,
    runtime: tokio::runtime::Handle,
}

impl Watch {
    fn over<E>(
        &self,
        build: fn(&Target) -> Result<E, BoxError>,
        target: &Target,
    ) -> Result<Watched<E>, BoxError> {
        // A connection belongs to the runtime that is entered while it is made.
        let _entered = self.runtime.enter();
        let (health, runtime) = (self.health.clone(), self.runtime.clone());
        let collector = address(&target.endpoint);
        Ok(Watched { exporter: build(target)?, health, runtime, collector, timeout: target.timeout })
    }
}

fn span_exporter(target: &Target) -> Result<SpanExporter, BoxError> {
    let builder = SpanExporter::builder();
    Ok(match target.protocol {
        Protocol::Grpc => grpc(builder.with_tonic(), target).build()?,
        Protocol::HttpProtobuf => http(builder.with_http(), target)?.build()?,
    })
}

fn metric_exporter(target: &Target) -> Result<MetricExporter, BoxError> {
    let builder = MetricExporter::builder();
    Ok(match target.protocol {
        Protocol::Grpc => grpc(builder.with_tonic(), target).build()?,
        Protocol::HttpProtobuf => http(builder.with_http(), target)?.build()?,
    })
}

fn grpc<B: WithTonicConfig + WithExportConfig>(builder: B, target: &Target) -> B {
    let builder = builder.with_endpoint(target.endpoint.to_string()).with_timeout(target.timeout);
    match is_https(target) {
        true => builder.with_tls_config(ClientTlsConfig::new().with_native_roots()),
        false => builder,
    }
}

fn http<B: WithHttpConfig + WithExportConfig>(builder: B, target: &Target) -> Result<B, BoxError> {
    let builder = builder.with_endpoint(target.endpoint.to_string()).with_timeout(target.timeout);
    let builder = builder.with_protocol(opentelemetry_otlp::Protocol::HttpBinary);
    if !is_https(target) {
        return Ok(builder.with_http_client(HyperClient::with_default_connector(target.timeout, None)));
    }
    // The authorities that this system trusts; SSL_CERT_FILE names others.
    let provider = rustls::crypto::ring::default_provider();
    let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
    let connector = connector.https_only().enable_http1().build();
    Ok(builder.with_http_client(HyperClient::new(connector, target.timeout, None)))
}

/// Scheme, host and port: without a password that may stand before the host, or a key in the path.
fn address(endpoint: &Uri) -> String {
    let authority = endpoint.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{}://{host}", endpoint.scheme_str().unwrap_or_default())
}

fn is_https(target: &Target) -> bool {
    target.endpoint.scheme_str() == Some("https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_names_a_collector_without_its_secrets() {
        let shown = |endpoint: &'static str| address(&Uri::from_static(endpoint));
        assert_eq!(shown("http://127.0.0.1:4318/v1/traces"), "http://127.0.0.1:4318");
        assert_eq!(shown("https://me:secret@collector.example/key/v1/metrics"), "https://collector.example");
    }
}

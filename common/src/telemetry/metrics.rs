//! The figures of this process: one meter for all instruments, read by Prometheus.

use std::sync::OnceLock;

use opentelemetry::{
    KeyValue,
    metrics::{Meter, MeterProvider as _},
};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

/// The media type of [`text`] (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
pub const TEXT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

struct Figures {
    meter: Meter,
    registry: Registry,
    /// Instruments end with it.
    _provider: SdkMeterProvider,
}

static FIGURES: OnceLock<Figures> = OnceLock::new();

/// Starts to keep figures. Only the first call counts.
pub(super) fn start(service: &str, version: &str) {
    FIGURES.get_or_init(|| {
        let registry = Registry::new();
        let resource = Resource::builder()
            .with_service_name(service.to_owned())
            .with_attribute(KeyValue::new("service.version", version.to_owned()))
            .build();
        let builder = SdkMeterProvider::builder().with_resource(resource);
        let builder = match opentelemetry_prometheus::exporter().with_registry(registry.clone()).build() {
            Ok(reader) => builder.with_reader(reader),
            Err(error) => {
                tracing::error!(%error, "there will be no metrics for Prometheus");
                builder
            }
        };
        let provider = builder.build();
        Figures { meter: provider.meter("uptake"), registry, _provider: provider }
    });
}

/// The meter of this process. Before `telemetry::init`, and in programs without it, what is measured goes nowhere.
#[must_use]
pub fn meter() -> Meter {
    match FIGURES.get() {
        Some(figures) => figures.meter.clone(),
        None => opentelemetry::global::meter("uptake"),
    }
}

/// All figures, in the text format of Prometheus.
#[must_use]
pub fn text() -> String {
    let Some(figures) = FIGURES.get() else { return String::new() };
    TextEncoder::new().encode_to_string(&figures.registry.gather()).unwrap_or_else(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        String::new()
    })
}

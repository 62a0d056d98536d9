//! The figures of this process: one meter for all instruments, read by Prometheus.

use std::{sync::OnceLock, time::Duration};

use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::{
    Resource,
    metrics::{Aggregation, Instrument, InstrumentKind, SdkMeterProvider, Stream},
};
use prometheus::{Registry, TextEncoder};

use super::{durations, export::MetricReader};
use crate::config::MetricsConfig;

/// The media type of [`text`] (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
pub const TEXT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets of all durations, in seconds. Each costs a line a series at each scrape.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Routes where nothing says how many.
const DEFAULT_MAX_ROUTES: usize = 500;

struct Figures {
    meter: Meter,
    registry: Registry,
    max_routes: usize,
    /// Instruments end with it.
    provider: SdkMeterProvider,
}

static FIGURES: OnceLock<Figures> = OnceLock::new();

/// Starts to keep figures, and to export them if there is a reader for that. Only the first call counts.
pub(super) fn start(config: &MetricsConfig, resource: Resource, exported: Option<MetricReader>) {
    FIGURES.get_or_init(|| {
        let max_routes = config.metrics_max_routes as usize;
        let registry = Registry::new();
        let builder = SdkMeterProvider::builder().with_resource(resource).with_view(view(max_routes));
        let builder = match exported {
            Some(reader) => builder.with_reader(reader),
            None => builder,
        };
        // All instruments are of one scope: to name it at each figure would tell nothing.
        let exporter = opentelemetry_prometheus::exporter().scope_info_enabled(false);
        let builder = match exporter.with_registry(registry.clone()).build() {
            Ok(reader) => builder.with_reader(reader),
            Err(error) => {
                tracing::error!(%error, "there will be no metrics for Prometheus");
                builder
            }
        };
        let provider = builder.build();
        Figures { meter: provider.meter("uptake"), registry, max_routes, provider }
    });
}

/// Exports what the figures are now, and ends them.
pub(super) fn end(timeout: Duration) {
    if let Some(figures) = FIGURES.get() {
        // What cannot be exported is told by who exports it.
        let _ = figures.provider.shutdown_with_timeout(timeout);
    }
}

/// How histograms are kept: in our buckets, and in as many series as [`RouteDurations`](super::durations::RouteDurations)
/// ever makes.
fn view(max_routes: usize) -> impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static {
    move |instrument| {
        if instrument.kind() != InstrumentKind::Histogram {
            return None;
        }
        let buckets =
            Aggregation::ExplicitBucketHistogram { boundaries: SECONDS.to_vec(), record_min_max: false };
        let stream = Stream::builder().with_aggregation(buckets);
        stream.with_cardinality_limit(durations::max_series(max_routes)).build().ok()
    }
}

/// The meter of this process. Before `telemetry::init`, and in programs without it, what is measured goes nowhere.
#[must_use]
pub fn meter() -> Meter {
    match FIGURES.get() {
        Some(figures) => figures.meter.clone(),
        None => opentelemetry::global::meter("uptake"),
    }
}

/// Most different methods and routes that requests are told apart by.
pub(super) fn max_routes() -> usize {
    FIGURES.get().map_or(DEFAULT_MAX_ROUTES, |figures| figures.max_routes)
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

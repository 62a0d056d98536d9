//! From a span that has ended to the queue of what is exported; and which requests have spans at all.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use opentelemetry::{
    TraceId,
    trace::{SpanKind, TracerProvider as _},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{
        BatchSpanProcessor, SamplingDecision, SdkTracer, SdkTracerProvider, ShouldSample as _, SpanData,
        SpanProcessor,
    },
};

use super::{
    config::{ExportConfig, Root, Sampler},
    watch::Health,
};

/// What takes and exports the spans of this process.
#[derive(Debug)]
pub(super) struct Pipeline {
    processor: BatchSpanProcessor,
    health: Arc<Health>,
    is_parent_based: bool,
    root: opentelemetry_sdk::trace::Sampler,
}

static PIPELINE: OnceLock<Pipeline> = OnceLock::new();

impl Pipeline {
    pub(super) fn new(processor: BatchSpanProcessor, health: Arc<Health>, config: &ExportConfig) -> Self {
        let Sampler { is_parent_based, root } = config.trace_sampler;
        let root = match root {
            Root::AlwaysOn => opentelemetry_sdk::trace::Sampler::AlwaysOn,
            Root::AlwaysOff => opentelemetry_sdk::trace::Sampler::AlwaysOff,
            Root::TraceIdRatio => {
                opentelemetry_sdk::trace::Sampler::TraceIdRatioBased(config.trace_sampler_arg.0)
            }
        };
        Self { processor, health, is_parent_based, root }
    }

    /// Whether a request is traced, by its trace id and by what its caller says, if it says anything.
    pub(super) fn samples(&self, trace: TraceId, sent_sampled: Option<bool>) -> bool {
        if let (true, Some(sampled)) = (self.is_parent_based, sent_sampled) {
            return sampled;
        }
        let sampled = self.root.should_sample(None, trace, "", &SpanKind::Server, &[], &[]);
        sampled.decision == SamplingDecision::RecordAndSample
    }
}

/// Starts to trace. Only the first call counts.
pub(super) fn start(pipeline: Pipeline) {
    let _ = PIPELINE.set(pipeline);
}

/// What takes the spans, if this process traces.
pub(super) fn get() -> Option<&'static Pipeline> {
    PIPELINE.get()
}

/// Whether this process traces.
pub(super) fn is_on() -> bool {
    PIPELINE.get().is_some()
}

/// Takes a span that has ended. It never waits: where there is no room the span is lost.
pub(super) fn export(span: SpanData) {
    if let Some(pipeline) = PIPELINE.get().filter(|pipeline| pipeline.health.admit()) {
        pipeline.processor.on_end(span);
    }
}

/// Exports the spans that have ended, and ends tracing.
pub(super) fn end(timeout: Duration) {
    if let Some(pipeline) = PIPELINE.get() {
        // What cannot be exported is told by who exports it.
        let _ = pipeline.processor.shutdown_with_timeout(timeout);
    }
}

/// What makes the spans of a service's own code. Whether there are any is decided by who asks it: see `log`.
pub(super) fn tracer() -> Option<SdkTracer> {
    let provider = SdkTracerProvider::builder()
        .with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOn)
        .with_span_processor(Entrance)
        .build();
    is_on().then(|| provider.tracer("service"))
}

/// The way of a service's own spans into the pipeline.
#[derive(Debug)]
struct Entrance;

impl SpanProcessor for Entrance {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        export(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

//! Looks after the collector: what goes wrong with it is told once, and never felt by a request.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SpanData, SpanExporter},
};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

use super::config::Signal;

/// How long no span was lost until it is said that all are taken again: on the verge it would be said again and again.
const QUIET: Duration = Duration::from_secs(30);

/// What is known of the collector. Traces and metrics usually go to the same one: so there is one state, and one warning.
#[derive(Debug)]
pub(super) struct Health {
    /// Spans that have ended and are not exported yet.
    queued: AtomicUsize,
    max_queued: usize,
    /// Spans for which there was no room.
    dropped: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    traces_fail: bool,
    metrics_fail: bool,
    overflows: bool,
    lost_batches: u64,
    lost_spans: u64,
    /// Of those that were dropped, how many are told in `lost_spans`.
    counted: u64,
    quiet_since: Option<Instant>,
}

impl State {
    fn is_bad(&self) -> bool {
        self.traces_fail || self.metrics_fail || self.overflows
    }

    fn fails(&mut self, signal: Signal) -> &mut bool {
        match signal {
            Signal::Traces => &mut self.traces_fail,
            Signal::Metrics => &mut self.metrics_fail,
        }
    }
}

impl Health {
    pub(super) fn new(max_queued: usize) -> Self {
        Self {
            queued: AtomicUsize::default(),
            max_queued,
            dropped: AtomicU64::default(),
            state: Mutex::default(),
        }
    }

    /// Whether there is room for one more span; it takes it.
    pub(super) fn admit(&self) -> bool {
        if self.queued.fetch_add(1, Ordering::Relaxed) < self.max_queued {
            return true;
        }
        self.queued.fetch_sub(1, Ordering::Relaxed);
        if self.dropped.fetch_add(1, Ordering::Relaxed).is_multiple_of(1024) {
            let mut state = self.state();
            if !state.is_bad() {
                tracing::warn!(
                    max_queued = self.max_queued,
                    "spans are made faster than the collector takes them, and some are lost; they are counted"
                );
            }
            state.overflows = true;
        }
        false
    }

    /// An export has ended. `spans` were in it.
    fn ended(&self, signal: Signal, collector: &str, spans: usize, result: &OTelSdkResult) {
        self.queued.fetch_sub(spans, Ordering::Relaxed);
        let dropped = self.dropped.load(Ordering::Relaxed);
        let mut state = self.state();
        let was_bad = state.is_bad();
        *state.fails(signal) = result.is_err();
        if dropped != state.counted {
            state.lost_spans += dropped - state.counted;
            (state.counted, state.quiet_since) = (dropped, None);
        }
        match result {
            Ok(()) if state.overflows => {
                let since = *state.quiet_since.get_or_insert_with(Instant::now);
                state.overflows = since.elapsed() < QUIET;
            }
            Ok(()) => {}
            Err(error) => {
                state.lost_batches += 1;
                state.lost_spans += spans as u64;
                if !was_bad {
                    let signal = signal.as_str();
                    tracing::warn!(signal, collector, %error, "the collector takes no telemetry; what is lost until it does is counted");
                }
            }
        }
        if was_bad && !state.is_bad() {
            let (lost_batches, lost_spans) = (state.lost_batches, state.lost_spans);
            tracing::info!(lost_batches, lost_spans, "the collector takes all telemetry again");
            (state.lost_batches, state.lost_spans) = (0, 0);
        }
    }

    /// Tells what was lost and not told yet, at the end of the process.
    pub(super) fn last_words(&self) {
        let state = self.state();
        let lost_spans = state.lost_spans
            + (self.dropped.load(Ordering::Relaxed) - state.counted)
            + self.queued.load(Ordering::Relaxed) as u64;
        if state.lost_batches > 0 || lost_spans > 0 {
            tracing::info!(
                lost_batches = state.lost_batches,
                lost_spans,
                "telemetry that no collector took is lost"
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, and the state is whole after each step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An exporter that is looked after, and works on a runtime of our own whatever thread waits for it.
#[derive(Debug)]
pub(super) struct Watched<E> {
    pub(super) exporter: E,
    pub(super) health: Arc<Health>,
    pub(super) runtime: Handle,
    /// Where it sends to, for the log: the error of an exporter does not say.
    pub(super) collector: String,
    /// How long one batch may take.
    pub(super) timeout: Duration,
}

impl<E> Watched<E> {
    async fn watch(
        &self,
        signal: Signal,
        spans: usize,
        export: impl Future<Output = OTelSdkResult> + Send,
    ) -> OTelSdkResult {
        let bounded = async {
            let late = |_| Err(OTelSdkError::Timeout(self.timeout));
            timeout(self.timeout, export).await.unwrap_or_else(late)
        };
        let mut bounded = pin!(bounded);
        // Timers and connections are those of the runtime that is entered while they are made.
        let result = poll_fn(|cx| {
            let _entered = self.runtime.enter();
            bounded.as_mut().poll(cx)
        })
        .await;
        self.health.ended(signal, &self.collector, spans, &result);
        result
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.watch(Signal::Traces, batch.len(), self.exporter.export(batch)).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Watched<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.watch(Signal::Metrics, 0, self.exporter.export(metrics)).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

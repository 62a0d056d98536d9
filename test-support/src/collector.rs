//! A collector of OpenTelemetry (OTLP over gRPC, and over HTTP with protobuf) that keeps what it is sent, so that a
//! test can ask for it.

mod grpc;
mod http;
mod span;
mod trace;

use std::collections::BTreeSet;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::{
    metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::eventually;
pub use span::{Event, Kind, Link, Span, Status};
pub use trace::Trace;

/// What a [`Collector`] does with what it is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes it.
    #[default]
    Takes,
    /// Takes it, and answers so much later.
    Slow(Duration),
    /// Refuses it as unavailable: the code of gRPC, or 503.
    Refuses,
    /// Never answers.
    Hangs,
}

/// The collector. Dropping it closes its ports and ends all connections that were accepted.
#[derive(Debug)]
pub struct Collector {
    grpc: SocketAddr,
    http: SocketAddr,
    kept: Kept,
    serving: [JoinHandle<()>; 2],
}

/// What the servers share: clones are the same.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    exports: usize,
    spans: Vec<Span>,
    metrics: BTreeSet<String>,
}

impl Collector {
    /// Starts a collector that takes what it is sent, on two free ports of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When no port is to be had.
    pub async fn start() -> Self {
        let (grpc, grpc_listener) = listener().await;
        let (http, http_listener) = listener().await;
        let kept = Kept::default();
        let serving = [
            tokio::spawn(grpc::serve(grpc_listener, kept.clone())),
            tokio::spawn(http::serve(http_listener, kept.clone())),
        ];
        Self { grpc, http, kept, serving }
    }

    /// `http://…`, where it takes gRPC: for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    #[must_use]
    pub fn grpc_url(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// `http://…`, below which it takes `POST /v1/traces` and `POST /v1/metrics`.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// From now on it does this with each export.
    pub fn behave(&self, behaviour: Behaviour) {
        self.kept.locked().behaviour = behaviour;
    }

    /// How many exports have come, of spans and of metrics, whatever became of them.
    #[must_use]
    pub fn exports(&self) -> usize {
        self.kept.locked().exports
    }

    /// All spans so far, in the order of their arrival.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.kept.locked().spans.clone()
    }

    /// The names of all metrics so far.
    #[must_use]
    pub fn metrics(&self) -> BTreeSet<String> {
        self.kept.locked().metrics.clone()
    }

    /// What has come of one trace; `trace_id` in lower-case hex digits.
    #[must_use]
    pub fn trace(&self, trace_id: &str) -> Trace {
        let mut spans = self.spans();
        spans.retain(|span| span.trace_id == trace_id);
        Trace::new(spans)
    }

    /// A trace, as soon as `holds` is true of what has come of it.
    ///
    /// # Panics
    ///
    /// When it is not within `timeout`. The text shows what has come.
    pub async fn trace_when(
        &self,
        trace_id: &str,
        timeout: Duration,
        holds: impl Fn(&Trace) -> bool,
    ) -> Trace {
        let held = eventually(timeout, async || holds(&self.trace(trace_id))).await;
        let trace = self.trace(trace_id);
        assert!(held, "not in time; of trace {trace_id} there is:\n{}", trace.outline());
        trace
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

impl Kept {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets pass the time that an answer takes. `false` if there shall be a refusal.
    async fn admit(&self) -> bool {
        let behaviour = {
            let mut state = self.locked();
            state.exports += 1;
            state.behaviour
        };
        match behaviour {
            Behaviour::Takes => true,
            Behaviour::Slow(time) => {
                tokio::time::sleep(time).await;
                true
            }
            Behaviour::Refuses => false,
            Behaviour::Hangs => pending().await,
        }
    }

    fn keep_spans(&self, request: ExportTraceServiceRequest) {
        self.locked().spans.extend(span::all(request));
    }

    fn keep_metrics(&self, request: ExportMetricsServiceRequest) {
        let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
        self.locked().metrics.extend(names);
    }
}

async fn listener() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.and_then(|bound| Ok((bound.local_addr()?, bound)));
    listener.unwrap_or_else(|error| panic!("no port for a collector: {error}"))
}

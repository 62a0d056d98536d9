//! What a handler's own calls take along: budget, trace, request id and caller of the request that it answers.

use std::{future::Future, time::Duration};

use futures_util::future::Either;
use opentelemetry::context::FutureExt as _;
use tokio::time::Instant;

use crate::{
    telemetry::{self, span::Place},
    wire::{Identity, TraceContext},
};

tokio::task_local! {
    static CURRENT: Context;
}

/// The context of the request in work. It sits in the request's extensions and in a task-local.
#[derive(Clone, Debug)]
pub struct Context {
    /// Identity in logs and traces.
    pub request_id: String,
    /// Trace context as it came.
    pub trace: TraceContext,
    /// When the answer is of no use any more.
    pub deadline: Instant,
    /// Path prefix that the proxy stripped; empty when none was. The proxy itself puts it back before the paths in
    /// `Location`, `Content-Location` and `Link`: it is for links in bodies.
    pub prefix: String,
    /// The same for every execution of one request, and of no other request: by it a service finds what an earlier
    /// execution has done. For a call its `Uptake-Reply-To`, for a job the job's id without the run, so that a
    /// redrive finds an earlier run's effect.
    pub inbox_key: String,
    /// How long to keep what is stored under that key: longer than the platform may execute the request again. For a
    /// call that is what is left of its budget, for a job several times as long as its record lives; and a margin.
    pub inbox_keep: Duration,
    /// Whether it may have been executed before. A service that cannot look then does not know whether it was.
    pub is_repeat: bool,
    /// Who calls, if a proxy has verified it.
    pub identity: Option<Identity>,
}

impl Context {
    /// The context of the handler that runs on this task, if one does.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Runs a future within this context: for tasks that a handler spawns. What it logs tells the request, and the spans of
    /// its own code are in the request's trace.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        let future = match Place::of(&self.trace) {
            Some(place) => Either::Left(future.with_context(place.context())),
            None => Either::Right(future),
        };
        telemetry::Request::of(&self.trace).scope(CURRENT.scope(self, future))
    }
}

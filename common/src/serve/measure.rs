//! The metrics of a worker: instruments that read what its loops count.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Response};
use opentelemetry::metrics::BoundHistogram;

use super::{adapter::End, delivery::Info, shared::Shared};
use crate::{
    config::WorkerConfig,
    telemetry::{
        durations::{Ended, OTHER_ROUTE, RouteDurations},
        names,
        observe::{Attribute, Observe, counter, durations, gauge, owned},
    },
    wire::{Class, Route},
};

/// A worker's loops, for as long as they are there: instruments never end.
#[derive(Clone)]
struct Loops(Arc<[Weak<Shared>]>);

impl Loops {
    fn each(&self, mut tell: impl FnMut(&Shared, &[Attribute<'_>])) {
        for shared in self.0.iter().filter_map(Weak::upgrade) {
            tell(&shared, &attributes(&shared.config.name, shared.class));
        }
    }
}

/// What all figures of a loop have in common.
fn attributes(service: &str, class: Class) -> [Attribute<'_>; 2] {
    [(names::SERVICE, service), (names::CLASS, class.as_str())]
}

/// What is recorded of each delivery.
#[derive(Debug)]
pub(super) struct Histograms {
    wait: BoundHistogram<f64>,
    process: RouteDurations,
    /// The prefixes that the service owns, and the routes that stand for all below them.
    owned: Vec<(String, String)>,
}

impl Histograms {
    pub(super) fn new(config: &WorkerConfig, class: Class) -> Self {
        let of = attributes(&config.name, class);
        let wait = durations(names::QUEUE_WAIT, "Age of messages at their first delivery.").bind(&owned(&of));
        let stream = config.stream_of(class);
        let mut common = of.to_vec();
        common.push((names::MESSAGING_SYSTEM, "nats"));
        common.push((names::MESSAGING_OPERATION_NAME, "process"));
        common.push((names::MESSAGING_DESTINATION_NAME, &stream));
        let process = RouteDurations::new(
            names::MESSAGING_PROCESS_DURATION,
            "Time that deliveries took in the service, by route and outcome.",
            &common,
        );
        let owned = config.prefixes.iter().map(|prefix| prefix.trim_end_matches('/').to_owned());
        let owned = owned.map(|prefix| (prefix.clone(), format!("{prefix}/*"))).collect();
        Self { wait, process, owned }
    }

    /// The route of a path whose service does not tell it.
    fn owner(&self, path: &str) -> &str {
        let below = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.owned.iter().find(|(prefix, _)| below(prefix)).map_or(OTHER_ROUTE, |(_, route)| route)
    }
}

/// A message was handed to this worker.
pub(super) fn delivered(shared: &Shared, info: &Info) {
    let is_repeat = info.delivered > 1;
    shared.figures.delivered(is_repeat);
    // Of a repeat, the time since its store is not what it waited.
    if !is_repeat {
        shared.histograms.wait.record(info.timing(Duration::ZERO).queue.as_secs_f64());
    }
}

/// A handler has ended, or was not begun.
pub(super) fn ended(
    shared: &Shared,
    method: &Method,
    path: &str,
    outcome: &Result<Response<Bytes>, End>,
    elapsed: Duration,
) {
    let ended = match outcome {
        Ok(response) => Ended { status: Some(response.status()), error: None },
        Err(End::Fault(fault)) => Ended { status: Some(fault.status()), error: Some(fault.slug()) },
        Err(End::Cancelled) => Ended { status: None, error: Some("cancelled") },
        Err(End::OutOfBudget) => Ended { status: None, error: Some("out-of-budget") },
    };
    match outcome {
        Ok(_) => shared.figures.answered(elapsed, None),
        Err(End::Fault(fault)) => shared.figures.answered(elapsed, Some(*fault)),
        // There is no answer.
        Err(End::Cancelled | End::OutOfBudget) => {}
    }
    let histograms = &shared.histograms;
    let told = outcome.as_ref().ok().and_then(|response| response.extensions().get::<Route>());
    let route = told.map_or_else(|| histograms.owner(path), Route::as_str);
    histograms.process.record(method, route, ended, elapsed);
}

/// Has the loops of a worker measured. Of several workers in one process, the last one is.
pub(super) fn measure<'a>(loops: impl Iterator<Item = &'a Arc<Shared>>) {
    let loops = Loops(loops.map(Arc::downgrade).collect());
    let of = |tell: fn(&Shared, &[Attribute<'_>], &mut Observe<'_>)| {
        let loops = loops.clone();
        move |observe: &mut Observe<'_>| loops.each(|shared, of| tell(shared, of, observe))
    };
    gauge(
        names::WORKER_PERMITS,
        "{permit}",
        "Permits of this worker: busy with a delivery, out in pull requests, or free.",
        of(permits),
    );
    counter(
        names::WORKER_DELIVERIES,
        "{delivery}",
        "Deliveries to this worker, and whether the message had been delivered before.",
        of(deliveries),
    );
    counter(
        names::WORKER_DEAD_LETTERS,
        "{message}",
        "Dead letters that this worker has stored.",
        of(dead_letters),
    );
    counter(names::WORKER_JOBS, "{job}", "States that this worker has brought jobs to.", of(jobs));
}

fn permits(shared: &Shared, of: &[Attribute<'_>], observe: &mut Observe<'_>) {
    let (busy, out) = (shared.in_flight.busy(), shared.figures.out());
    // Read one after the other: a delivery may be counted as both for a moment.
    let out = out.min(shared.permits.saturating_sub(busy));
    let free = shared.permits.saturating_sub(busy).saturating_sub(out);
    for (state, count) in [("busy", busy), ("out", out), ("free", free)] {
        observe(count.into(), &with(of, names::PERMIT_STATE, state));
    }
}

fn deliveries(shared: &Shared, of: &[Attribute<'_>], observe: &mut Observe<'_>) {
    let (first, repeated) = (shared.figures.first_deliveries(), shared.figures.redeliveries());
    for (redelivered, count) in [("false", first), ("true", repeated)] {
        observe(count as f64, &with(of, names::REDELIVERED, redelivered));
    }
}

fn dead_letters(shared: &Shared, of: &[Attribute<'_>], observe: &mut Observe<'_>) {
    for (cause, count) in shared.figures.dead_letters() {
        observe(count as f64, &with(of, names::CAUSE, cause.as_str()));
    }
}

fn jobs(shared: &Shared, of: &[Attribute<'_>], observe: &mut Observe<'_>) {
    if shared.class == Class::Job {
        for (state, count) in shared.figures.jobs() {
            observe(count as f64, &with(&of[..1], names::JOB_STATE, state.as_str()));
        }
    }
}

fn with<'a>(of: &[Attribute<'a>], name: &'static str, value: &'static str) -> Vec<Attribute<'a>> {
    let mut all = of.to_vec();
    all.push((name, value));
    all
}

//! What the proxy counts of its answers: for metrics, and for who asks this process.
//!
//! They are relaxed additions beside the work, and nobody decides by them.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use http::{Method, StatusCode};
use uptake::{
    Fault,
    telemetry::{
        durations::{Ended, RouteDurations},
        names,
    },
};

/// What counts of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) method: &'a Method,
    pub(crate) route: &'a str,
    pub(crate) took: Duration,
}

/// The figures of this process, since its start.
#[derive(Debug)]
pub(crate) struct Figures {
    /// From 1xx to 5xx.
    responses: [AtomicU64; 5],
    faults: [AtomicU64; Fault::ALL.len()],
    durations: RouteDurations,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            responses: Default::default(),
            faults: std::array::from_fn(|_| AtomicU64::new(0)),
            durations: RouteDurations::new(
                names::HTTP_SERVER_REQUEST_DURATION,
                "Time from the arrival of a request to the head of its answer, by route and outcome.",
                &[],
            ),
        }
    }
}

impl Figures {
    /// A request was answered, maybe with a fault of the platform.
    pub(crate) fn answered(&self, request: &Seen<'_>, status: StatusCode, fault: Option<Fault>) {
        let ended = Ended { status: Some(status), error: fault.map(Fault::slug) };
        self.durations.record(request.method, request.route, ended, request.took);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.responses.get(class) {
            counter.fetch_add(1, Relaxed);
        }
        let place = fault.and_then(|fault| Fault::ALL.iter().position(|known| *known == fault));
        if let Some(counter) = place.and_then(|place| self.faults.get(place)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// A client left before its answer.
    pub(crate) fn left(&self, request: &Seen<'_>) {
        let ended = Ended { status: None, error: Some("client-left") };
        self.durations.record(request.method, request.route, ended, request.took);
    }
}

/// What `$SRV.STATS` tells of them.
impl Figures {
    /// Answers by the class of their status: `2xx`, `3xx`, `4xx`, `5xx`.
    pub(crate) fn responses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let [_, counts @ ..] = &self.responses;
        ["2xx", "3xx", "4xx", "5xx"].into_iter().zip(counts.iter().map(|count| count.load(Relaxed)))
    }

    /// Answers that the platform made itself, by fault: those that have occurred.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (Fault, u64)> {
        let counts = self.faults.iter().map(|count| count.load(Relaxed));
        Fault::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_class_and_faults_by_kind() {
        let figures = Figures::default();
        let seen = Seen { method: &Method::GET, route: "/", took: Duration::ZERO };
        figures.answered(&seen, StatusCode::OK, None);
        figures.answered(&seen, StatusCode::NO_CONTENT, None);
        figures.answered(&seen, StatusCode::NOT_FOUND, Some(Fault::NoRoute));
        figures.answered(&seen, StatusCode::NOT_FOUND, None);
        figures.left(&seen);
        assert!(figures.responses().eq([("2xx", 2), ("3xx", 0), ("4xx", 2), ("5xx", 0)]));
        assert!(figures.faults().eq([(Fault::NoRoute, 1)]));
    }
}

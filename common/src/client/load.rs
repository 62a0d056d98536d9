//! How long a request would wait in a stream, estimated from the answers that come out of it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{pace::Pace, wire::Timing};

/// How long deliveries are counted for one measurement of the rate.
const WINDOW: Duration = Duration::from_secs(1);
/// A rate that is older says nothing.
const STALE: Duration = Duration::from_secs(10);

/// The load of one stream. The rate is that of all workers and for all askers, for it is read off the stream
/// sequence of what is answered here. Only where messages were waiting all the time does it tell what the workers
/// can do, not what they were asked to.
#[derive(Debug, Default)]
pub(crate) struct StreamLoad {
    seen: Mutex<Option<Seen>>,
    pace: Pace,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    window: Instant,
    window_sequence: u64,
    /// Messages a second that leave the stream, as of the last whole window.
    rate: Option<f64>,
    at: Instant,
    sequence: u64,
    pending: u64,
}

impl StreamLoad {
    /// Learns from an answer of the service how long its handlers take.
    pub(crate) fn observe_handler(&self, took: Duration) {
        self.pace.observe(took);
    }

    /// By how much a request that is published now would come too late: it would wait longer than its budget, or so long
    /// that too little is left for its handler. `None` if it may be in time, or that is not known.
    pub(crate) fn too_late_by(&self, budget: Duration, now: Instant) -> Option<Duration> {
        let wait = self.wait(now)?;
        let is_late = wait > budget || self.pace.is_hopeless(wait, budget - wait);
        is_late.then(|| wait.saturating_add(self.pace.needed()).saturating_sub(budget))
    }

    /// Learns from an answer how long the stream is.
    pub(crate) fn observe(&self, timing: &Timing, now: Instant) {
        let &Timing { sequence, pending, .. } = timing;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Seen { window: now, window_sequence: sequence, rate: None, at: now, sequence, pending };
        let Some(last) = seen.as_mut().filter(|last| now.duration_since(last.at) < STALE) else {
            *seen = Some(fresh);
            return;
        };
        // A sequence far behind is that of a stream that was made again; a little behind, that of a slow handler. One
        // beyond all that was pending came later: the stream may have been empty in between.
        if sequence < last.window_sequence || sequence > last.sequence.saturating_add(last.pending) {
            *last = fresh;
        } else if sequence > last.sequence {
            (last.at, last.sequence, last.pending) = (now, sequence, pending);
        }
        let elapsed = now.duration_since(last.window);
        if elapsed >= WINDOW {
            let left = (last.sequence - last.window_sequence) as f64;
            last.rate = Some(left / elapsed.as_secs_f64()).filter(|rate| *rate > 0.0);
            (last.window, last.window_sequence) = (now, last.sequence);
        }
    }

    /// How long a request that is published now would wait; `None` if that is not known.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { rate: Some(rate), at, pending, .. } = seen? else { return None };
        let since = now.duration_since(at);
        let wait = Duration::try_from_secs_f64(pending as f64 / rate).ok()?;
        (since < STALE).then(|| wait.saturating_sub(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(sequence: u64, pending: u64) -> Timing {
        Timing { sequence, pending, ..Timing::default() }
    }

    #[test]
    fn the_wait_is_what_is_pending_by_the_rate_of_all_workers() {
        let (load, start) = (StreamLoad::default(), Instant::now());
        load.observe(&timing(1000, 500), start);
        assert_eq!(load.wait(start), None, "no rate yet");
        // This asker sees one in ten answers: the sequence counts the others.
        for step in 1..=10 {
            load.observe(&timing(1000 + step * 10, 500), start + Duration::from_millis(step * 100));
        }
        let now = start + Duration::from_secs(1);
        assert_eq!(load.wait(now), Some(Duration::from_secs(5)));
        assert_eq!(
            load.wait(now + Duration::from_secs(2)),
            Some(Duration::from_secs(3)),
            "they leave meanwhile"
        );
        assert_eq!(load.wait(now + STALE), None);
    }

    #[test]
    fn a_request_is_too_late_that_would_have_too_little_time_for_its_handler() {
        let (load, start) = (StreamLoad::default(), Instant::now());
        let budget = Duration::from_secs(2);
        assert_eq!(load.too_late_by(budget, start), None, "nothing is known");
        load.observe(&timing(1000, 170), start);
        load.observe(&timing(1100, 170), start + WINDOW);
        let now = start + WINDOW;
        assert_eq!(load.wait(now), Some(Duration::from_millis(1700)));
        assert_eq!(load.too_late_by(budget, now), None, "nothing is known of handlers");
        load.observe_handler(Duration::from_millis(400));
        assert_eq!(load.too_late_by(budget, now), Some(Duration::from_millis(500)));
        assert_eq!(load.too_late_by(Duration::from_millis(2500), now), None);
        assert_eq!(load.too_late_by(Duration::from_secs(1), now), Some(Duration::from_millis(1500)));
    }

    #[test]
    fn figures_of_a_foreign_answer_do_no_harm_however_large_they_are() {
        for pending in [u64::MAX, u64::MAX - 4096] {
            let (load, start) = (StreamLoad::default(), Instant::now());
            load.observe(&timing(1, pending), start);
            load.observe(&timing(2, pending), start + WINDOW);
            load.observe_handler(Duration::MAX);
            let late = load.too_late_by(Duration::from_secs(2), start + WINDOW);
            assert_eq!(late.is_some(), load.wait(start + WINDOW).is_some());
        }
    }

    #[test]
    fn an_emptied_stream_means_no_wait_and_a_stalled_one_no_estimate() {
        let (load, start) = (StreamLoad::default(), Instant::now());
        load.observe(&timing(1, 100), start);
        load.observe(&timing(101, 0), start + WINDOW);
        assert_eq!(load.wait(start + WINDOW), Some(Duration::ZERO));
        load.observe(&timing(101, 7), start + WINDOW * 2);
        assert_eq!(load.wait(start + WINDOW * 2), None);
    }

    #[test]
    fn a_pause_of_the_askers_is_no_slowness_of_the_workers() {
        let (load, start) = (StreamLoad::default(), Instant::now());
        load.observe(&timing(1000, 3), start);
        // All three were taken up meanwhile; after the pause sixty-four come at once.
        load.observe(&timing(1004, 63), start + WINDOW * 3);
        assert_eq!(load.wait(start + WINDOW * 3), None, "1 in 3 s is what was asked for");
    }

    #[test]
    fn a_slow_service_with_a_backlog_has_an_estimate() {
        let (load, start) = (StreamLoad::default(), Instant::now());
        load.observe(&timing(10, 50), start);
        load.observe(&timing(11, 60), start + WINDOW * 2);
        assert_eq!(load.wait(start + WINDOW * 2), Some(Duration::from_secs(120)));
    }

    #[test]
    fn a_stream_that_was_made_again_starts_anew() {
        let (load, start) = (StreamLoad::default(), Instant::now());
        load.observe(&timing(5000, 0), start);
        load.observe(&timing(1, 30), start + Duration::from_millis(10));
        load.observe(&timing(11, 20), start + Duration::from_millis(1010));
        assert_eq!(load.wait(start + Duration::from_millis(1010)), Some(Duration::from_secs(2)));
    }
}

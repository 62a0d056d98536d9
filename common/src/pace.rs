//! How long handlers take of late, and what is too late to begin.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// How much of the mean each new time makes up: one in so many.
const WEIGHT: u64 = 16;

/// A mean of handler times that follows what changes.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    mean_micros: AtomicU64,
}

impl Pace {
    /// Learns how long a handler took to answer.
    pub(crate) fn observe(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let mean = self.mean_micros.load(Ordering::Relaxed);
        let next = match mean {
            0 => took,
            mean if took > mean => mean + (took - mean).div_ceil(WEIGHT),
            mean => mean - (mean - took) / WEIGHT,
        };
        // Of two at the same moment one may be forgotten: it is a mean.
        self.mean_micros.store(next, Ordering::Relaxed);
    }

    /// Learns that a handler was given up after this time: it would have taken longer.
    pub(crate) fn observe_given_up(&self, after: Duration) {
        if after > self.mean() {
            self.observe(after);
        }
    }

    /// Whether a call that has waited so long has too little time left for its handler. Where calls are taken up in their
    /// order and more come than can be served, each is taken up when its time is nearly over: to run all of them serves
    /// none. A handler's time over again is left for those that take longer than the mean, and for the way. A call
    /// that has waited for less than what it has left is no sign of overload, and gets its try.
    pub(crate) fn is_hopeless(&self, waited: Duration, left: Duration) -> bool {
        waited > left && left < self.needed()
    }

    /// The time that a call should have left.
    pub(crate) fn needed(&self) -> Duration {
        self.mean() * 2
    }

    fn mean(&self) -> Duration {
        Duration::from_micros(self.mean_micros.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_mean_follows_what_handlers_take() {
        let pace = Pace::default();
        assert_eq!(pace.mean(), Duration::ZERO);
        pace.observe(200 * MS);
        assert_eq!(pace.mean(), 200 * MS);
        for _ in 0..200 {
            pace.observe(20 * MS);
        }
        assert!((20 * MS..21 * MS).contains(&pace.mean()), "{:?}", pace.mean());
        for _ in 0..200 {
            pace.observe(100 * MS);
        }
        assert!((99 * MS..=100 * MS).contains(&pace.mean()), "{:?}", pace.mean());
    }

    #[test]
    fn what_was_given_up_early_says_nothing() {
        let pace = Pace::default();
        pace.observe(200 * MS);
        pace.observe_given_up(100 * MS);
        assert_eq!(pace.mean(), 200 * MS);
        pace.observe_given_up(1000 * MS);
        assert_eq!(pace.mean(), 250 * MS);
    }

    #[test]
    fn a_call_is_hopeless_that_has_waited_and_has_too_little_left() {
        let pace = Pace::default();
        assert!(!pace.is_hopeless(2000 * MS, MS), "nothing is known");
        pace.observe(200 * MS);
        assert!(pace.is_hopeless(1601 * MS, 399 * MS));
        assert!(!pace.is_hopeless(1600 * MS, 400 * MS), "time enough");
        assert!(!pace.is_hopeless(20 * MS, 100 * MS), "its budget is small, and nothing is in its way");
    }
}

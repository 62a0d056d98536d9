//! Points at which a test build can be made to die: between two steps of which the second may then never happen.

/// Dies here, as by `kill -9`, if this build has debug assertions and `UPTAKE_FAULT_POINTS` arms the point. In a release
/// build it is nothing.
///
/// `UPTAKE_FAULT_POINTS` is `NAME=PROBABILITY`, several separated by commas, such as
/// `inbox-committed=0.05,job-recorded=1`. With `UPTAKE_FAULT_SEED`, a whole number, the n-th passage of a point decides the
/// same in each process that has this seed: give each process a seed of its own, or they all die at the same one.
#[cfg(debug_assertions)]
#[inline]
pub fn fault_point(name: &'static str) {
    armed::pass(name);
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn fault_point(_name: &'static str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::{LazyLock, Mutex, PoisonError};

    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

    /// None in a process without the setting, so that passing a point costs it one look.
    static ARMED: LazyLock<Option<Mutex<Points>>> = LazyLock::new(|| {
        let (points, seed) = crate::config::fault_points()?;
        let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
        tracing::warn!(points, seed, "fault points are armed");
        Some(Mutex::new(Points::parse(&points, seed)))
    });

    /// What is armed: its name, its probability, and what decides the next passage.
    pub(super) struct Points(Vec<(String, f64, StdRng)>);

    impl Points {
        pub(super) fn parse(text: &str, seed: u64) -> Self {
            let points = text.split(',').zip(seed..).filter_map(|(point, seed)| {
                let parsed = point.split_once('=').and_then(|(name, probability)| {
                    let probability = probability.trim().parse().ok();
                    let probability = probability.filter(|probability| (0.0..=1.0).contains(probability))?;
                    Some((name.trim().to_owned(), probability, StdRng::seed_from_u64(seed)))
                });
                if parsed.is_none() {
                    tracing::error!(point, "no fault point: use NAME=PROBABILITY, from 0 to 1");
                }
                parsed
            });
            Self(points.collect())
        }

        /// Whether the process is to die at this passage.
        pub(super) fn strikes(&mut self, name: &str) -> bool {
            let point = self.0.iter_mut().find(|(armed, ..)| armed == name);
            point.is_some_and(|(_, probability, random)| random.random_bool(*probability))
        }
    }

    pub(super) fn pass(name: &'static str) {
        let Some(points) = &*ARMED else { return };
        if points.lock().unwrap_or_else(PoisonError::into_inner).strikes(name) {
            tracing::error!(name, "dying at a fault point");
            std::process::abort();
        }
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::armed::Points;

    #[test]
    fn a_point_strikes_as_often_as_it_is_told() {
        let mut points = Points::parse("always=1, sometimes = 0.25,never=0,wrong,=,much=2", 7);
        assert!(points.strikes("always"));
        for never in ["never", "wrong", "", "much", "unknown"] {
            assert!(!points.strikes(never), "{never}");
        }
        let count = (0..10_000).filter(|_| points.strikes("sometimes")).count();
        assert!((2_000..3_000).contains(&count), "{count}");
    }

    #[test]
    fn a_seed_decides_at_which_passages_a_point_strikes() {
        let struck = |seed| {
            let mut points = Points::parse("x=0.5", seed);
            (0..64).map(|_| points.strikes("x")).collect::<Vec<_>>()
        };
        assert_eq!(struck(1), struck(1));
        assert_ne!(struck(1), struck(2));
    }
}

//! How long programs need to end in order, and so how long a cluster has to wait before it kills them. All in seconds.
//!
//! A pod that is to end runs its `preStop` hook first, then gets SIGTERM, and SIGKILL when `terminationGracePeriodSeconds` are
//! over, which count from the start of the hook.

use std::time::Duration;

use uptake::WorkerConfig;

/// How long a pod that serves HTTP goes on before it gets SIGTERM: the time that gateways need to hear that it is to end. The
/// programs themselves accept for another 700 ms.
pub const PRE_STOP: u64 = 5;
/// What a program has beyond the time that it may take, before it is killed.
pub const MARGIN: u64 = 5;
/// How long a proxy has beyond the longest budget for what is in flight: an answer has to be written, too.
pub const BEYOND_BUDGET: u64 = 5;

/// The 700 ms for which a draining server still accepts, rounded up.
const STILL_ACCEPTS: u64 = 1;
/// The last pull request of a worker ends by itself.
const PULL_ENDS: u64 = 10;
/// Its last answers are confirmed.
const ANSWERS_CONFIRMED: u64 = 2;

/// What a program that serves HTTP needs after SIGTERM, by its `--grace-period`.
#[must_use]
pub const fn server(grace_period: u64) -> u64 {
    STILL_ACCEPTS + grace_period
}

/// What a worker needs after SIGTERM: its last pull request may bring calls with their whole budget before them, and jobs that run
/// have their own time.
#[must_use]
pub fn worker(config: &WorkerConfig) -> u64 {
    let jobs = if config.jobs.permits > 0 { whole(config.jobs.grace_period) } else { 0 };
    PULL_ENDS + whole(config.max_budget) + jobs + ANSWERS_CONFIRMED
}

/// Whole seconds, rounded up.
#[must_use]
pub fn whole(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::server;

    #[test]
    fn a_proxy_of_thirty_seconds_is_given_thirty_six() {
        assert_eq!(server(35), 36, "as docs/operations.md says");
    }
}

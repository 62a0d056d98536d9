//! Settings of the jobs of a worker.

use std::time::Duration;

use super::policy::{Failures, JobPolicy, JobRoute};
use crate::config::seconds;

/// Longest that a record may be kept, in seconds.
const MAX_KEPT_SECONDS: f64 = 366.0 * 86_400.0;

/// How jobs are pulled, tried again and given up.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Jobs")]
pub struct JobConfig {
    /// Jobs that may run at once in this process, besides the calls; 0 if this service takes no jobs.
    #[arg(id = "job_permits", long = "job-permits", env = "WORKER_JOB_PERMITS", value_name = "COUNT",
          default_value_t = 16, value_parser = clap::value_parser!(u32).range(0..=65_536))]
    pub permits: u32,
    /// Stream to pull jobs from; without it, `<root>-job-<name>`.
    #[arg(id = "job_stream", long = "job-stream", env = "SERVICE_JOB_STREAM_NAME", value_name = "NAME")]
    pub stream: Option<String>,
    /// Executions of a job that may be started, lost ones included, until it is given up.
    #[arg(id = "job_attempts", long = "job-attempts", env = "WORKER_JOB_ATTEMPTS", value_name = "COUNT",
          default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub attempts: u32,
    /// Executions that may end with their worker until the job is given up.
    #[arg(id = "job_max_lost", long = "job-max-lost", env = "WORKER_JOB_MAX_LOST", value_name = "COUNT",
          default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub max_lost: u32,
    /// Longest pause before the second attempt, in seconds; it doubles with each, and a random part of it is waited.
    #[arg(id = "job_backoff", long = "job-backoff", env = "WORKER_JOB_BACKOFF", value_name = "SECONDS",
          default_value = "1", value_parser = seconds)]
    pub backoff: Duration,
    /// Longest pause before any attempt, in seconds. A service may ask for a longer one by `Retry-After`.
    #[arg(id = "job_max_backoff", long = "job-max-backoff", env = "WORKER_JOB_MAX_BACKOFF", value_name = "SECONDS",
          default_value = "60", value_parser = seconds)]
    pub max_backoff: Duration,
    /// Time of one attempt, in seconds; then its handler is dropped, and the attempt has failed.
    #[arg(id = "job_timeout", long = "job-timeout", env = "WORKER_JOB_TIMEOUT", value_name = "SECONDS",
          default_value = "600", value_parser = seconds)]
    pub timeout: Duration,
    /// Statuses that count as failures, and are tried again.
    #[arg(
        id = "job_failures",
        long = "job-failures",
        env = "WORKER_JOB_FAILURES",
        value_name = "STATUSES",
        default_value = "429,500-599"
    )]
    pub failures: Failures,
    /// Other values below a path prefix: `PREFIX attempts=1 max-lost=1 timeout=30 backoff=2 max-backoff=9
    /// failures=500-599`, each of them optional. May be given several times; in the variable separated by semicolons.
    /// The longest prefix counts.
    #[arg(
        id = "job_route",
        long = "job-route",
        env = "WORKER_JOB_ROUTES",
        value_name = "ROUTE",
        value_delimiter = ';'
    )]
    pub routes: Vec<JobRoute>,
    /// Time that running jobs have to end after SIGTERM, in seconds; those that have not are begun anew elsewhere.
    #[arg(id = "job_grace_period", long = "job-grace-period", env = "WORKER_JOB_GRACE_PERIOD", value_name = "SECONDS",
          default_value = "20", value_parser = seconds)]
    pub grace_period: Duration,
    /// Jobs that may wait in the stream; further ones are refused with 503.
    #[arg(id = "job_max_waiting", long = "job-max-waiting", env = "WORKER_JOB_MAX_WAITING", value_name = "COUNT",
          default_value_t = 100_000, value_parser = clap::value_parser!(i64).range(1..))]
    pub max_waiting: i64,
    /// Octets that may wait in the stream; further jobs are refused with 503.
    #[arg(id = "job_max_waiting_bytes", long = "job-max-waiting-bytes", env = "WORKER_JOB_MAX_WAITING_BYTES",
          value_name = "OCTETS", default_value_t = 1 << 28, value_parser = clap::value_parser!(i64).range(1 << 20..))]
    pub max_waiting_bytes: i64,
    /// Time within which a job that is published twice is stored once, in seconds.
    #[arg(id = "job_duplicate_window", long = "job-duplicate-window", env = "WORKER_JOB_DUPLICATE_WINDOW",
          value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub duplicate_window: Duration,
    /// How long the record of a job and its answer are kept after its last change, in seconds; a job waits for a
    /// worker for 23/24 of that.
    #[arg(id = "job_retention", long = "job-retention", env = "WORKER_JOB_RETENTION", value_name = "SECONDS",
          default_value = "86400", value_parser = kept_seconds)]
    pub retention: Duration,
    /// Octets of the records of all jobs of the platform.
    #[arg(id = "job_store_bytes", long = "job-store-bytes", env = "WORKER_JOB_STORE_BYTES", value_name = "OCTETS",
          default_value_t = 1 << 30, value_parser = clap::value_parser!(i64).range(1 << 20..))]
    pub store_bytes: i64,
    /// Largest answer of a job, fields and body, in octets; a larger one becomes 502 answer-too-large.
    #[arg(id = "job_max_answer_bytes", long = "job-max-answer-bytes", env = "WORKER_JOB_MAX_ANSWER_BYTES",
          value_name = "OCTETS", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(1..=524_288))]
    pub max_answer_bytes: u32,
    /// How long dead letters are kept, in seconds.
    #[arg(long, env = "WORKER_DEAD_LETTER_AGE", value_name = "SECONDS", default_value = "2592000", value_parser = kept_seconds)]
    pub dead_letter_age: Duration,
    /// Octets of all dead letters of the platform; beyond them the oldest are dropped.
    #[arg(long, env = "WORKER_DEAD_LETTER_BYTES", value_name = "OCTETS", default_value_t = 1 << 28,
          value_parser = clap::value_parser!(i64).range(1 << 20..))]
    pub dead_letter_bytes: i64,
}

impl JobConfig {
    /// How long a job may wait in its stream: less than its record is kept.
    #[must_use]
    pub fn max_wait(&self) -> Duration {
        self.retention / 24 * 23
    }

    /// How jobs of this path are tried.
    #[must_use]
    pub fn policy(&self, path: &str) -> JobPolicy {
        let policy = JobPolicy {
            attempts: self.attempts,
            max_lost: self.max_lost,
            backoff: self.backoff,
            max_backoff: self.max_backoff,
            timeout: self.timeout,
            failures: self.failures.clone(),
        };
        let routes = self.routes.iter().filter(|route| route.covers(path));
        match routes.max_by_key(|route| route.prefix().len()) {
            Some(route) => route.apply(policy),
            None => policy,
        }
    }
}

/// Parses a positive number of seconds, at most a year.
fn kept_seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0 && *seconds <= MAX_KEPT_SECONDS)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("{text:?} is no number of seconds above 0 and up to {MAX_KEPT_SECONDS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Flags {
        #[command(flatten)]
        jobs: JobConfig,
    }

    #[test]
    fn the_longest_prefix_counts_and_semicolons_separate_routes() {
        let routes = "/a attempts=2;/a/b timeout=3";
        let flags = ["worker", "--job-route", routes, "--job-route", "/c failures=500"];
        let jobs = <Flags as clap::Parser>::try_parse_from(flags).unwrap().jobs;
        let told = |path| {
            let policy = jobs.policy(path);
            (policy.attempts, policy.timeout.as_secs())
        };
        assert_eq!(told("/"), (5, 600));
        assert_eq!(told("/a/x"), (2, 600));
        assert_eq!(told("/a/b/c"), (5, 3), "not what holds for the shorter one");
        assert!(!jobs.policy("/c").failures.contains(http::StatusCode::BAD_GATEWAY));
    }

    #[test]
    fn no_message_outlives_its_record() {
        let jobs = <Flags as clap::Parser>::try_parse_from(["worker", "--job-retention", "24"]).unwrap().jobs;
        assert_eq!(jobs.max_wait(), Duration::from_secs(23));
        for bad in ["0", "-1", "1e9", "x"] {
            assert!(
                <Flags as clap::Parser>::try_parse_from(["worker", "--job-retention", bad]).is_err(),
                "{bad}"
            );
        }
    }
}

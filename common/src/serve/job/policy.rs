//! How a job is tried: which answers are failures, how often and after which pause it is tried again.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;

use crate::config::{path_prefix, seconds};

/// Longest pause that a service can ask for by `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How the jobs of a path are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPolicy {
    /// Executions that may be started.
    pub attempts: u32,
    /// Those of them that may end with their worker.
    pub max_lost: u32,
    /// Longest pause before the second attempt.
    pub backoff: Duration,
    /// Longest pause before any.
    pub max_backoff: Duration,
    /// Time of one attempt.
    pub timeout: Duration,
    /// Which answers are failures.
    pub failures: Failures,
}

impl JobPolicy {
    /// The pause before the next attempt: exponential, and of it a random part (`random` is from 0 to 1), so that
    /// what failed together does not come back together. `asked` is the least that the service asks for.
    #[must_use]
    pub fn pause(&self, attempts: u32, asked: Option<Duration>, random: f64) -> Duration {
        let doubled = self.backoff.saturating_mul(1 << attempts.saturating_sub(1).min(20));
        doubled.min(self.max_backoff).mul_f64(random.clamp(0.0, 1.0)) + asked.unwrap_or_default()
    }
}

/// What `Retry-After` asks for (RFC 9110 §10.2.3), at most an hour. `None` if it asks for nothing that can be read.
#[must_use]
pub(super) fn retry_after(fields: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = fields.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Duration::try_from(at.duration_since(now)).unwrap_or_default()
        }
    };
    Some(asked.min(MAX_RETRY_AFTER))
}

/// Statuses that count as failures, such as `429,500-599`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures(Vec<RangeInclusive<u16>>);

impl Failures {
    /// Whether an answer of this status is a failure.
    #[must_use]
    pub fn contains(&self, status: StatusCode) -> bool {
        self.0.iter().any(|range| range.contains(&status.as_u16()))
    }
}

impl FromStr for Failures {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (400 <= first && first <= last && last <= 599).then_some(first..=last)
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no list of statuses from 400 to 599, such as 429,500-599"))
    }
}

/// How jobs below a path prefix are tried otherwise: `/reports attempts=1 timeout=30`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRoute {
    prefix: String,
    attempts: Option<u32>,
    max_lost: Option<u32>,
    backoff: Option<Duration>,
    max_backoff: Option<Duration>,
    timeout: Option<Duration>,
    failures: Option<Failures>,
}

impl JobRoute {
    /// The prefix, without trailing slashes.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a path lies at or below the prefix.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// A policy with what is other here.
    pub(super) fn apply(&self, policy: JobPolicy) -> JobPolicy {
        JobPolicy {
            attempts: self.attempts.unwrap_or(policy.attempts),
            max_lost: self.max_lost.unwrap_or(policy.max_lost),
            backoff: self.backoff.unwrap_or(policy.backoff),
            max_backoff: self.max_backoff.unwrap_or(policy.max_backoff),
            timeout: self.timeout.unwrap_or(policy.timeout),
            failures: self.failures.clone().unwrap_or(policy.failures),
        }
    }
}

impl FromStr for JobRoute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let prefix = path_prefix(words.next().unwrap_or_default())?;
        let mut route = Self {
            prefix,
            attempts: None,
            max_lost: None,
            backoff: None,
            max_backoff: None,
            timeout: None,
            failures: None,
        };
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name {
                "attempts" => route.attempts = Some(count(value)?),
                "max-lost" => route.max_lost = Some(count(value)?),
                "backoff" => route.backoff = Some(seconds(value)?),
                "max-backoff" => route.max_backoff = Some(seconds(value)?),
                "timeout" => route.timeout = Some(seconds(value)?),
                "failures" => route.failures = Some(value.parse()?),
                _ => {
                    return Err(format!(
                        "{word:?} is none of attempts=, max-lost=, backoff=, max-backoff=, timeout=, failures="
                    ));
                }
            }
        }
        Ok(route)
    }
}

fn count(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|count| (1..=10).contains(count));
    count.ok_or_else(|| format!("{text:?} is no number from 1 to 10"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn policy() -> JobPolicy {
        JobPolicy {
            attempts: 5,
            max_lost: 3,
            backoff: SECOND,
            max_backoff: 60 * SECOND,
            timeout: 600 * SECOND,
            failures: "429,500-599".parse().unwrap(),
        }
    }

    #[test]
    fn a_pause_doubles_up_to_its_limit_and_is_a_random_part_of_that() {
        let longest: Vec<_> = (1..=8).map(|attempts| policy().pause(attempts, None, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(policy().pause(3, None, 0.25), SECOND);
        assert_eq!(policy().pause(u32::MAX, None, 0.0), Duration::ZERO);
        assert_eq!(policy().pause(1, Some(10 * SECOND), 0.0), 10 * SECOND, "never sooner than asked");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let asked = |text: &str| {
            let fields = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&fields, now).map(|asked| asked.as_secs())
        };
        assert_eq!(asked("7"), Some(7));
        assert_eq!(asked("Sat, 21 Nov 2026 12:01:00 GMT"), Some(60));
        assert_eq!(asked("Sat, 21 Nov 2026 11:00:00 GMT"), Some(0), "past");
        assert_eq!(asked("99999999999"), Some(3600));
        for none in ["soon", "-1", "1.5", ""] {
            assert_eq!(asked(none), None, "{none}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn failures_are_statuses_and_ranges_of_them() {
        let failures: Failures = "404, 500-503".parse().unwrap();
        let is_failure = |status| failures.contains(StatusCode::from_u16(status).unwrap());
        assert!(is_failure(404) && is_failure(500) && is_failure(503));
        assert!(!is_failure(200) && !is_failure(403) && !is_failure(504));
        for bad in ["", "200", "500-", "599-500", "600", "x", "429,", "4 29"] {
            assert!(bad.parse::<Failures>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_route_changes_what_it_names_below_its_prefix() {
        let route: JobRoute = "/reports/ attempts=1 timeout=30 failures=503".parse().unwrap();
        assert!(route.covers("/reports") && route.covers("/reports/1"));
        assert!(!route.covers("/reports-old") && !route.covers("/"));
        let other = route.apply(policy());
        assert_eq!((other.attempts, other.timeout, other.max_lost), (1, 30 * SECOND, 3));
        assert_eq!(other.failures, "503".parse().unwrap());
        for bad in
            ["", "reports", "/reports attempts", "/reports attempts=0", "/reports tries=1", "/r backoff=-1"]
        {
            assert!(bad.parse::<JobRoute>().is_err(), "{bad}");
        }
        let all: JobRoute = "/ max-lost=1 backoff=2 max-backoff=3".parse().unwrap();
        assert!(all.covers("/anything"));
        assert_eq!(all.apply(policy()).pause(9, None, 1.0), 3 * SECOND);
    }
}

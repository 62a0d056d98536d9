//! The credit of a worker: how many permits are out in pull requests. No I/O, so that it can be tested.
//!
//! A permit is reserved when it enters a pull request, and returns when that request expires or its delivery is
//! settled. A fully served pull request says nothing, and deliveries do not name theirs: the count is in sum.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

/// How long a pull request stays open at the server.
pub(super) const EXPIRES: Duration = Duration::from_secs(10);
/// How often an idle pull request shows that it is alive, from its publish on.
pub(super) const IDLE_HEARTBEAT: Duration = Duration::from_secs(3);
/// How long freed permits wait for company before they are pulled with.
pub(super) const GATHER: Duration = Duration::from_micros(200);
/// Slack for a pull request whose end is not heard of.
const GRACE: Duration = Duration::from_secs(1);
/// Looks come each second. One that comes so late finds a process that stood still meanwhile: stopped, or paused with
/// its machine. Less than [`GRACE`] late, so that no pull request is given up before.
const STANDSTILL: Duration = Duration::from_millis(1500);

#[derive(Debug)]
struct Pull {
    batch: u32,
    ends: Instant,
    heard: Instant,
}

/// The open pull requests of one worker on one connection.
#[derive(Debug)]
pub(super) struct Credit {
    permits: u32,
    out: u32,
    pulls: HashMap<u64, Pull>,
    next_id: u64,
    /// Whether a delivery has come since the last look.
    served: bool,
    /// When [`Self::expire`] was called last.
    looked: Option<Instant>,
}

impl Credit {
    pub(super) fn new(permits: u32) -> Self {
        Self { permits, out: 0, pulls: HashMap::new(), next_id: 0, served: false, looked: None }
    }

    /// Permits that are out in pull requests.
    pub(super) fn out(&self) -> u32 {
        self.out
    }

    /// Permits that are neither out nor busy.
    pub(super) fn free(&self, busy: u32) -> u32 {
        self.permits.saturating_sub(busy).saturating_sub(self.out)
    }

    /// Whether `free` permits, the first of them since `gathering`, are worth a pull request now.
    pub(super) fn is_worth_a_pull(&self, free: u32, gathering: Duration) -> bool {
        free > 0 && (free >= self.permits / 4 || self.out == 0 || gathering >= GATHER)
    }

    /// Reserves `batch` permits for a new pull request, and names it.
    pub(super) fn open(&mut self, batch: u32, now: Instant) -> u64 {
        self.out += batch;
        self.next_id += 1;
        self.pulls.insert(self.next_id, Pull { batch, ends: now + EXPIRES, heard: now });
        self.next_id
    }

    /// A delivery has come: its permit is busy from now on.
    pub(super) fn delivered(&mut self) {
        self.out = self.out.saturating_sub(1);
        self.served = true;
    }

    /// An idle heartbeat of a pull request.
    pub(super) fn heard(&mut self, id: u64, now: Instant) {
        if let Some(pull) = self.pulls.get_mut(&id) {
            pull.heard = now;
        }
    }

    /// A pull request has ended with `pending` of its batch unserved, or with a status that does not say.
    pub(super) fn ended(&mut self, id: u64, pending: Option<u32>) {
        if self.pulls.remove(&id).is_some() {
            self.out = self.out.saturating_sub(pending.unwrap_or(0));
        }
        self.clamp();
    }

    /// Drops what must have ended: past its time, or silent for two heartbeats. To be called each second.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.looked.replace(now).is_some_and(|looked| now - looked > STANDSTILL) {
            // Deliveries and heartbeats may have come, and are still to be read.
            for pull in self.pulls.values_mut() {
                (pull.heard, pull.ends) = (now, pull.ends.max(now));
            }
        }
        // Of a pull request that it serves the server sends no heartbeat, and which one it serves is not told: all count as
        // heard. One that were forgotten here too early would still end, and what it returns then be lost.
        if std::mem::take(&mut self.served) {
            for pull in self.pulls.values_mut() {
                pull.heard = now;
            }
        }
        self.pulls
            .retain(|_, pull| now <= pull.ends + GRACE && now <= pull.heard + 2 * IDLE_HEARTBEAT + GRACE);
        self.clamp();
    }

    /// All is forgotten: the pull requests went with their inbox.
    pub(super) fn reset(&mut self) {
        self.out = 0;
        self.pulls.clear();
    }

    fn clamp(&mut self) {
        self.out = self.out.min(self.pulls.values().map(|pull| pull.batch).sum());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_free_busy_or_out_and_never_two_of_them() {
        let (mut credit, now) = (Credit::new(4), Instant::now());
        assert_eq!(credit.free(0), 4);
        credit.open(3, now);
        assert_eq!((credit.out(), credit.free(0)), (3, 1));
        credit.delivered();
        assert_eq!((credit.out(), credit.free(1)), (2, 1));
        assert_eq!(credit.free(0), 2, "the delivery is settled");
    }

    #[test]
    fn a_pull_that_is_served_without_heartbeats_returns_the_rest_at_its_end() {
        let (mut credit, mut now) = (Credit::new(64), Instant::now());
        let id = credit.open(64, now);
        for _ in 0..9 {
            now += Duration::from_secs(1);
            // Ten in this second: half of them served by the large pull request, half by those of one.
            for _ in 0..10 {
                credit.delivered();
                credit.open(1, now);
            }
            credit.expire(now);
            assert_eq!((credit.out(), credit.free(0)), (64, 0));
        }
        credit.ended(id, Some(19));
        assert_eq!((credit.out(), credit.free(0)), (45, 19));
    }

    #[test]
    fn an_expired_pull_returns_what_it_did_not_bring() {
        let (mut credit, now) = (Credit::new(8), Instant::now());
        let id = credit.open(8, now);
        credit.delivered();
        credit.delivered();
        credit.ended(id, Some(6));
        assert_eq!((credit.out(), credit.free(2)), (0, 6));
        credit.ended(id, Some(6));
        assert_eq!(credit.out(), 0, "a second end of the same pull changes nothing");
    }

    #[test]
    fn a_served_pull_is_silent_and_its_credit_is_clamped_when_it_must_have_ended() {
        let (mut credit, now) = (Credit::new(8), Instant::now());
        let first = credit.open(4, now);
        credit.open(4, now);
        for _ in 0..4 {
            credit.delivered();
        }
        assert_eq!(credit.out(), 4);
        credit.ended(first, None);
        assert_eq!(credit.out(), 4, "the other pull may still bring its four");
        credit.expire(now + EXPIRES + GRACE + Duration::from_millis(1));
        assert_eq!(credit.out(), 0);
    }

    #[test]
    fn a_pull_that_falls_silent_is_given_up() {
        let (mut credit, now) = (Credit::new(2), Instant::now());
        let id = credit.open(2, now);
        credit.heard(id, now + IDLE_HEARTBEAT);
        for second in 1..=10 {
            credit.expire(now + Duration::from_secs(second));
            assert_eq!(credit.out(), 2, "heard of three seconds after its publish");
        }
        credit.expire(now + Duration::from_millis(10_500));
        assert_eq!(credit.out(), 0);
    }

    #[test]
    fn after_a_standstill_no_pull_is_given_up_before_what_came_meanwhile_is_read() {
        let (mut credit, now) = (Credit::new(4), Instant::now());
        credit.open(4, now);
        credit.expire(now + Duration::from_secs(1));
        let thawed = now + Duration::from_secs(60);
        credit.expire(thawed);
        assert_eq!(credit.out(), 4, "its deliveries may wait in the socket");
        credit.expire(thawed + GRACE);
        assert_eq!(credit.out(), 4);
        credit.expire(thawed + GRACE + Duration::from_millis(1));
        assert_eq!(credit.out(), 0);
    }

    #[test]
    fn freed_permits_gather_unless_nothing_is_out() {
        let mut credit = Credit::new(64);
        assert!(credit.is_worth_a_pull(1, Duration::ZERO), "nothing is out");
        credit.open(1, Instant::now());
        assert!(!credit.is_worth_a_pull(1, Duration::ZERO));
        assert!(credit.is_worth_a_pull(16, Duration::ZERO));
        assert!(credit.is_worth_a_pull(1, GATHER));
        assert!(!credit.is_worth_a_pull(0, GATHER));
    }
}

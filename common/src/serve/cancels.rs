//! Calls that nobody waits for any more, remembered until their budget ends.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

/// Most cancels that are remembered; beyond them the oldest is forgotten, and its message runs for nothing.
const MAX_REMEMBERED: usize = 65_536;

/// The remembered cancels, by reply subject.
#[derive(Debug, Default)]
pub(super) struct Cancels {
    until: HashMap<String, Instant>,
    order: VecDeque<String>,
}

impl Cancels {
    /// Remembers a cancel until `until`.
    pub(super) fn remember(&mut self, reply_to: String, until: Instant) {
        if self.until.insert(reply_to.clone(), until).is_none() {
            self.order.push_back(reply_to);
        }
        while self.order.len() > MAX_REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.until.remove(&oldest);
            }
        }
    }

    /// Whether nobody waits for this call.
    pub(super) fn contains(&self, reply_to: &str) -> bool {
        !self.until.is_empty() && self.until.contains_key(reply_to)
    }

    /// Forgets those whose budget has ended.
    pub(super) fn expire(&mut self, now: Instant) {
        self.until.retain(|_, until| *until > now);
        let until = &self.until;
        self.order.retain(|reply_to| until.contains_key(reply_to));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_cancel_is_remembered_until_its_budget_ends() {
        let (mut cancels, now) = (Cancels::default(), Instant::now());
        cancels.remember("a".to_owned(), now + Duration::from_secs(5));
        cancels.expire(now + Duration::from_secs(4));
        assert!(cancels.contains("a"));
        cancels.expire(now + Duration::from_secs(5));
        assert!(!cancels.contains("a"));
    }

    #[test]
    fn the_number_of_remembered_cancels_is_bounded() {
        let (mut cancels, now) = (Cancels::default(), Instant::now());
        for n in 0..=MAX_REMEMBERED {
            cancels.remember(n.to_string(), now + Duration::from_secs(5));
        }
        assert!(!cancels.contains("0"), "the oldest is forgotten");
        assert!(cancels.contains(&MAX_REMEMBERED.to_string()));
    }
}

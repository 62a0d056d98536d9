//! Wrong tokens, and who sent them.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Wrong tokens that one address may send within [`WINDOW`]. After them no token of that address is looked at, not the
/// right one either: who might find it among many would be told which it is.
const MAX_WRONG: u32 = 10;
/// From the first wrong token on; then the count begins anew.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered. One more takes the place of the one whose first wrong token is the oldest.
const MAX_ADDRESSES: usize = 1_024;

/// Counts wrong tokens for each address: so that nobody who guesses keeps those out who sign in from elsewhere.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<IpAddr, Wrong>>);

#[derive(Debug)]
struct Wrong {
    count: u32,
    since: Instant,
}

/// What came of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Right,
    Wrong,
    /// It was not looked at, and none is for this long.
    TooMany(Duration),
}

impl Attempts {
    /// Looks at a token, unless its sender had too many wrong ones.
    pub(super) fn attempt(&self, from: Option<IpAddr>, is_right: impl FnOnce() -> bool) -> Attempt {
        let (from, now) = (counted_as(from), Instant::now());
        // Held until the attempt is counted: of many at once none is looked at too many.
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        senders.retain(|_, wrong| now < wrong.since + WINDOW);
        if let Some(wrong) = senders.get(&from).filter(|wrong| wrong.count >= MAX_WRONG) {
            return Attempt::TooMany(wrong.since + WINDOW - now);
        }
        if is_right() {
            return Attempt::Right;
        }
        if senders.len() >= MAX_ADDRESSES && !senders.contains_key(&from) {
            let oldest = senders.iter().min_by_key(|(_, wrong)| wrong.since).map(|(address, _)| *address);
            oldest.and_then(|oldest| senders.remove(&oldest));
        }
        senders.entry(from).or_insert(Wrong { count: 0, since: now }).count += 1;
        Attempt::Wrong
    }
}

/// Who has one address of version 6 has all of its network, of 64 bits or fewer (RFC 4291 §2.5.4).
fn counted_as(from: Option<IpAddr>) -> IpAddr {
    match from.map(|from| from.to_canonical()) {
        Some(IpAddr::V6(address)) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        Some(address) => address,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Option<IpAddr> {
        Some(address.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn ten_wrong_tokens_of_an_address_are_looked_at_within_a_minute() {
        let (attempts, here, elsewhere) = (Attempts::default(), of("10.0.0.1"), of("10.0.0.2"));
        for _ in 0..MAX_WRONG {
            assert_eq!(attempts.attempt(here, || true), Attempt::Right, "a right one counts for nothing");
            assert_eq!(attempts.attempt(here, || false), Attempt::Wrong);
        }
        tokio::time::advance(Duration::from_secs(20)).await;
        let rest = Attempt::TooMany(Duration::from_secs(40));
        assert_eq!(attempts.attempt(here, || true), rest, "the right one, too");
        assert_eq!(attempts.attempt(of("::ffff:10.0.0.1"), || true), rest, "the same address");
        assert_eq!(attempts.attempt(elsewhere, || true), Attempt::Right);
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(attempts.attempt(here, || true), Attempt::Right);
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_version_6_counts_as_one_address() {
        let attempts = Attempts::default();
        for number in 0..MAX_WRONG {
            assert_eq!(attempts.attempt(of(&format!("2001:db8::{number:x}")), || false), Attempt::Wrong);
        }
        assert!(matches!(attempts.attempt(of("2001:db8::ffff:ffff:0:1"), || true), Attempt::TooMany(_)));
        assert_eq!(attempts.attempt(of("2001:db8:0:1::1"), || true), Attempt::Right);
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_take_bounded_room() {
        let attempts = Attempts::default();
        for number in 0..3_000_u32 {
            let address = IpAddr::V4(number.into());
            assert_eq!(attempts.attempt(Some(address), || false), Attempt::Wrong);
        }
        assert_eq!(attempts.0.lock().unwrap().len(), MAX_ADDRESSES);
    }
}

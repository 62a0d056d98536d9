//! Tokens that were verified before: a client sends the same one with each request, and a signature costs more than all
//! else that the proxy does for it.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use ring::digest::{SHA256, digest};
use uptake::Identity;

use super::key::KeySet;

/// Most octets of tokens that are remembered. An identity takes a few times its token's.
const MAX_OCTETS: usize = 8 << 20;

/// A token is known by its SHA-256: whoever reads this process's memory finds none.
type Hash = [u8; 32];

/// Identities by the tokens that they were read from.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// The keys by which all of them were verified.
    keys: Option<Arc<KeySet>>,
    /// What was used since the last change of generations, and its octets of tokens.
    young: HashMap<Hash, Entry>,
    octets: usize,
    /// What was used before that; dropped at the next change.
    old: HashMap<Hash, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    identity: Identity,
    octets: usize,
    /// In seconds since 1970.
    until: f64,
}

impl Seen {
    /// Whom a token identifies, if it was verified by these very keys and is valid at `now`.
    pub(crate) fn get(&self, token: &str, keys: &Arc<KeySet>, now: f64) -> Option<Identity> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !table.is_of(keys) {
            *table = Table { keys: Some(keys.clone()), ..Table::default() };
            return None;
        }
        let hash = hash(token);
        if let Some(entry) = table.old.remove(&hash) {
            table.insert(hash, entry);
        }
        table.young.get(&hash).filter(|entry| now < entry.until).map(|entry| entry.identity.clone())
    }

    /// Remembers whom a token identifies, if these are still the keys.
    pub(crate) fn insert(&self, token: &str, keys: &Arc<KeySet>, identity: Identity, until: f64) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.is_of(keys) {
            table.insert(hash(token), Entry { identity, octets: token.len(), until });
        }
    }
}

impl Table {
    fn is_of(&self, keys: &Arc<KeySet>) -> bool {
        self.keys.as_ref().is_some_and(|ours| Arc::ptr_eq(ours, keys))
    }

    fn insert(&mut self, hash: Hash, entry: Entry) {
        // Each generation has half of the room.
        if self.octets + entry.octets > MAX_OCTETS / 2 {
            self.old = mem::take(&mut self.young);
            self.octets = 0;
        }
        self.octets += entry.octets;
        if let Some(same) = self.young.insert(hash, entry) {
            self.octets -= same.octets;
        }
    }
}

fn hash(token: &str) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys() -> Arc<KeySet> {
        Arc::new(KeySet::parse(b"{\"keys\":[]}").unwrap())
    }

    fn ada() -> Identity {
        Identity::new(json!({"sub": "ada"}).as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_token_is_known_until_it_expires_and_by_the_same_keys_alone() {
        let (seen, keys, others) = (Seen::default(), keys(), keys());
        assert_eq!(seen.get("a", &keys, 0.0), None);
        seen.insert("a", &keys, ada(), 9.0);
        assert_eq!(seen.get("a", &keys, 8.9), Some(ada()));
        assert_eq!(seen.get("a", &keys, 9.0), None);
        assert_eq!(seen.get("b", &keys, 0.0), None);
        // Too late: by then the keys are others.
        assert_eq!(seen.get("a", &others, 0.0), None);
        seen.insert("a", &keys, ada(), 9.0);
        assert_eq!(seen.get("a", &others, 0.0), None);
        assert_eq!(seen.get("a", &keys, 0.0), None);
    }

    #[test]
    fn what_is_used_stays_and_the_room_is_bounded() {
        let (seen, keys) = (Seen::default(), keys());
        let token = |number: usize| format!("{number:01000}");
        assert_eq!(seen.get(&token(0), &keys, 0.0), None);
        seen.insert(&token(0), &keys, ada(), 9.0);
        for number in 1..30_000 {
            seen.insert(&token(number), &keys, ada(), 9.0);
            seen.insert(&token(number), &keys, ada(), 9.0);
            if number % 1_000 == 0 {
                assert_eq!(seen.get(&token(0), &keys, 0.0), Some(ada()), "{number}");
            }
            let table = seen.0.lock().unwrap();
            let octets =
                |entries: &HashMap<Hash, Entry>| entries.values().map(|entry| entry.octets).sum::<usize>();
            if number % 1_000 == 0 {
                assert_eq!(table.octets, octets(&table.young));
                assert!(table.octets + octets(&table.old) <= MAX_OCTETS);
            }
        }
        assert_eq!(seen.get(&token(1), &keys, 0.0), None);
        assert_eq!(seen.get(&token(29_999), &keys, 0.0), Some(ada()));
    }
}

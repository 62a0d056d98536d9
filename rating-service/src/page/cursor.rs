//! Cursors: where a page begins, as an opaque text.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Kind, Sort};
use crate::db::query::Value;

const UNREADABLE: &str = "must be a nextCursor of this list";

/// The place of an item in an order: the value that it is sorted by, and its id.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) key: Value,
    pub(crate) id: Uuid,
}

/// What a cursor is good for: this list with this order and these filters. The limit may change, and what is told of
/// each item.
pub(crate) fn scope(path: &str, sort: Sort, given: &[(String, String)]) -> String {
    let is_filter = |name: &str| !["sort", "limit", "cursor", "distribution"].contains(&name);
    let mut filters: Vec<_> = given.iter().filter(|(name, _)| is_filter(name)).collect();
    filters.sort_unstable();
    let hash = Sha256::digest(format!("{path} {} {} {filters:?}", sort.key.name, sort.descending));
    BASE64_URL_SAFE_NO_PAD.encode(hash.first_chunk::<9>().copied().unwrap_or_default())
}

impl Position {
    /// Scope, key and id as a JSON array in base64url.
    pub(crate) fn encode(&self, scope: &str) -> String {
        let key = match &self.key {
            Value::Text(text) => text.clone().unwrap_or_default(),
            Value::Int(number) => number.to_string(),
            // The shortest text that is read as the same number.
            Value::Real(number) => number.to_string(),
            Value::Time(time) => time.as_microsecond().to_string(),
            Value::Id(id) => id.to_string(),
        };
        let json = serde_json::to_vec(&(scope, key, self.id)).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    /// Reads a cursor of this scope, whose key is of this kind. It may be anything: clients send it.
    ///
    /// # Errors
    /// What it must be.
    pub(crate) fn decode(cursor: &str, scope: &str, kind: Kind) -> Result<Self, &'static str> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| UNREADABLE)?;
        let (made_for, key, id): (String, String, Uuid) =
            serde_json::from_slice(&json).map_err(|_| UNREADABLE)?;
        if made_for != scope {
            return Err("must be used with the filters and the sort that it was made for");
        }
        let key = match kind {
            // No name has NUL, and PostgreSQL refuses it.
            Kind::Text => (!key.contains('\0')).then_some(Value::Text(Some(key))),
            Kind::Int => key.parse().ok().map(Value::Int),
            Kind::Real => key.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Real),
            Kind::Time => {
                // PostgreSQL refuses what lies long before our era; nothing here is older than this service.
                let micros = key.parse().ok().filter(|micros| *micros >= 0);
                micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()).map(Value::Time)
            }
        };
        Ok(Self { key: key.ok_or(UNREADABLE)?, id })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> impl Strategy<Value = (Kind, Value)> {
        prop_oneof![
            "[^\0]{0,20}".prop_map(|text| (Kind::Text, Value::Text(Some(text)))),
            any::<i64>().prop_map(|number| (Kind::Int, Value::Int(number))),
            any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| (Kind::Real, Value::Real(n))),
            (0..4_000_000_000_000_000_i64)
                .prop_map(|micros| (Kind::Time, Value::Time(Timestamp::from_microsecond(micros).unwrap()))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again((kind, key) in keys(), id in any::<u128>()) {
            let position = Position { key, id: Uuid::from_u128(id) };
            let decoded = Position::decode(&position.encode("scope"), "scope", kind).unwrap();
            prop_assert_eq!(format!("{position:?}"), format!("{decoded:?}"));
            prop_assert!(Position::decode(&position.encode("scope"), "other", kind).is_err());
        }

        #[test]
        fn nothing_that_clients_send_makes_it_panic(cursor in ".{0,60}", kind in 0..4) {
            let kind = [Kind::Text, Kind::Int, Kind::Real, Kind::Time][kind as usize];
            let _ = Position::decode(&cursor, "scope", kind);
            let forged = BASE64_URL_SAFE_NO_PAD.encode(format!("[\"scope\",{cursor:?},\"{}\"]", Uuid::nil()));
            let _ = Position::decode(&forged, "scope", kind);
        }
    }

    #[test]
    fn refuses_keys_that_no_column_holds() {
        for (kind, key) in [
            (Kind::Time, "-1"),
            (Kind::Text, "\\u0000"),
            (Kind::Int, "1.5"),
            (Kind::Real, "NaN"),
            (Kind::Time, "9223372036854775807"),
        ] {
            let cursor = BASE64_URL_SAFE_NO_PAD.encode(format!("[\"s\",\"{key}\",\"{}\"]", Uuid::nil()));
            assert_eq!(Position::decode(&cursor, "s", kind).unwrap_err(), UNREADABLE, "{key}");
        }
    }
}

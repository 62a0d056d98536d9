//! Field types that cannot hold a wrong value: what deserializes is valid.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What a person reads as a name: 1 to 200 characters, not only white space, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Name(String);

impl Name {
    const MAX_CHARS: usize = 200;

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() {
            Err("must not be empty".to_owned())
        } else if text.chars().count() > Self::MAX_CHARS {
            Err(format!("must have at most {} characters", Self::MAX_CHARS))
        } else if text.contains(char::is_control) {
            Err("must not contain control characters".to_owned())
        } else {
            Ok(Self(text))
        }
    }
}

/// A comment or a description: up to 2,000 characters, of which none is NUL (other databases refuse it).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct LongText(String);

impl LongText {
    const MAX_CHARS: usize = 2_000;

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl TryFrom<String> for LongText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.chars().count() > Self::MAX_CHARS {
            Err(format!("must have at most {} characters", Self::MAX_CHARS))
        } else if text.contains('\0') {
            Err("must not contain NUL".to_owned())
        } else {
            Ok(Self(text))
        }
    }
}

/// A score from 0 to 5 in steps of 0.5, kept as half points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Score(u8);

impl Score {
    const MAX_HALF_POINTS: u8 = 10;

    /// From half points, 0 to 10.
    pub(crate) fn from_half_points(half_points: u8) -> Option<Self> {
        (half_points <= Self::MAX_HALF_POINTS).then_some(Self(half_points))
    }

    pub(crate) fn half_points(self) -> u8 {
        self.0
    }
}

impl TryFrom<f64> for Score {
    type Error = &'static str;

    fn try_from(points: f64) -> Result<Self, &'static str> {
        (0..=Self::MAX_HALF_POINTS)
            .find(|half_points| f64::from(*half_points) / 2.0 == points)
            .map(Self)
            .ok_or("must be a number from 0 to 5 in steps of 0.5")
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 2.0)
    }
}

/// How many items a list may hold: 1 to 1000, 100 unless told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Limit(u32);

impl Limit {
    const DEFAULT: u32 = 100;
    const MAX: u32 = 1_000;

    pub(crate) fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(Self::DEFAULT)
    }
}

impl TryFrom<String> for Limit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let limit = text.parse().ok().filter(|limit| (1..=Self::MAX).contains(limit));
        limit.map(Self).ok_or_else(|| format!("must be a number from 1 to {}", Self::MAX))
    }
}

/// Ids separated by commas: 1 to 200, each once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Ids(Vec<Uuid>);

impl Ids {
    /// So many that a request-target of the platform, 8,000 octets, can name them all.
    pub(crate) const MAX: usize = 200;

    pub(crate) fn as_slice(&self) -> &[Uuid] {
        &self.0
    }
}

impl TryFrom<String> for Ids {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut ids = Vec::new();
        for (index, id) in text.split(',').enumerate() {
            if index == Self::MAX {
                return Err(format!("must name at most {} ids", Self::MAX));
            }
            ids.push(Uuid::try_parse(id).map_err(|_| format!("{id:?} is no id"))?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(ids))
    }
}

/// For fields of a patch (RFC 7396), with `#[serde(default)]`: absent is `None`, all else `Some`. So null clears
/// an optional field, where `T` is an `Option`, and is refused for the others.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_exactly_the_eleven_scores() {
        for half_points in 0..=10 {
            let score = Score::try_from(f64::from(half_points) / 2.0).unwrap();
            assert_eq!(score.half_points(), half_points);
            assert_eq!(Score::from_half_points(half_points), Some(score));
        }
        for wrong in [-0.5, 0.25, 0.4999, 5.5, 2.500_001, 1e300, f64::NAN, f64::INFINITY] {
            assert!(Score::try_from(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Score::try_from(-0.0), Ok(Score(0)));
        assert_eq!(Score::from_half_points(11), None);
    }

    #[test]
    fn counts_characters_not_octets() {
        assert!(Name::try_from("é".repeat(200)).is_ok());
        assert!(Name::try_from("é".repeat(201)).is_err());
        assert!(LongText::try_from("🦀".repeat(2_000)).is_ok());
        assert!(LongText::try_from("🦀".repeat(2_001)).is_err());
    }

    #[test]
    fn refuses_names_that_nobody_can_read() {
        for wrong in ["", " ", "\t\u{a0}", "a\nb", "a\0"] {
            assert!(Name::try_from(wrong.to_owned()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn takes_limits_from_1_to_1000() {
        for (text, limit) in
            [("1", Some(1)), ("1000", Some(1_000)), ("0", None), ("1001", None), ("-1", None)]
        {
            assert_eq!(Limit::try_from(text.to_owned()).ok().map(Limit::get), limit, "{text}");
        }
    }

    #[test]
    fn names_each_id_once_and_refuses_what_is_none() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(Ids::try_from(format!("{b},{a},{b}")).unwrap().as_slice(), [a, b]);
        for wrong in [String::new(), format!("{a},"), "1".to_owned(), vec![a.to_string(); 201].join(",")] {
            assert!(Ids::try_from(wrong).is_err());
        }
    }
}

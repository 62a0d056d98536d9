//! Field types that cannot hold a wrong value: what can be read is valid.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{json::Json, members::Read, text};

/// What a person reads as a name: 1 to 200 characters, see [`text::name`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) const MAX_CHARS: usize = 200;

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl Read<Json> for Name {
    fn read(json: Json) -> Result<Self, String> {
        text::name(&String::read(json)?, Self::MAX_CHARS).map(Self)
    }
}

/// A comment or a description: up to 2,000 characters, see [`text::long`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LongText(String);

impl LongText {
    pub(crate) const MAX_CHARS: usize = 2_000;

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl Read<Json> for LongText {
    fn read(json: Json) -> Result<Self, String> {
        String::read(json).and_then(<Self as Read<String>>::read)
    }
}

impl Read<String> for LongText {
    fn read(text: String) -> Result<Self, String> {
        text::long(&text, Self::MAX_CHARS).map(Self)
    }
}

/// A score from 0 to 5 in steps of 0.5, kept as half points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Score(u8);

impl Score {
    const MAX_HALF_POINTS: u8 = 10;
    const WRONG: &str = "must be a number from 0 to 5 in steps of 0.5";

    /// All eleven, from 0 to 5.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=Self::MAX_HALF_POINTS).map(Self)
    }

    /// From half points, 0 to 10.
    pub(crate) fn from_half_points(half_points: u8) -> Option<Self> {
        (half_points <= Self::MAX_HALF_POINTS).then_some(Self(half_points))
    }

    pub(crate) fn half_points(self) -> u8 {
        self.0
    }

    fn points(self) -> f64 {
        f64::from(self.0) / 2.0
    }

    /// `5` and `5.0` are the same number, and `-0` is 0.
    fn from_points(points: f64) -> Result<Self, String> {
        Self::all().find(|score| score.points() == points).ok_or_else(|| Self::WRONG.to_owned())
    }
}

impl Read<Json> for Score {
    fn read(json: Json) -> Result<Self, String> {
        if let Json::Number(points) = json { Self::from_points(points) } else { Err(Self::WRONG.to_owned()) }
    }
}

impl Read<String> for Score {
    fn read(text: String) -> Result<Self, String> {
        Self::from_points(decimal(&text).unwrap_or(f64::NAN))
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.points())
    }
}

/// Writes a time (RFC 3339, UTC) always to the microsecond, so that the order of such texts is that of the times.
pub(crate) fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.6}"))
}

/// An average of scores: any number from 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Average(f64);

impl Average {
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl Read<String> for Average {
    fn read(text: String) -> Result<Self, String> {
        let average = decimal(&text).filter(|average| (0.0..=5.0).contains(average));
        average.map(Self).ok_or_else(|| "must be a number from 0 to 5".to_owned())
    }
}

/// A number as JSON writes it. Rust itself also reads `inf`, `nan`, `+1`, `.5` and `5.`.
fn decimal(text: &str) -> Option<f64> {
    let is_bare = !text.contains(char::is_whitespace);
    serde_json::from_str(text).ok().filter(|_| is_bare)
}

/// How many items a page of a list may hold: 1 to 1000, 100 unless told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(u32);

impl Limit {
    pub(crate) const DEFAULT: u32 = 100;
    pub(crate) const MAX: u32 = 1_000;
    /// Where something is counted for each item.
    pub(crate) const MAX_COUNTED: u32 = 100;

    pub(crate) fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(Self::DEFAULT)
    }
}

impl Read<String> for Limit {
    fn read(text: String) -> Result<Self, String> {
        let limit = text.parse().ok().filter(|limit| (1..=Self::MAX).contains(limit));
        // Rust also reads `+1`.
        let limit = limit.filter(|_| text.bytes().all(|octet| octet.is_ascii_digit()));
        limit.map(Self).ok_or_else(|| format!("must be a number from 1 to {}", Self::MAX))
    }
}

/// Reads an id in its usual form only, so that each thing has one path: `Uuid` itself also reads braces, URNs
/// and bare digits. Upper case counts.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.to_string().eq_ignore_ascii_case(text))
}

impl Read<String> for Uuid {
    fn read(text: String) -> Result<Self, String> {
        parse_id(&text).ok_or_else(|| "must be an id".to_owned())
    }
}

impl Read<Json> for Uuid {
    fn read(json: Json) -> Result<Self, String> {
        String::read(json).and_then(<Self as Read<String>>::read)
    }
}

/// Ids separated by commas: 1 to 200, each once, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ids(Vec<Uuid>);

impl Ids {
    /// So many that a request-target of the platform, 8,000 octets, can name them all.
    pub(crate) const MAX: usize = 200;

    pub(crate) fn as_slice(&self) -> &[Uuid] {
        &self.0
    }
}

impl Read<String> for Ids {
    fn read(text: String) -> Result<Self, String> {
        let mut ids = Vec::new();
        for (index, id) in text.split(',').enumerate() {
            if index == Self::MAX {
                return Err(format!("must name at most {} ids", Self::MAX));
            }
            ids.push(parse_id(id).ok_or_else(|| format!("must be ids separated by commas: {id:?} is none"))?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(ids))
    }
}

/// The beginning of a name, in any case: up to 200 characters. It is normalized like names are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePrefix(String);

impl NamePrefix {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Read<String> for NamePrefix {
    fn read(text: String) -> Result<Self, String> {
        // White space at its end is kept: `Ann ` finds `Ann Lee`, not `Anna`.
        let end = text.len() - text.trim_end().len();
        let name = text::name(&text, Name::MAX_CHARS)?;
        let kept: String = text.chars().rev().take(end.min(1)).collect();
        Ok(Self(name + &kept))
    }
}

impl Read<String> for bool {
    fn read(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| "must be true or false".to_owned())
    }
}

impl Read<String> for String {
    fn read(text: String) -> Result<Self, String> {
        Ok(text)
    }
}

impl Read<Json> for String {
    fn read(json: Json) -> Result<Self, String> {
        if let Json::Text(text) = json { Ok(text) } else { Err("must be a string".to_owned()) }
    }
}

/// Null is none. In a patch (RFC 7396) an optional `Option` so tells what is absent, and stays, from what is
/// null, and is cleared.
impl<T: Read<Json>> Read<Json> for Option<T> {
    fn read(json: Json) -> Result<Self, String> {
        if json == Json::Null { Ok(None) } else { T::read(json).map(Some) }
    }
}

impl Read<Json> for Vec<Json> {
    fn read(json: Json) -> Result<Self, String> {
        if let Json::Array(array) = json { Ok(array) } else { Err("must be an array".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_exactly_the_eleven_scores() {
        for half_points in 0..=10 {
            let score = Score::from_points(f64::from(half_points) / 2.0).unwrap();
            assert_eq!(score.half_points(), half_points);
            assert_eq!(Score::from_half_points(half_points), Some(score));
        }
        for wrong in [-0.5, 0.25, 0.4999, 5.5, 2.500_001, 1e300, f64::NAN, f64::INFINITY] {
            assert!(Score::from_points(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Score::from_points(-0.0), Ok(Score(0)));
        assert_eq!(Score::from_half_points(11), None);
    }

    #[test]
    fn takes_scores_and_averages_of_a_query_as_json_writes_numbers() {
        for (text, half_points) in [("0", 0), ("4.5", 9), ("5.0", 10), ("-0", 0), ("45e-1", 9)] {
            assert_eq!(Score::read(text.to_owned()).map(Score::half_points), Ok(half_points), "{text}");
        }
        for wrong in ["", "-", ".5", "5.", "+5", "05", "nan", "inf", "4,5", "0x1", " 1", "5.5", "1.2.3", "1 "]
        {
            assert!(Score::read(wrong.to_owned()).is_err(), "{wrong}");
            assert!(Average::read(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert_eq!(Average::read("3.75".to_owned()), Ok(Average(3.75)));
    }

    #[test]
    fn times_have_six_digits_behind_the_second() {
        let written =
            |micros| time(&Timestamp::from_microsecond(micros).unwrap(), serde_json::value::Serializer);
        assert_eq!(written(900_000).unwrap(), "1970-01-01T00:00:00.900000Z");
        assert_eq!(written(1_000_000).unwrap(), "1970-01-01T00:00:01.000000Z");
    }

    #[test]
    fn takes_limits_from_1_to_1000() {
        for (text, limit) in
            [("1", Some(1)), ("1000", Some(1_000)), ("0", None), ("1001", None), ("-1", None), ("+1", None)]
        {
            assert_eq!(Limit::read(text.to_owned()).ok().map(Limit::get), limit, "{text}");
        }
    }

    #[test]
    fn names_each_id_once_and_refuses_what_is_none() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(Ids::read(format!("{b},{a},{b}")).unwrap().as_slice(), [a, b]);
        let bare = a.simple().to_string();
        for wrong in
            [String::new(), format!("{a},"), "1".to_owned(), bare, vec![a.to_string(); 201].join(",")]
        {
            assert!(Ids::read(wrong).is_err());
        }
    }

    #[test]
    fn the_beginning_of_a_name_may_end_in_the_space_between_two_words() {
        let prefix = |text: &str| NamePrefix::read(text.to_owned()).map(|prefix| prefix.0);
        assert_eq!(prefix("Zoe\u{308}").unwrap(), "Zo\u{eb}");
        assert_eq!(prefix(" Ann ").unwrap(), "Ann ");
        assert!(prefix("").is_err() && prefix(" ").is_err() && prefix("a\0").is_err());
        assert!(prefix(&"x".repeat(201)).is_err());
    }
}

//! JSON as it was sent: the order of members and repeated names are kept, which `serde_json::Value` does not do.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_path_to_error::{Path, Segment};

use crate::error::Error;

/// The longest JSON pointer that a client is told, in octets: names in a body may be as long as the body.
const MAX_POINTER_OCTETS: usize = 500;

/// A value. Numbers are those of IEEE 754, like in most JSON libraries (RFC 8259 §6).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool,
    Number(f64),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Reads one JSON text (RFC 8259): UTF-8 without a byte order mark, at most 127 deep, numbers below 1.8e308.
///
/// # Errors
/// [`Error::MalformedJson`] with line, column and a pointer to the innermost value that was being read.
pub(crate) fn parse(octets: &[u8]) -> Result<Json, Error> {
    let malformed = |error: &serde_json::Error, path: &Path| Error::MalformedJson {
        detail: error.to_string(),
        line: error.line(),
        column: error.column(),
        pointer: pointer_of(path),
    };
    let mut reader = serde_json::Deserializer::from_slice(octets);
    let json: Json = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| malformed(error.inner(), error.path()))?;
    reader.end().map_err(|error| Error::MalformedJson {
        detail: error.to_string(),
        line: error.line(),
        column: error.column(),
        pointer: String::new(),
    })?;
    Ok(json)
}

/// The JSON pointer of a member or an element; that of what holds it when it would be too long to tell.
pub(crate) fn below(pointer: &str, token: &str) -> String {
    let below = format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"));
    if below.len() > MAX_POINTER_OCTETS { pointer.to_owned() } else { below }
}

fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let longer = match segment {
            Segment::Seq { index } => below(&pointer, &index.to_string()),
            Segment::Map { key } => below(&pointer, key),
            Segment::Enum { .. } | Segment::Unknown => break,
        };
        if longer == pointer {
            break;
        }
        pointer = longer;
    }
    pointer
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element()? {
            array.push(element);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (usize, usize, String) {
        match parse(text.as_bytes()) {
            Err(Error::MalformedJson { line, column, pointer, .. }) => (line, column, pointer),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn keeps_order_and_repeated_names() {
        let text = |text: &str| Json::Text(text.to_owned());
        assert_eq!(
            parse(br#"{"b": "x", "a": [1, -0, 5.0, true, null], "b": "\ud83e\udd80"}"#).unwrap(),
            Json::Object(vec![
                ("b".to_owned(), text("x")),
                (
                    "a".to_owned(),
                    Json::Array(vec![
                        Json::Number(1.0),
                        Json::Number(-0.0),
                        Json::Number(5.0),
                        Json::Bool,
                        Json::Null
                    ])
                ),
                ("b".to_owned(), text("🦀")),
            ])
        );
    }

    #[test]
    fn says_where_it_ceases_to_be_json() {
        assert_eq!(refused(""), (1, 0, String::new()));
        assert_eq!(refused("{\"a/b\": [1,\n  2, }"), (2, 6, "/a~1b/2".to_owned()));
        assert_eq!(refused("{} x"), (1, 4, String::new()));
        assert_eq!(refused(r#"{"name": "\ud800"}"#).2, "/name");
        assert_eq!(refused(r#"{"score": 1e400}"#).2, "/score");
        assert_eq!(refused(&format!("{{\"{}\": ?}}", "x".repeat(1_000))).2, "");
    }

    #[test]
    fn reads_127_levels_and_no_more() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(127).as_bytes()).is_ok());
        assert!(parse(nested(128).as_bytes()).is_err());
        assert!(parse(nested(100_000).as_bytes()).is_err());
    }
}

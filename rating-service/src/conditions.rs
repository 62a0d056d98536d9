//! Conditional requests (RFC 9110 §13): who has the current state need not get it again, and who changes it must
//! have seen it.

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, header, request::Parts};
use serde::Serialize;

use crate::{error::Error, reply::ETag};

/// `If-Match` and `If-None-Match` of a request. Nothing here has a date of modification, so the other
/// preconditions are ignored, as §13.1 asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    /// `*`: any state at all.
    Any,
    List(Vec<Tag>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tag {
    is_weak: bool,
    /// With its quotes.
    opaque: Vec<u8>,
}

impl Conditions {
    /// For GET and HEAD: whether the client has this state already, and is to be answered 304.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] when `If-Match` names other states.
    pub(crate) fn is_known(&self, current: &ETag) -> Result<bool, Error> {
        self.check_if_match(Some(current))?;
        Ok(self.if_none_match.as_ref().is_some_and(|tags| tags.match_weakly(current)))
    }

    /// For all other methods: whether the request may be performed in the current state. None means that the
    /// target has no state of its own, like that of a POST: then no tag matches, and neither does `*`.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] when it may not.
    pub(crate) fn permit(&self, current: Option<&ETag>) -> Result<(), Error> {
        self.check_if_match(current)?;
        match (&self.if_none_match, current) {
            (Some(tags), Some(current)) if tags.match_weakly(current) => Err(Error::PreconditionFailed),
            _ => Ok(()),
        }
    }

    /// [`Conditions::permit`] in the state that a client would read.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] when it may not be changed.
    pub(crate) fn permit_change_of<T: Serialize>(&self, current: &T) -> Result<(), Error> {
        if *self == Self::default() { Ok(()) } else { self.permit(Some(&ETag::of_json(current))) }
    }

    fn check_if_match(&self, current: Option<&ETag>) -> Result<(), Error> {
        match (&self.if_match, current) {
            (Some(tags), Some(current)) if !tags.match_strongly(current) => Err(Error::PreconditionFailed),
            (Some(_), None) => Err(Error::PreconditionFailed),
            _ => Ok(()),
        }
    }
}

impl Tags {
    /// Ours are strong, so theirs must be strong too (§8.8.3.2).
    fn match_strongly(&self, current: &ETag) -> bool {
        self.any(|tag| !tag.is_weak && tag.opaque == current.as_bytes())
    }

    fn match_weakly(&self, current: &ETag) -> bool {
        self.any(|tag| tag.opaque == current.as_bytes())
    }

    fn any(&self, matches: impl Fn(&Tag) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags.iter().any(matches),
        }
    }

    /// Reads `*` or a list of entity tags; none if it is neither.
    fn parse(text: &[u8]) -> Option<Self> {
        if text.trim_ascii() == b"*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = text;
        // A recipient ignores empty elements (§5.6.1.2).
        while let Some(start) = rest.iter().position(|octet| !matches!(octet, b' ' | b'\t' | b',')) {
            let (is_weak, tag) = match rest.split_at(start).1 {
                [b'W', b'/', tag @ ..] => (true, tag),
                tag => (false, tag),
            };
            let content = tag.strip_prefix(b"\"")?;
            let length = content.iter().position(|&octet| octet == b'"')?;
            let (opaque, next) = tag.split_at(length + 2);
            if opaque.iter().any(|octet| matches!(octet, 0..=0x20 | 0x7f)) {
                return None;
            }
            rest = next.trim_ascii_start();
            if !rest.is_empty() && !rest.starts_with(b",") {
                return None;
            }
            tags.push(Tag { is_weak, opaque: opaque.to_vec() });
        }
        (!tags.is_empty()).then_some(Self::List(tags))
    }

    fn of_field(fields: &HeaderMap, name: HeaderName) -> Result<Option<Self>, Error> {
        let lines: Vec<_> = fields.get_all(&name).iter().map(|line| line.as_bytes()).collect();
        if lines.is_empty() {
            return Ok(None);
        }
        Self::parse(&lines.join(&b',')).map(Some).ok_or(Error::MalformedCondition(name))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        Ok(Self {
            if_match: Tags::of_field(&parts.headers, header::IF_MATCH)?,
            if_none_match: Tags::of_field(&parts.headers, header::IF_NONE_MATCH)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Vec<(bool, String)>> {
        match Tags::parse(text.as_bytes())? {
            Tags::Any => Some(vec![(false, "*".to_owned())]),
            Tags::List(tags) => {
                let tags = tags.into_iter();
                Some(tags.map(|tag| (tag.is_weak, String::from_utf8(tag.opaque).unwrap())).collect())
            }
        }
    }

    #[test]
    fn reads_lists_of_tags() {
        let tag = |is_weak, opaque: &str| (is_weak, opaque.to_owned());
        assert_eq!(parsed("*"), Some(vec![tag(false, "*")]));
        assert_eq!(parsed(" \"\" "), Some(vec![tag(false, "\"\"")]));
        assert_eq!(
            parsed(",\"a,b\" ,\tW/\"é\\\",, \"c\","),
            Some(vec![tag(false, "\"a,b\""), tag(true, "\"é\\\""), tag(false, "\"c\"")])
        );
        for wrong in [
            "",
            " ",
            ",",
            "a",
            "\"a",
            "a\"",
            "\"a\" \"b\"",
            "w/\"a\"",
            "W/ \"a\"",
            "*, \"a\"",
            "\"a b\"",
            "'a'",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn compares_strongly_for_changes_and_weakly_for_caches() {
        let (ours, other) = (ETag::of(b"ours"), ETag::of(b"other"));
        let text = String::from_utf8(ours.as_bytes().to_vec()).unwrap();
        let tags = |text: String| Some(Tags::parse(text.as_bytes()).unwrap());
        let strong = Conditions { if_match: tags(format!("\"x\", {text}")), if_none_match: None };
        assert!(strong.permit(Some(&ours)).is_ok() && strong.permit(Some(&other)).is_err());
        assert!(strong.permit(None).is_err(), "what has no state matches no tag");
        let weak = Conditions { if_match: tags(format!("W/{text}")), if_none_match: None };
        assert!(weak.permit(Some(&ours)).is_err());
        let cached = Conditions { if_match: None, if_none_match: tags(format!("W/{text}")) };
        assert!(cached.is_known(&ours).unwrap() && !cached.is_known(&other).unwrap());
        assert!(cached.permit(Some(&ours)).is_err() && cached.permit(Some(&other)).is_ok());
        let never = Conditions { if_match: None, if_none_match: Some(Tags::Any) };
        assert!(never.permit(Some(&ours)).is_err() && never.permit(None).is_ok());
    }
}

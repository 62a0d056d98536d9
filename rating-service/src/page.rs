//! Lists in pages: `sort`, `limit`, `cursor`, and the link to the next page.
//!
//! A page begins behind the last item of the one before, not at a number of items: what is added or removed
//! meanwhile moves nothing across the border of two pages. Every order ends with the id, so there are no ties.

pub(crate) mod cursor;
mod fetch;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    db::{query::Value, sort_name},
    error::Error,
    fields::{Limit, NamePrefix},
    members::{FromMembers, Members},
    reply,
};
use cursor::Position;
pub(crate) use fetch::fetch;

/// What is kept in the links of pages: what is unreserved in URIs (RFC 3986 §2.3), and the comma between ids.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// What a list can be sorted by.
#[derive(Debug)]
pub(crate) struct SortKey {
    /// As clients call it.
    pub(crate) name: &'static str,
    /// As the database does.
    pub(crate) column: &'static str,
    pub(crate) kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
    Real,
    Time,
}

/// An order: `name`, or `-name` for the reverse.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sort {
    pub(crate) key: &'static SortKey,
    pub(crate) descending: bool,
}

/// The parameters of a list that choose its items.
pub(crate) trait Filter: FromMembers<String> {
    /// The path of the list.
    const PATH: &'static str;
    /// The order unless told.
    const DEFAULT_SORT: &'static str;
    /// All that it can be sorted by.
    const SORT_KEYS: &'static [SortKey];

    /// What an item must be, in SQL.
    fn conditions(&self) -> Vec<Condition>;

    /// Most items of a page, whatever its limit is.
    fn max_items(&self) -> u32 {
        Limit::MAX
    }
}

/// A part of a `WHERE`.
#[derive(Debug)]
pub(crate) enum Condition {
    /// Such as `score >= `, and the value.
    Value(&'static str, Value),
    /// The id is one of these.
    IdIn(Vec<Uuid>),
}

/// That the name begins with this, in any case: a range of what names are sorted by.
pub(crate) fn name_begins_with(prefix: Option<&NamePrefix>) -> Vec<Condition> {
    let Some(prefix) = prefix.map(|prefix| sort_name(prefix.as_str())) else { return Vec::new() };
    let end = behind_all(&prefix).map(|end| Condition::Value("sort_name < ", Value::Text(Some(end))));
    let begin = Condition::Value("sort_name >= ", Value::Text(Some(prefix)));
    [Some(begin), end].into_iter().flatten().collect()
}

/// The first text behind all that begin with this one, by code points and so by the octets of UTF-8.
fn behind_all(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // Surrogates are no characters, and skipped.
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// The query of a list.
#[derive(Debug)]
pub(crate) struct ListQuery<F> {
    pub(crate) filter: F,
    sort: Sort,
    limit: Limit,
    /// Behind which item the page begins.
    after: Option<Position>,
    /// All parameters but the cursor, as they were sent.
    given: Vec<(String, String)>,
}

/// One page of a list: `{"items": […], "nextCursor": …}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// For the parameter `cursor` of the next page; null at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

impl Sort {
    fn parse(text: &str, keys: &'static [SortKey]) -> Option<Self> {
        let name = text.strip_prefix('-');
        let key = keys.iter().find(|key| key.name == name.unwrap_or(text))?;
        Some(Self { key, descending: name.is_some() })
    }

    /// `must be one of …`.
    fn advice(keys: &[SortKey]) -> String {
        let names: Vec<_> = keys.iter().map(|key| format!("{0}, -{0}", key.name)).collect();
        format!("must be one of {}", names.join(", "))
    }
}

impl<F: Filter> FromMembers<String> for ListQuery<F> {
    fn from_members(members: &mut Members<String>) -> Option<Self> {
        let mut given = members.left();
        given.retain(|(name, _)| name != "cursor");
        let sort: Option<String> = members.optional("sort");
        let sort = Sort::parse(sort.as_deref().unwrap_or(F::DEFAULT_SORT), F::SORT_KEYS);
        if sort.is_none() {
            members.fault("sort", &Sort::advice(F::SORT_KEYS));
        }
        let limit = members.optional("limit").unwrap_or_default();
        let cursor: Option<String> = members.optional("cursor");
        let filter = F::from_members(members);
        let (sort, filter) = (sort?, filter?);
        let scope = cursor::scope(F::PATH, sort, &given);
        let after = match cursor.map(|cursor| Position::decode(&cursor, &scope, sort.key.kind)) {
            Some(Err(detail)) => {
                members.fault("cursor", detail);
                return None;
            }
            Some(Ok(position)) => Some(position),
            None => None,
        };
        Some(Self { filter, sort, limit, after, given })
    }
}

impl<F: Filter> ListQuery<F> {
    /// The answer: 200, or 304 when the client has this page already, with links (RFC 8288) to the next page,
    /// and from any but the first to the first.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] when `If-Match` names other states.
    pub(crate) fn answer<T: Serialize>(
        &self,
        page: &Page<T>,
        conditions: &Conditions,
    ) -> Result<Response, Error> {
        let mut response = reply::shown(page, conditions)?;
        let first = self.after.is_some().then(|| self.link("first", None));
        let next = page.next_cursor.as_deref().map(|cursor| self.link("next", Some(cursor)));
        let links: Vec<_> = [first, next].into_iter().flatten().collect();
        // All in it is escaped; were it not, the cursor would still be in the body.
        // A 304 tells nothing but what caches need to know (RFC 9110 §15.4.5).
        if let Ok(links) = HeaderValue::from_str(&links.join(", "))
            && !links.is_empty()
            && response.status() == StatusCode::OK
        {
            response.headers_mut().insert(header::LINK, links);
        }
        Ok(response)
    }

    fn link(&self, rel: &str, cursor: Option<&str>) -> String {
        let escape = |text| utf8_percent_encode(text, ESCAPED);
        let given = self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let parameters = given.chain(cursor.map(|cursor| ("cursor", cursor)));
        let parameters: Vec<_> =
            parameters.map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        format!("<{}{mark}{}>; rel=\"{rel}\"", F::PATH, parameters.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_begins_with_a_text_lies_between_it_and_its_end(prefix in ".{1,4}", other in ".{0,6}") {
            let end = behind_all(&prefix);
            for text in [format!("{prefix}{other}"), other] {
                let is_between = text >= prefix && end.as_ref().is_none_or(|end| text < *end);
                prop_assert_eq!(is_between, text.starts_with(&prefix), "{:?}", end);
            }
        }
    }

    #[test]
    fn the_last_character_has_nothing_behind_it() {
        assert_eq!(behind_all("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(behind_all("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(behind_all("\u{10ffff}"), None);
    }
}

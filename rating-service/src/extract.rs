//! Extractors whose refusals are problems, with all faults at once.

use std::borrow::Cow;

use axum::{
    RequestPartsExt as _,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Path, Request},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::{
    error::Error,
    fault::{Fault, Faults},
    fields::parse_id,
    json::{self, Json},
    members::{FromMembers, Members, object},
};

/// The largest body, in octets. The answer to a batch repeats it with ids and times, and must fit into what the
/// platform carries inline: 512 KiB.
pub(crate) const MAX_BODY_OCTETS: usize = 448 * 1024;

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const MERGE_PATCH: &str = "application/merge-patch+json";
/// What a PATCH may be: all patches here are merge patches (RFC 7396).
pub(crate) const PATCH_TYPES: HeaderValue =
    HeaderValue::from_static("application/merge-patch+json, application/json");

/// The id in a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> OptionalFromRequestParts<S> for Id {
    type Rejection = Error;

    /// None when the text is no id: then nothing has it.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Error> {
        let Ok(Path(text)) = parts.extract::<Path<String>>().await else { return Ok(None) };
        Ok(parse_id(&text).map(Self))
    }
}

/// A query string.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromMembers<String>, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut faults = Vec::new();
        let parameters = parameters(parts.uri.query().unwrap_or_default());
        let query = Members::of_query(parameters).read(&mut faults);
        query.map(Self).ok_or_else(|| Error::InvalidQuery(faults.into()))
    }
}

/// The parameters of a query in the form of HTML's forms, `a=1&b=2`; without a value where it is not UTF-8.
fn parameters(query: &str) -> Vec<(String, Option<String>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let read = pairs.map(|pair| {
        let pair = pair.replace('+', " ");
        let (name, value) = pair.split_once('=').unwrap_or((&pair, ""));
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        (name, percent_decode_str(value).decode_utf8().ok().map(Cow::into_owned))
    });
    read.collect()
}

/// What can be read from a JSON body.
pub(crate) trait FromBody: Sized {
    /// None only if something is wrong, which is then among the faults.
    fn from_body(json: Json, faults: &mut Vec<Fault>) -> Option<Self>;
}

impl<T: FromMembers<Json>> FromBody for T {
    fn from_body(json: Json, faults: &mut Vec<Fault>) -> Option<Self> {
        object(json, "", faults)
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: FromBody, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        check_type(request.headers(), request.method() == Method::PATCH)?;
        let octets = read(request, state).await?;
        let mut faults = Vec::new();
        let body = T::from_body(json::parse(&octets)?, &mut faults);
        body.filter(|_| faults.is_empty()).map(Self).ok_or_else(|| Error::InvalidBody(Faults::from(faults)))
    }
}

/// A CSV body, in octets.
#[derive(Debug)]
pub(crate) struct Csv(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Csv {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        check_csv_type(request.headers())?;
        read(request, state).await.map(Self)
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Error> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Error::BodyTooLarge(MAX_BODY_OCTETS)
        } else {
            Error::UnreadableBody(rejection.body_text())
        }
    })
}

/// Refuses bodies that are not said to be plain JSON; parameters of the type have no meaning (RFC 8259 §11).
fn check_type(fields: &HeaderMap, is_patch: bool) -> Result<(), Error> {
    let (essence, _) = media_type(fields);
    if essence != JSON && !(is_patch && essence == MERGE_PATCH) {
        let accepted = if is_patch { PATCH_TYPES } else { HeaderValue::from_static(JSON) };
        return Err(Error::UnsupportedMediaType { accepted, is_patch });
    }
    check_coding(fields)
}

/// Refuses bodies that are not said to be plain CSV (RFC 7111), or to be another charset than the one that is read.
fn check_csv_type(fields: &HeaderMap) -> Result<(), Error> {
    let (essence, parameters) = media_type(fields);
    let mut parameters = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let is_other = parameters.any(|(name, value)| {
        name.trim() == "charset" && !["utf-8", "us-ascii"].contains(&value.trim().trim_matches('"'))
    });
    if essence != CSV || is_other {
        let accepted = HeaderValue::from_static("text/csv; charset=utf-8");
        return Err(Error::UnsupportedMediaType { accepted, is_patch: false });
    }
    check_coding(fields)
}

/// What a body is said to be, and the parameters of that, in lower case; empty if that is not said once.
fn media_type(fields: &HeaderMap) -> (String, String) {
    let mut lines = fields.get_all(header::CONTENT_TYPE).iter();
    match (lines.next().map(HeaderValue::to_str), lines.next()) {
        (Some(Ok(line)), None) => {
            let line = line.to_ascii_lowercase();
            let (essence, parameters) = line.split_once(';').unwrap_or((&line, ""));
            (essence.trim().to_owned(), parameters.to_owned())
        }
        _ => (String::new(), String::new()),
    }
}

fn check_coding(fields: &HeaderMap) -> Result<(), Error> {
    let mut codings = fields.get_all(header::CONTENT_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Error::UnsupportedContentEncoding);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_json_by_its_media_type() {
        let is = |value: &'static str, is_patch| {
            let line = (header::CONTENT_TYPE, HeaderValue::from_static(value));
            check_type(&HeaderMap::from_iter([line]), is_patch).is_ok()
        };
        for json in ["application/json", "Application/JSON; charset=latin1", "application/json ;x"] {
            assert!(is(json, false) && is(json, true), "{json}");
        }
        assert!(is("application/merge-patch+json", true) && !is("application/merge-patch+json", false));
        for other in
            ["", "text/plain", "text/json", "application/jsonp", "application/json-patch+json", "json"]
        {
            assert!(!is(other, false) && !is(other, true), "{other}");
        }
        assert!(check_type(&HeaderMap::new(), false).is_err());
        let mut fields = HeaderMap::new();
        fields.append(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        fields.append(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        assert!(check_type(&fields, false).is_err());
    }

    #[test]
    fn knows_csv_by_its_media_type_and_takes_no_other_charset() {
        let is = |value: &'static str| {
            let line = (header::CONTENT_TYPE, HeaderValue::from_static(value));
            check_csv_type(&HeaderMap::from_iter([line])).is_ok()
        };
        for csv in ["text/csv", "Text/CSV;charset=UTF-8", "text/csv; header=present; charset=\"utf-8\""] {
            assert!(is(csv), "{csv}");
        }
        for other in ["", "text/plain", "application/csv", "text/csv; charset=windows-1252", "text/csvx"] {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn reads_parameters_as_forms_send_them() {
        let read = parameters("name=Zo%C3%AB+%2B1&&flag&x=%zz&=5&bad=%ff");
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let bad = ("bad".to_owned(), None);
        assert_eq!(read, [pair("name", "Zoë +1"), pair("flag", ""), pair("x", "%zz"), pair("", "5"), bad]);
    }
}

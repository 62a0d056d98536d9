//! Extractors whose refusals are problems.

use axum::{
    RequestPartsExt as _,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Path, Query as AxumQuery, Request},
};
use http::{HeaderMap, header, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use uuid::Uuid;

use crate::error::Error;

/// The largest body, in octets: above what the platform carries inline.
pub(crate) const MAX_BODY_OCTETS: usize = 1 << 20;

/// The id in a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> OptionalFromRequestParts<S> for Id {
    type Rejection = Error;

    /// None when the text is no id: then nothing has it. Only the usual form counts, so that each thing has
    /// one path (`Uuid` itself also reads braces, URNs and bare digits).
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Error> {
        let Ok(Path(text)) = parts.extract::<Path<String>>().await else { return Ok(None) };
        Ok(Uuid::try_parse(&text).ok().filter(|id| id.to_string().eq_ignore_ascii_case(&text)).map(Self))
    }
}

/// A query string.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match AxumQuery::<T>::from_request_parts(parts, state).await {
            Ok(AxumQuery(query)) => Ok(Self(query)),
            Err(rejection) => {
                let cause = std::error::Error::source(&rejection);
                Err(Error::InvalidQuery(cause.map_or_else(|| rejection.body_text(), ToString::to_string)))
            }
        }
    }
}

/// A JSON body that is not yet looked at.
#[derive(Debug)]
pub(crate) struct Json(pub(crate) Value);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(Error::UnsupportedMediaType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
                Error::BodyTooLarge(MAX_BODY_OCTETS)
            } else {
                Error::UnreadableBody(rejection.body_text())
            }
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| Error::MalformedJson(error.to_string()))
    }
}

/// A JSON body that is one object, a `T`.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let Json(value) = Json::from_request(request, state).await?;
        object(value, "").map(Self)
    }
}

/// Reads a `T` from the JSON object at `pointer` of a body.
///
/// # Errors
/// When it is no object, or not what a `T` must be; the pointer goes as far down as is known.
pub(crate) fn object<T: DeserializeOwned>(value: Value, pointer: &str) -> Result<T, Error> {
    // Without this, serde would take an array for the fields in their order.
    if !value.is_object() {
        let detail = "must be a JSON object".to_owned();
        return Err(Error::InvalidBody { pointer: pointer.to_owned(), detail });
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let below: String = error.path().iter().map(token).collect();
        Error::InvalidBody { pointer: format!("{pointer}{below}"), detail: error.into_inner().to_string() }
    })
}

/// One step of a JSON pointer (RFC 6901 §3).
fn token(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

/// `application/json`, or a type that ends with `+json` such as `application/merge-patch+json` (RFC 7396).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || (subtype.ends_with("+json") && subtype != "+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_json_by_its_media_type() {
        let is = |value: &'static str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, http::HeaderValue::from_static(value))]))
        };
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert!(is(json), "{json}");
        }
        for other in ["", "text/plain", "text/json", "application/jsonp", "application/+json", "json"] {
            assert!(!is(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}

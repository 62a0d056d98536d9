//! Forms of answer that all nouns share. Those of writes have their body at hand, for the inbox keeps them.

use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{
    conditions::Conditions,
    error::{ACCEPT_PATCH, Error},
    extract::PATCH_TYPES,
};

/// Several objects that were made at once: `{"items": […]}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Items<T> {
    pub(crate) items: Vec<T>,
}

/// A strong entity tag (RFC 9110 §8.8.3): 128 bits of the body's SHA-256, so that it changes whenever the body
/// does, whatever that was made of, and is the same from every instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ETag(String);

impl ETag {
    pub(crate) fn of(body: &[u8]) -> Self {
        let hash = Sha256::digest(body);
        let head = hash.first_chunk::<16>().copied().unwrap_or_default();
        Self(format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(head)))
    }

    /// The tag of what a client would read.
    pub(crate) fn of_json<T: Serialize>(value: &T) -> Self {
        Self::of(&to_json(value))
    }

    /// With its quotes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The answer to GET and HEAD: 200, or 304 when the client has it already. Caches may keep it, but must ask
/// each time whether it is still so.
///
/// # Errors
/// [`Error::PreconditionFailed`] when `If-Match` names other states.
pub(crate) fn shown<T: Serialize>(value: &T, conditions: &Conditions) -> Result<Response<Body>, Error> {
    let body = to_json(value);
    let etag = ETag::of(&body);
    let is_known = conditions.is_known(&etag)?;
    let length = body.len();
    let mut response = with_tag(StatusCode::OK, body, &etag);
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if is_known {
        // The length is that of the 200 (RFC 9110 §8.6); a length of 0 would be made up otherwise.
        fields.insert(header::CONTENT_LENGTH, length.into());
        fields.remove(header::CONTENT_TYPE);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Bytes::new();
    }
    Ok(response.map(Body::from))
}

/// 200 with what PATCH has made of an object.
pub(crate) fn changed<T: Serialize>(value: &T) -> Response<Bytes> {
    let body = to_json(value);
    let etag = ETag::of(&body);
    with_tag(StatusCode::OK, body, &etag)
}

/// 200 with what was done.
pub(crate) fn done<T: Serialize>(value: &T) -> Response<Bytes> {
    json(StatusCode::OK, to_json(value))
}

/// 201 with the new object, and `Location` with its path as this service sees it: the proxy puts the prefix
/// that it stripped back before it.
pub(crate) fn created<T: Serialize>(path: &str, value: &T) -> Response<Bytes> {
    let body = to_json(value);
    let etag = ETag::of(&body);
    located(path, with_tag(StatusCode::CREATED, body, &etag))
}

/// 201 with several new objects, and `Location` with a list of exactly them.
pub(crate) fn created_several<T: Serialize>(path: &str, items: &[T]) -> Response<Bytes> {
    let items = items.iter().collect();
    located(path, json(StatusCode::CREATED, to_json(&Items { items })))
}

/// 204: it is gone.
pub(crate) fn no_content() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// 204 with what is possible here (RFC 9110 §9.3.7).
pub(crate) fn options(allow: HeaderValue) -> Response<Body> {
    let mut response = no_content().map(Body::from);
    let fields = response.headers_mut();
    if allow.as_bytes().windows(5).any(|octets| octets == Method::PATCH.as_str().as_bytes()) {
        fields.insert(ACCEPT_PATCH, PATCH_TYPES);
    }
    fields.insert(header::ALLOW, allow);
    response
}

/// A value as JSON. What the models hold, texts, numbers and times, always serializes; were it not so, an empty
/// body would be the honest answer.
fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn json(status: StatusCode, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn with_tag(status: StatusCode, body: Vec<u8>, etag: &ETag) -> Response<Bytes> {
    let mut response = json(status, body);
    // Base64 in quotes is always a field value.
    if let Ok(etag) = HeaderValue::from_bytes(etag.as_bytes()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn located(path: &str, mut response: Response<Bytes>) -> Response<Bytes> {
    // A path of ids is always a field value; were it not, the ids would still be in the body.
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

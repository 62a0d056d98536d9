//! Forms of answer that all nouns share.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A list: `{"items": […]}`.
#[derive(Debug, Serialize)]
pub(crate) struct Items<T> {
    pub(crate) items: Vec<T>,
}

/// 201 with the new object, and `Location` with its path as this service sees it: the proxy puts the prefix
/// that it stripped back before it.
pub(crate) fn created<T: Serialize>(path: &str, body: &T) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    // A path of ids is always a field value; were it not, the ids would still be in the body.
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

//! Error answers: `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;
use serde_json::{Map, Value};

/// The media type of every error body.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The name space of the `type` member: `urn:uptake:problem:<slug>`. The slugs are stable; the texts are not.
pub const TYPE_PREFIX: &str = "urn:uptake:problem:";

/// One problem: what a client gets instead of the answer it asked for.
///
/// ```
/// use http::StatusCode;
/// use uptake::problem::Problem;
///
/// let problem = Problem::new(StatusCode::CONFLICT, "rating-exists", "This user has rated this service already")
///     .detail("PATCH the existing rating instead")
///     .with("ratingId", "0190…");
/// assert_eq!(problem.into_response().status(), StatusCode::CONFLICT);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// `urn:uptake:problem:` and the slug that programs match on.
    #[serde(rename = "type")]
    type_uri: Cow<'static, str>,
    /// One line for people; the same for every problem of this type.
    title: Cow<'static, str>,
    /// The HTTP status, repeated in the body as the RFC proposes.
    #[serde(serialize_with = "status_as_number")]
    status: StatusCode,
    /// What went wrong this time and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Extension members, such as `requestId` or `errors`.
    #[serde(flatten)]
    extensions: Map<String, Value>,
}

fn status_as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem with a stable `slug` (lower case, hyphens) and a `title` for people.
    #[must_use]
    pub fn new(status: StatusCode, slug: &str, title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            type_uri: Cow::Owned(format!("{TYPE_PREFIX}{slug}")),
            title: title.into(),
            status,
            detail: None,
            extensions: Map::new(),
        }
    }

    /// Adds what went wrong this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds an extension member (RFC 9457 §3.2).
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// The HTTP status of this problem.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The last part of the `type` member.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.type_uri.strip_prefix(TYPE_PREFIX).unwrap_or(&self.type_uri)
    }

    /// The whole HTTP answer: status, media type, JSON body.
    #[must_use]
    pub fn into_response(self) -> Response<Full<Bytes>> {
        // A map with string keys and finite values always serializes; an empty body is the honest fallback.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
        response
    }
}

//! What can go wrong, and what the client sees of it.

use std::fmt;

use axum::{body::Body, response::IntoResponse};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::json;
use uptake::{problem::Problem, telemetry::causes};
use uuid::Uuid;

use crate::fault::Faults;

/// The media types of patches that are taken (RFC 5789 §3.1).
pub(crate) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Seconds after which a client that was refused because the database is busy may come back.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// The kinds of things that this service keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Who rates.
    User,
    /// What is rated.
    Service,
    /// One user's opinion of one service.
    Rating,
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Service => "service",
            Self::Rating => "rating",
        })
    }
}

/// A rating that is in the way of a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// JSON pointer (RFC 6901) to the refused rating in the body; empty when it is the body.
    pub pointer: String,
    /// The rating of the same service by the same user.
    pub rating_id: Uuid,
}

/// Why a request failed. The variants tell the status and the slug of the problem.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400 `malformed-json`: the body is not JSON, or uses more of it than is read: see `docs/problems.md`.
    #[error("{detail}")]
    MalformedJson {
        /// What was met.
        detail: String,
        /// Where: counted from 1.
        line: usize,
        /// In octets, counted from 1; 0 before the first.
        column: usize,
        /// JSON pointer to the innermost value that was being read.
        pointer: String,
    },
    /// 400 `malformed-condition`: a precondition is no list of entity tags (RFC 9110 §13.1).
    #[error("{0} must be * or a list of entity tags in double quotes")]
    MalformedCondition(HeaderName),
    /// 404 `not-found`: nothing is at this path.
    #[error("nothing is at this path")]
    NoSuchPath,
    /// 404 `user-not-found`, `service-not-found`, `rating-not-found`.
    #[error("no {0} has this id")]
    NotFound(Noun),
    /// 405 `method-not-allowed`; the field `Allow` tells what is.
    #[error("the field Allow tells which methods are possible here")]
    MethodNotAllowed,
    /// 409 `rating-exists`, with all that are in the way.
    #[error("PATCH that rating instead")]
    RatingExists(Vec<Conflict>),
    /// 400 `unreadable-body`: the body ended before its announced length.
    #[error("the body cannot be read: {0}")]
    UnreadableBody(String),
    /// 412 `precondition-failed`: `If-Match` or `If-None-Match` forbids it. Nothing was done.
    #[error("it is not, or no more, what If-Match or If-None-Match asks for; GET it again")]
    PreconditionFailed,
    /// 413 `body-too-large`.
    #[error("the body has more than {0} octets")]
    BodyTooLarge(usize),
    /// 415 `unsupported-media-type`, with `Accept`, and `Accept-Patch` for a PATCH.
    #[error("the body must be {}", accepted.to_str().unwrap_or_default())]
    UnsupportedMediaType {
        /// What is taken here.
        accepted: HeaderValue,
        /// Whether it was a PATCH.
        is_patch: bool,
    },
    /// 415 `unsupported-content-encoding`, with `Accept-Encoding`: the body is compressed.
    #[error("the body must not be encoded")]
    UnsupportedContentEncoding,
    /// 422 `invalid-body`: JSON, but not what it must be.
    #[error("{}", .0.summary())]
    InvalidBody(Faults),
    /// 422 `invalid-csv`: the file is no CSV, or has other columns than it must.
    #[error("{detail}")]
    InvalidCsv {
        /// What was met, or is to be done.
        detail: String,
        /// The line of the file, counted from 1.
        line: usize,
    },
    /// 422 `invalid-query`: parameters are missing, wrong, unknown or repeated.
    #[error("{}", .0.summary())]
    InvalidQuery(Faults),
    /// 422 `unknown-reference`: the body refers to users or services that are not there.
    #[error("{}", .0.summary())]
    UnknownReference(Faults),
    /// 503 `database-busy`, with `Retry-After`: the turn did not come in time, somebody else was in the way, or
    /// the server does not answer at the moment. Nothing was done.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// 504 `outcome-unknown`: the connection to the database broke while the change was being committed; or the platform
    /// repeats the request, and the database cannot tell at the moment what became of it before.
    #[error("it is unknown whether the change was committed")]
    OutcomeUnknown(#[source] sqlx::Error),
    /// 500 `internal`: the database failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if crate::db::is_passing(&error) { Self::Busy(error) } else { Self::Database(error) }
    }
}

impl Error {
    /// The failure of a request that may have been executed before: it does not say that nothing was done.
    pub(crate) fn unknown(self) -> Self {
        match self {
            Self::Busy(error) | Self::Database(error) => Self::OutcomeUnknown(error),
            other => other,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MalformedJson { .. } | Self::MalformedCondition(_) | Self::UnreadableBody(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::NoSuchPath | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RatingExists(_) => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } | Self::UnsupportedContentEncoding => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::InvalidBody(_)
            | Self::InvalidCsv { .. }
            | Self::InvalidQuery(_)
            | Self::UnknownReference(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::OutcomeUnknown(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The slug that programs match on, and the title for people.
    fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::MalformedJson { .. } => ("malformed-json", "The body is not JSON"),
            Self::MalformedCondition(_) => ("malformed-condition", "A precondition could not be read"),
            Self::UnreadableBody(_) => ("unreadable-body", "The body could not be read"),
            Self::NoSuchPath => ("not-found", "Nothing is at this path"),
            Self::NotFound(Noun::User) => ("user-not-found", "There is no such user"),
            Self::NotFound(Noun::Service) => ("service-not-found", "There is no such service"),
            Self::NotFound(Noun::Rating) => ("rating-not-found", "There is no such rating"),
            Self::MethodNotAllowed => ("method-not-allowed", "This method is not possible here"),
            Self::RatingExists(_) => ("rating-exists", "This user has rated this service already"),
            Self::PreconditionFailed => ("precondition-failed", "It has changed meanwhile"),
            Self::BodyTooLarge(_) => ("body-too-large", "The body is too large"),
            Self::UnsupportedMediaType { .. } => {
                ("unsupported-media-type", "The body is of the wrong media type")
            }
            Self::UnsupportedContentEncoding => ("unsupported-content-encoding", "The body is encoded"),
            Self::InvalidBody(_) => ("invalid-body", "The body is not what it must be"),
            Self::InvalidCsv { .. } => ("invalid-csv", "The file cannot be imported"),
            Self::InvalidQuery(_) => ("invalid-query", "The query is not what it must be"),
            Self::UnknownReference(_) => ("unknown-reference", "The body refers to what is not there"),
            Self::Busy(_) => ("database-busy", "The database is busy"),
            Self::OutcomeUnknown(_) => ("outcome-unknown", "Nobody knows whether it was done"),
            Self::Database(_) => ("internal", "Something went wrong in the service"),
        }
    }

    /// What the client gets. The texts of the database never get here: they are for the log.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (slug, title) = self.kind();
        let problem = Problem::new(self.status(), slug, title);
        match self {
            Self::Database(_) => problem,
            Self::Busy(_) => problem.detail("Nothing was done; try again"),
            Self::OutcomeUnknown(_) => problem.detail(
                "The database cannot tell at the moment. Look whether it took effect before you repeat",
            ),
            Self::MalformedJson { detail, line, column, pointer } => problem
                .detail(detail.as_str())
                .with("line", *line)
                .with("column", *column)
                .with("pointer", pointer.as_str()),
            Self::InvalidCsv { detail, line } => problem.detail(detail.as_str()).with("line", *line),
            Self::RatingExists(conflicts) => {
                let errors = conflicts.iter().map(|Conflict { pointer, rating_id }| {
                    json!({"pointer": pointer, "detail": "has been rated by this user", "ratingId": rating_id})
                });
                problem.detail(self.to_string()).with("errors", errors.collect::<Vec<_>>())
            }
            Self::InvalidBody(faults) | Self::InvalidQuery(faults) | Self::UnknownReference(faults) => {
                problem.detail(self.to_string()).with("errors", json!(faults.told()))
            }
            Self::MalformedCondition(_)
            | Self::UnreadableBody(_)
            | Self::NoSuchPath
            | Self::NotFound(_)
            | Self::MethodNotAllowed
            | Self::PreconditionFailed
            | Self::BodyTooLarge(_)
            | Self::UnsupportedMediaType { .. }
            | Self::UnsupportedContentEncoding => problem.detail(self.to_string()),
        }
    }

    /// The fields that tell the client what to do instead.
    fn add_fields(&self, fields: &mut HeaderMap) {
        // Else a cache could keep a 404 (RFC 9111 §4.2.2), and show it when the thing is there.
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Busy(_) => {
                fields.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            Self::UnsupportedMediaType { accepted, is_patch } => {
                fields.insert(header::ACCEPT, accepted.clone());
                if *is_patch {
                    fields.insert(ACCEPT_PATCH, accepted.clone());
                }
            }
            Self::UnsupportedContentEncoding => {
                fields.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            }
            _ => {}
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response<Body> {
        if self.status().is_server_error() {
            tracing::error!(status = self.status().as_u16(), error = causes(&self), "request failed");
        }
        let mut response = self.problem().into_response().map(Body::new);
        self.add_fields(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_log_the_cause_and_the_client_nothing_of_it() {
        let error = Error::from(sqlx::Error::Protocol("near \"SELEC\": syntax error".to_owned()));
        assert!(causes(&error).starts_with("the database failed: "), "{}", causes(&error));
        assert!(causes(&error).contains("SELEC"), "{}", causes(&error));
        let body = serde_json::to_string(&error.problem()).unwrap();
        assert!(!body.contains("SELEC"), "{body}");
    }

    #[test]
    fn a_pool_without_a_free_connection_is_busy_and_says_when_to_come_back() {
        let response = Error::from(sqlx::Error::PoolTimedOut).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}

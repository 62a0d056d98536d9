//! What can go wrong, and what the client sees of it.

use std::{error::Error as _, fmt};

use axum::{body::Body, response::IntoResponse};
use http::{HeaderValue, Response, StatusCode, header};
use uptake::problem::Problem;
use uuid::Uuid;

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

/// Why a request failed. The variants tell the status and the slug of the problem.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400 `malformed-json`: the body is not JSON.
    #[error("the body is not JSON: {0}")]
    MalformedJson(String),
    /// 404 `not-found`: nothing is at this path.
    #[error("nothing is at this path")]
    NoSuchPath,
    /// 404 `user-not-found`, `service-not-found`, `rating-not-found`.
    #[error("no {0} has this id")]
    NotFound(Noun),
    /// 405 `method-not-allowed`; the field `Allow` tells what is.
    #[error("the field Allow tells which methods are possible here")]
    MethodNotAllowed,
    /// 409 `rating-exists`, with its `ratingId`, and the `pointer` to the item where there are several.
    #[error("PATCH that rating instead")]
    RatingExists {
        /// The rating that is in the way.
        id: Uuid,
        /// JSON pointer (RFC 6901) to the refused rating in the body; empty when it is the body.
        pointer: String,
    },
    /// 400 `unreadable-body`: the body ended before its announced length.
    #[error("the body cannot be read: {0}")]
    UnreadableBody(String),
    /// 413 `body-too-large`.
    #[error("the body has more than {0} octets")]
    BodyTooLarge(usize),
    /// 415 `unsupported-media-type`.
    #[error("the body must be application/json")]
    UnsupportedMediaType,
    /// 422 `invalid-body`: JSON, but not what it must be; `pointer` (RFC 6901) tells where.
    #[error("{detail}")]
    InvalidBody {
        /// JSON pointer to what is wrong; empty for the body itself.
        pointer: String,
        /// What is wrong with it.
        detail: String,
    },
    /// 422 `invalid-query`: a query parameter is missing or wrong.
    #[error("{0}")]
    InvalidQuery(String),
    /// 422 `unknown-user`, `unknown-service`: the body refers to something that is not there.
    #[error("no {noun} has this id")]
    UnknownReference {
        /// What is not there.
        noun: Noun,
        /// JSON pointer to the reference.
        pointer: String,
    },
    /// 503 `database-busy`, with `Retry-After`: the turn did not come in time. Nothing was done.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// 500 `internal`: the database failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if crate::db::is_busy(&error) { Self::Busy(error) } else { Self::Database(error) }
    }
}

impl Error {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MalformedJson(_) | Self::UnreadableBody(_) => StatusCode::BAD_REQUEST,
            Self::NoSuchPath | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RatingExists { .. } => StatusCode::CONFLICT,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidBody { .. } | Self::InvalidQuery(_) | Self::UnknownReference { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The slug that programs match on, and the title for people.
    fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::MalformedJson(_) => ("malformed-json", "The body is not JSON"),
            Self::UnreadableBody(_) => ("unreadable-body", "The body could not be read"),
            Self::NoSuchPath => ("not-found", "Nothing is at this path"),
            Self::NotFound(Noun::User) => ("user-not-found", "There is no such user"),
            Self::NotFound(Noun::Service) => ("service-not-found", "There is no such service"),
            Self::NotFound(Noun::Rating) => ("rating-not-found", "There is no such rating"),
            Self::MethodNotAllowed => ("method-not-allowed", "This method is not possible here"),
            Self::RatingExists { .. } => ("rating-exists", "This user has rated this service already"),
            Self::BodyTooLarge(_) => ("body-too-large", "The body is too large"),
            Self::UnsupportedMediaType => ("unsupported-media-type", "The body is of the wrong media type"),
            Self::InvalidBody { .. } => ("invalid-body", "The body is not what it must be"),
            Self::InvalidQuery(_) => ("invalid-query", "The query is not what it must be"),
            Self::UnknownReference { noun: Noun::User, .. } => ("unknown-user", "The user is not there"),
            Self::UnknownReference { noun: Noun::Service, .. } => {
                ("unknown-service", "The service is not there")
            }
            Self::UnknownReference { noun: Noun::Rating, .. } => {
                ("unknown-rating", "The rating is not there")
            }
            Self::Busy(_) => ("database-busy", "The database is busy"),
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
            Self::RatingExists { id, pointer } => {
                let problem = problem.detail(self.to_string()).with("ratingId", id.to_string());
                if pointer.is_empty() { problem } else { problem.with("pointer", pointer.as_str()) }
            }
            Self::InvalidBody { pointer, .. } | Self::UnknownReference { pointer, .. } => {
                problem.detail(self.to_string()).with("pointer", pointer.as_str())
            }
            Self::MalformedJson(_)
            | Self::UnreadableBody(_)
            | Self::NoSuchPath
            | Self::NotFound(_)
            | Self::MethodNotAllowed
            | Self::BodyTooLarge(_)
            | Self::UnsupportedMediaType
            | Self::InvalidQuery(_) => problem.detail(self.to_string()),
        }
    }

    /// The error and its causes, for the log.
    fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response<Body> {
        if self.status().is_server_error() {
            tracing::error!(status = self.status().as_u16(), error = self.chain(), "request failed");
        }
        let mut response = self.problem().into_response().map(Body::new);
        if matches!(self, Self::Busy(_)) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_log_the_cause_and_the_client_nothing_of_it() {
        let error = Error::from(sqlx::Error::Protocol("near \"SELEC\": syntax error".to_owned()));
        assert!(error.chain().starts_with("the database failed: "), "{}", error.chain());
        assert!(error.chain().contains("SELEC"), "{}", error.chain());
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

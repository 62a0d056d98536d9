//! What operators read when something goes wrong. docs/operations.md has the list.

use http::StatusCode;
use uptake::{job::OperatorError, problem::Problem};

use super::query::BadQuery;

/// Why a request of an operator was not fulfilled.
#[derive(Debug)]
pub(super) enum Refusal {
    Operator(OperatorError),
    BadQuery(BadQuery),
}

impl From<OperatorError> for Refusal {
    fn from(error: OperatorError) -> Self {
        Self::Operator(error)
    }
}

impl From<BadQuery> for Refusal {
    fn from(bad: BadQuery) -> Self {
        Self::BadQuery(bad)
    }
}

impl Refusal {
    pub(super) fn problem(&self) -> Problem {
        match self {
            Self::Operator(error) => of_operator(error).detail(error.to_string()),
            Self::BadQuery(detail) => {
                Problem::new(StatusCode::BAD_REQUEST, "bad-query", "Bad query").detail(detail)
            }
        }
    }
}

fn of_operator(error: &OperatorError) -> Problem {
    let (status, slug, title) = match error {
        OperatorError::NoDeadLetters { .. } => {
            (StatusCode::NOT_FOUND, "no-dead-letters", "There is no stream of dead letters")
        }
        OperatorError::NoJobs { .. } => (StatusCode::NOT_FOUND, "no-jobs", "There is no bucket of jobs"),
        OperatorError::NoDeadLetter { .. } => {
            (StatusCode::NOT_FOUND, "no-dead-letter", "No such dead letter")
        }
        OperatorError::NoJob { .. } => (StatusCode::NOT_FOUND, "no-job", "No such job"),
        OperatorError::JobFinal { .. } => (StatusCode::CONFLICT, "job-final", "The job has ended"),
        OperatorError::Refused { .. } => {
            (StatusCode::CONFLICT, "not-redrivable", "The dead letter cannot be redriven")
        }
        OperatorError::NotPublished { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "not-published", "The job's message was not stored")
        }
        OperatorError::Undecodable { .. } => {
            (StatusCode::INTERNAL_SERVER_ERROR, "unreadable", "What is stored cannot be read")
        }
        OperatorError::JetStream { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "jetstream-unavailable", "JetStream does not do this now")
        }
    };
    Problem::new(status, slug, title)
}

//! Dead letters and jobs on the private listener: the same documents as the command line's `--json`.

use http::{HeaderMap, Method, Response, StatusCode, request::Parts};
use serde::Serialize;
use uptake::{
    job::{
        Operator,
        operator::{Deleted, JobFilter, LetterFilter},
    },
    problem::Problem,
    wire::{DeadCause, JobId, JobState},
};

use super::{answer as json_answer, guard::reads, method_refused, problem::Refusal, query::Query};
use crate::answer::Body;

/// Entries of a list that are given unless it is said otherwise.
const USUAL_LIMIT: usize = 50;
/// Entries of a list at most.
const MAX_LIMIT: usize = 1_000;
/// Dead letters that one request deletes, unless it is said otherwise.
const USUAL_DELETIONS: usize = 100;
/// Dead letters that one request redrives at most: each takes some round trips.
const MAX_REDRIVES: usize = 100;

/// What is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resource {
    DeadLetters,
    DeadLetter(u64),
    Redrives,
    Redrive(u64),
    Jobs,
    Job(JobId),
    Cancel(JobId),
}

impl Resource {
    /// What is at a path, if it is one of these.
    pub(super) fn at(path: &str) -> Option<Self> {
        let mut segments = path.strip_prefix('/')?.splitn(4, '/');
        let segments = [segments.next(), segments.next(), segments.next(), segments.next()];
        Some(match segments {
            [Some("dead-letters"), None, ..] => Self::DeadLetters,
            [Some("dead-letters"), Some("redrive"), None, _] => Self::Redrives,
            [Some("dead-letters"), Some(sequence), None, _] => Self::DeadLetter(sequence_of(sequence)?),
            [Some("dead-letters"), Some(sequence), Some("redrive"), None] => {
                Self::Redrive(sequence_of(sequence)?)
            }
            [Some("jobs"), None, ..] => Self::Jobs,
            [Some("jobs"), Some(id), None, _] => Self::Job(id.parse().ok()?),
            [Some("jobs"), Some(id), Some("cancel"), None] => Self::Cancel(id.parse().ok()?),
            _ => return None,
        })
    }

    /// Its methods, for the field `Allow`.
    fn methods(&self) -> &'static str {
        match self {
            Self::DeadLetters | Self::DeadLetter(_) => "GET, HEAD, DELETE",
            Self::Redrives | Self::Redrive(_) | Self::Cancel(_) => "POST",
            Self::Jobs | Self::Job(_) => "GET, HEAD",
        }
    }
}

/// Answers an operator. What changes something has to pass `guard`.
pub(super) async fn answer(
    operator: &Operator,
    resource: Resource,
    parts: &Parts,
    guard: fn(&HeaderMap) -> Result<(), Problem>,
) -> Response<Body> {
    if let Some(refused) = method_refused(parts, resource.methods()) {
        return refused;
    }
    if !reads(&parts.method)
        && let Err(problem) = guard(&parts.headers)
    {
        return problem.into_response().map(Body::Whole);
    }
    let query = parts.uri.query().unwrap_or_default();
    match perform(operator, resource, &parts.method, query).await {
        Ok(response) => response,
        Err(refusal) => refusal.problem().into_response().map(Body::Whole),
    }
}

async fn perform(
    operator: &Operator,
    resource: Resource,
    method: &Method,
    query: &str,
) -> Result<Response<Body>, Refusal> {
    let read = |known: &[&str]| Query::read(query, known);
    Ok(match resource {
        Resource::DeadLetters if method == Method::DELETE => {
            found(&delete(operator, &read(&["service", "cause", "limit", "after"])?).await?)
        }
        Resource::DeadLetters => {
            let query = read(&["service", "cause", "limit", "after"])?;
            let (after, limit) = page(&query, USUAL_LIMIT, MAX_LIMIT)?;
            found(&operator.dead_letters(&letter_filter(&query)?, after, limit).await?.document())
        }
        Resource::Redrives => {
            let query = read(&["service", "cause", "limit", "after"])?;
            let (after, limit) = page(&query, MAX_REDRIVES, MAX_REDRIVES)?;
            let (filter, last) = (letter_filter(&query)?, operator.last_dead_letter().await?);
            found(&operator.redrive_all(&filter, after, last, limit).await?)
        }
        Resource::DeadLetter(sequence) if method == Method::DELETE => {
            read(&[])?;
            operator.delete_dead_letter(sequence).await?;
            let mut response = Response::new(Body::default());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Resource::DeadLetter(sequence) => {
            read(&[])?;
            found(&operator.dead_letter(sequence).await?)
        }
        Resource::Redrive(sequence) => {
            read(&[])?;
            found(&operator.redrive(sequence).await?)
        }
        Resource::Jobs => {
            let query = read(&["state", "path", "limit", "after"])?;
            let (after, limit) = page(&query, USUAL_LIMIT, MAX_LIMIT)?;
            let state = query.one_of("state", &JobState::ALL, JobState::as_str)?;
            let filter = JobFilter { state, path: query.text("path").map(str::to_owned) };
            found(&operator.jobs(&filter, after, limit).await?.document())
        }
        Resource::Job(id) => {
            read(&[])?;
            found(&operator.job(&id).await?)
        }
        Resource::Cancel(id) => {
            read(&[])?;
            found(&operator.cancel_job(&id).await?)
        }
    })
}

/// Deletes all, or all for one service; by pages, if anything else is asked for.
async fn delete(operator: &Operator, query: &Query) -> Result<Deleted, Refusal> {
    let filter = letter_filter(query)?;
    if ["cause", "limit", "after"].iter().all(|name| query.text(name).is_none()) {
        let deleted = operator.purge_dead_letters(filter.service.as_deref()).await?;
        return Ok(Deleted { deleted, next: None });
    }
    let (after, limit) = page(query, USUAL_DELETIONS, MAX_LIMIT)?;
    let last = operator.last_dead_letter().await?;
    Ok(operator.delete_dead_letters(&filter, after, last, limit).await?)
}

fn letter_filter(query: &Query) -> Result<LetterFilter, Refusal> {
    let cause = query.one_of("cause", &DeadCause::ALL, DeadCause::as_str)?;
    Ok(LetterFilter { service: query.text("service").map(str::to_owned), cause })
}

/// A stream counts from 1.
fn sequence_of(text: &str) -> Option<u64> {
    text.parse().ok().filter(|sequence| *sequence > 0)
}

/// After which sequence, and how many.
fn page(query: &Query, usual: usize, most: usize) -> Result<(u64, usize), Refusal> {
    Ok((query.number("after", 0, u64::MAX - 1)?, query.number("limit", usual, most)?.max(1)))
}

pub(super) fn found(document: &impl Serialize) -> Response<Body> {
    // Texts, numbers and times: always serializable.
    json_answer(StatusCode::OK, &serde_json::to_value(document).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_one_thing_or_nothing() {
        let id = JobId::from_bits(7);
        for (path, resource) in [
            ("/dead-letters".to_owned(), Resource::DeadLetters),
            ("/dead-letters/17".to_owned(), Resource::DeadLetter(17)),
            ("/dead-letters/redrive".to_owned(), Resource::Redrives),
            ("/dead-letters/17/redrive".to_owned(), Resource::Redrive(17)),
            ("/jobs".to_owned(), Resource::Jobs),
            (format!("/jobs/{id}"), Resource::Job(id.clone())),
            (format!("/jobs/{id}/cancel"), Resource::Cancel(id)),
        ] {
            assert_eq!(Resource::at(&path), Some(resource), "{path}");
        }
        for nothing in
            ["/", "/dead-letters/", "/dead-letters/x", "/dead-letters/17/redrive/", "/jobs/17", "/job", "*"]
        {
            assert_eq!(Resource::at(nothing), None, "{nothing}");
        }
    }
}

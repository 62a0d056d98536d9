//! `/ratings/import`: many ratings from a CSV file.
//!
//! | module | what it is |
//! |---|---|
//! | `csv` | from text to records, by RFC 4180 |
//! | `file` | the header, and what a line says |
//! | `known` | the users and services that lines name |
//! | `batch` | some lines in one transaction |
//! | `report` | what became of them |

mod batch;
mod csv;
mod file;
mod known;
pub(crate) mod report;

use axum::{Extension, body::Body, extract::State, response::Response};
use uptake::Job;

use crate::{conditions::Conditions, contract::examples, db::Db, error::Error, extract::Csv, reply};
use file::{File, Line};
use report::Report;

/// Lines of one transaction: so few that others need not wait long for their turn in between.
const BATCH_LINES: usize = 50;

/// Import ratings
///
/// Adds or changes the rating of each line of a CSV file (RFC 4180) in UTF-8. Its header is
/// `service,user,score,comment`, in any order; `comment` may be left out. `service` and `user` are ids or names.
///
/// Lines that cannot be imported are refused, each by itself, and told; all others are imported, in transactions of 50
/// lines. It may take long: ask for it as a job, which has progress. What was imported before a cancel or a failure
/// stays; to import the file again does no harm.
#[utoipa::path(post, path = "/ratings/import", operation_id = "importRatings", tag = "ratings",
    params(Conditions),
    request_body(content = String, content_type = "text/csv", description = "Up to 448 KiB, and 20,000 lines",
        example = json!(examples::ratings_file())),
    responses((status = 200, description = "What became of the lines", body = Report,
        example = json!(examples::report()))))]
pub(crate) async fn create(
    State(db): State<Db>,
    conditions: Conditions,
    job: Option<Extension<Job>>,
    Csv(octets): Csv,
) -> Result<Response, Error> {
    let file = File::open(file::text(&octets)?)?;
    // Of what would be refused anyway, preconditions say nothing (RFC 9110 §13.2.1).
    conditions.permit(None)?;
    let mut lines = file.lines();
    let mut report = Report::default();
    for number in 0_usize.. {
        let batch: Vec<Line> = lines.by_ref().take(BATCH_LINES).collect();
        if batch.is_empty() {
            break;
        }
        let done = import(&db, number, &batch).await;
        // "Nothing was done" would be a lie once a batch is committed.
        report.add(if number == 0 { done? } else { done.map_err(Error::unknown)? });
        if let Some(Extension(job)) = &job {
            let (percent, text) = report.progress(file.count);
            job.progress(percent, &text);
        }
    }
    Ok(reply::done(&report.cut()).map(Body::from))
}

/// Imports a batch in a transaction of its own. If the request is executed again, those that were committed are not:
/// what became of their lines is told as it was then.
async fn import(db: &Db, number: usize, lines: &[Line]) -> Result<Report, Error> {
    let response = db
        .write_part(&format!(".{number}"), async |db| Ok(reply::done(&batch::import(db, lines).await?)))
        .await?;
    let decode = |error: serde_json::Error| Error::Database(sqlx::Error::Decode(error.into()));
    serde_json::from_slice(response.body()).map_err(decode)
}

impl From<file::Malformed> for Error {
    fn from(file::Malformed { line, detail }: file::Malformed) -> Self {
        Self::InvalidCsv { detail, line }
    }
}

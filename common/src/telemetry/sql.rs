//! What a trace shows of a database, by OpenTelemetry's conventions: a span for each statement, with names and never with
//! values. Without a trace that is sampled no span is made.
//!
//! ```no_run
//! # async fn count(pool: &sqlx::SqlitePool) -> sqlx::Result<i64> {
//! use uptake::telemetry::sql::{self, Database};
//!
//! const TABLES: &[&str] = &["users", "ratings"];
//! let text = "SELECT count(*) FROM ratings";
//! let span = sql::span(Database::Sqlite, text, TABLES);
//! sql::run(span, sqlx::query_scalar(text).fetch_one(pool)).await
//! # }
//! ```

use std::borrow::Cow;

use sqlx::error::DatabaseError;

use super::{
    names,
    span::{Place, Span, SpanKind},
};

/// The database that a statement runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Database {
    /// Its name in the conventions, for `db.system.name`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// The span of one statement, `SELECT users`: a child of the span in which it is made. `sql` has placeholders and no
/// values; `tables` are the names that are looked for in it.
#[must_use]
pub fn span(database: Database, sql: &str, tables: &[&str]) -> Span {
    let Some(parent) = Place::current() else { return Span::default() };
    let operation = sql.split_whitespace().next().unwrap_or_default();
    let found = found(sql, tables);
    let summary = found.iter().fold(operation.to_owned(), |summary, table| summary + " " + table);
    let mut span = Span::below(Some(parent), SpanKind::Client, || Cow::Owned(summary.clone()));
    span.set(names::DB_SYSTEM_NAME, database.name());
    span.set(names::DB_OPERATION_NAME, operation.to_owned());
    span.set(names::DB_QUERY_SUMMARY, summary);
    // Of several, none is the one that the statement is about.
    if let [table] = found[..] {
        span.set(names::DB_COLLECTION_NAME, table.to_owned());
    }
    span
}

/// Does the work of a span, and keeps there how it has failed. It ends with the work: a span of `tracing` would end with
/// the last thread that knows of it, and SQLite's own thread may forget it after the transaction is over.
///
/// # Errors
/// Those of the work.
pub async fn run<T>(mut span: Span, work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let result = work.await;
    if let Err(error) = &result
        && span.is_one()
    {
        record_failure(&mut span, error);
    }
    result
}

/// Those of the tables that a statement names, in the order in which they come first.
fn found<'s>(sql: &'s str, tables: &[&str]) -> Vec<&'s str> {
    let mut found = Vec::new();
    for word in sql.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
        if tables.contains(&word) && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// No message: it may have values in it.
fn record_failure(span: &mut Span, error: &sqlx::Error) {
    let code = error.as_database_error().and_then(DatabaseError::code);
    if let Some(code) = &code {
        span.set(names::DB_RESPONSE_STATUS_CODE, code.to_string());
    }
    let kind = code.unwrap_or(Cow::Borrowed(match error {
        sqlx::Error::PoolTimedOut => "pool-timed-out",
        sqlx::Error::Io(_) => "io",
        _ => "_OTHER",
    }));
    span.fail(kind.into_owned());
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn a_statement_is_known_by_the_tables_that_it_names() {
        let found = |sql| found(sql, &["users", "services", "ratings"]);
        assert_eq!(found("SELECT id FROM ratings WHERE user_id = $1"), ["ratings"]);
        assert_eq!(found("BEGIN IMMEDIATE"), [""; 0]);
        let both = "SELECT services.id FROM services LEFT JOIN ratings ON service_id = services.id";
        assert_eq!(found(both), ["services", "ratings"]);
        assert_eq!(found("LOCK TABLE users, services IN EXCLUSIVE MODE"), ["users", "services"]);
    }
}

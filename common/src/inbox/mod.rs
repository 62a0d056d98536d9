//! Effectively once: a request that is executed again has the effect of one execution, and the same answer.
//!
//! A worker may die after its handler has committed and before its answer has left. The request is then delivered again.
//! A service with a database keeps its answers in an *inbox*, a table beside its data: the transaction that writes the
//! data [claims](postgres::claim) the request's key ([`Context::inbox_key`](crate::Context::inbox_key)) before all else, and
//! [stores](postgres::store) the answer last. Data and answer are there both, or neither. A repeat finds the answer, or
//! nothing was done.
//!
//! - **Two executions at once** of one request: the second waits within `claim` until the first has committed or rolled
//!   back. It waits while it holds no other lock, if nothing was done in its transaction before.
//! - **A failure** is not stored, for it is rolled back; a repeat is executed. What a failure is the service decides: it
//!   stores what it commits.
//! - **A commit whose outcome is unknown**, for the connection broke meanwhile: the repeat finds the answer, or not.
//! - **A repeat that cannot look**, because the database is away or another execution takes too long: whether the request
//!   was executed is unknown then ([`Context::is_repeat`](crate::Context::is_repeat)). Do not say that nothing was done.
//! - **Rows are kept** as long as `claim` was told: longer than a repeat can come, which
//!   [`Context::inbox_keep`](crate::Context::inbox_keep) knows. [`purge`](postgres::purge) deletes them, a bounded number at
//!   a time: call it now and then.
//!
//! A service whose every unsafe method works so sets
//! [`WorkerConfig::effectively_once`](crate::WorkerConfig::effectively_once), by code; then calls are run again, too, when
//! a worker has died. Side effects beside the transaction, such as a mail, are not covered.
//!
//! The features `inbox-postgres` and `inbox-sqlite` have the functions for each database, over `sqlx`. `SCHEMA` is the table:
//! copy it into a migration of your own, so that it changes when *you* change it.

mod fields;
#[cfg(feature = "inbox-postgres")]
pub mod postgres;
#[cfg(feature = "inbox-sqlite")]
pub mod sqlite;

use bytes::Bytes;
use http::{Response, StatusCode};

/// What is known of a request when its transaction begins.
#[derive(Debug)]
#[must_use = "a request that has been answered must not be executed again"]
pub enum Claim {
    /// It has had no effect yet. Execute it, store its answer and commit; or roll back.
    Fresh,
    /// It was executed: this was its answer. Roll back, and answer so again.
    Answered(Response<Bytes>),
}

impl Claim {
    /// An answer as it lies in the table.
    fn answered(status: i16, fields: &[u8], body: Vec<u8>) -> sqlx::Result<Self> {
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let (Some(status), Some(fields)) = (status, fields::decode(fields)) else {
            return Err(sqlx::Error::Decode("a row of uptake_inbox holds no HTTP answer".into()));
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = fields;
        Ok(Self::Answered(response))
    }
}

/// The functions of one database. Its dialect differs in few words, but `sqlx` knows no connection that may be either.
macro_rules! functions {
    ($connection:ty, $database:ident, insert: $insert:literal, delete: $delete:literal) => {
        use $crate::telemetry::sql::run;

        /// Claims the key of a request, as the first statement of a transaction. The row is kept for at least `keep`.
        ///
        /// If another execution of the request has claimed it and not ended yet, this waits for its end.
        ///
        /// # Errors
        /// When the database fails, or the wait takes longer than it allows; the request may be tried again. Also when an
        /// execution has committed without [`store`]: then nobody knows its answer.
        pub async fn claim(
            connection: &mut $connection,
            key: &str,
            keep: std::time::Duration,
        ) -> sqlx::Result<$crate::inbox::Claim> {
            let inserted = sqlx::query($insert).bind(key).bind(keep.as_secs_f64()).execute(&mut *connection);
            if run(span($insert), inserted).await?.rows_affected() == 1 {
                return Ok($crate::inbox::Claim::Fresh);
            }
            let select = "SELECT status, fields, body FROM uptake_inbox WHERE key = $1";
            let row = run(span(select), sqlx::query(select).bind(key).fetch_one(connection)).await?;
            let (status, fields, body) =
                (row.try_get("status")?, row.try_get("fields")?, row.try_get("body")?);
            $crate::inbox::Claim::answered(status, fields, body)
        }

        /// Stores the answer of a request that this transaction has claimed. Commit then, before you answer.
        ///
        /// # Errors
        /// When the database fails, or the transaction holds no fresh claim of this key.
        pub async fn store(
            connection: &mut $connection,
            key: &str,
            response: &http::Response<bytes::Bytes>,
        ) -> sqlx::Result<()> {
            let sql = "UPDATE uptake_inbox SET status = $2, fields = $3, body = $4 WHERE key = $1 AND status IS NULL";
            let stored = sqlx::query(sql)
                .bind(key)
                .bind(i16::try_from(response.status().as_u16()).unwrap_or(i16::MAX))
                .bind($crate::inbox::fields::encode(response.headers()))
                .bind(&response.body()[..])
                .execute(connection);
            let stored = run(span(sql), stored).await?;
            if stored.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
        }

        /// Deletes rows that need not be kept any longer, `limit` at most, and tells how many. More may be there if it
        /// is `limit`.
        ///
        /// # Errors
        /// When the database fails.
        pub async fn purge(connection: &mut $connection, limit: u32) -> sqlx::Result<u64> {
            let deleted = sqlx::query($delete).bind(i64::from(limit)).execute(connection);
            Ok(run(span($delete), deleted).await?.rows_affected())
        }

        fn span(sql: &'static str) -> $crate::telemetry::span::Span {
            $crate::telemetry::sql::span($crate::telemetry::sql::Database::$database, sql, &["uptake_inbox"])
        }
    };
}
use functions;

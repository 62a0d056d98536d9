//! The inbox in PostgreSQL.
//!
//! ```no_run
//! # use bytes::Bytes;
//! # use http::Response;
//! use uptake::{Context, inbox::{Claim, postgres as inbox}};
//! # async fn create(context: Context, pool: sqlx::PgPool, name: &str) -> sqlx::Result<Response<Bytes>> {
//!
//! let Context { inbox_key, inbox_keep, .. } = context;
//! let mut transaction = pool.begin().await?;
//! if let Claim::Answered(response) = inbox::claim(&mut transaction, &inbox_key, inbox_keep).await? {
//!     return Ok(response);
//! }
//! sqlx::query("INSERT INTO users (name) VALUES ($1)").bind(name).execute(&mut *transaction).await?;
//! let response = Response::new(Bytes::from("welcome"));
//! inbox::store(&mut transaction, &inbox_key, &response).await?;
//! transaction.commit().await?;
//! # Ok(response)
//! # }
//! ```
//!
//! Transactions should be READ COMMITTED, PostgreSQL's default. At a higher level, an execution that has waited for another
//! one fails (SQLSTATE 40001) instead of finding its answer; it finds it when it is tried again.

use sqlx::{PgConnection, Row as _};

/// The table.
pub const SCHEMA: &str = include_str!("postgres.sql");

super::functions!(
    PgConnection,
    Postgres,
    insert: "INSERT INTO uptake_inbox (key, expires_at) VALUES ($1, now() + make_interval(secs => $2)) ON CONFLICT DO NOTHING",
    // What another instance is just deleting is skipped, lest two wait for each other. The array is made once: a plan may
    // run `IN (SELECT …)` more than once, each time for other rows.
    delete: "DELETE FROM uptake_inbox
              WHERE key = ANY (ARRAY (SELECT key FROM uptake_inbox WHERE expires_at < now()
                                       ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))"
);

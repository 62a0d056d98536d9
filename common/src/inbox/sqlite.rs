//! The inbox in SQLite.
//!
//! ```no_run
//! # use bytes::Bytes;
//! # use http::Response;
//! use uptake::{Context, inbox::{Claim, sqlite as inbox}};
//! # async fn create(context: Context, pool: sqlx::SqlitePool, name: &str) -> sqlx::Result<Response<Bytes>> {
//!
//! let Context { inbox_key, inbox_keep, .. } = context;
//! let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
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
//! SQLite has one writer at a time: of two executions at once the second waits when it begins.

use sqlx::{Row as _, SqliteConnection};

/// The table.
pub const SCHEMA: &str = include_str!("sqlite.sql");

super::functions!(
    SqliteConnection,
    Sqlite,
    insert: "INSERT INTO uptake_inbox (key, expires_at) VALUES ($1, unixepoch('subsec') + $2) ON CONFLICT DO NOTHING",
    delete: "DELETE FROM uptake_inbox WHERE rowid IN (SELECT rowid FROM uptake_inbox WHERE expires_at < unixepoch('subsec')
                                                       ORDER BY expires_at LIMIT $1)"
);

//! Users, services, and the ratings that users give services: the example service of Uptake.
//!
//! It is an ordinary axum [`Router`](axum::Router) over SQLite or PostgreSQL that knows nothing of NATS. `main.rs` hands it
//! to [`uptake::Worker`], which pulls requests for it, or, with `--http`, serves it on TCP.
//!
//! | path | methods |
//! |---|---|
//! | `/users`, `/services`, `/ratings` | `GET`, `POST`; `DELETE /ratings?ids=…` |
//! | `/ratings/import` | `POST` |
//! | `/users/{id}`, `/services/{id}`, `/ratings/{id}` | `GET`, `PATCH`, `DELETE` |
//!
//! Lists are pages, `{"items": […], "nextCursor": …}`, with filters, `sort`, `limit` and `cursor`. Every answer to a GET
//! has an `ETag`, for `If-None-Match` and `If-Match`. Errors are [problem documents](uptake::problem) whose slugs are
//! listed at [`Error`], and tell all that is wrong with a body or a query at once. What cannot be an id names
//! nothing, so a malformed id in a path is 404, like any unknown one.

mod conditions;
pub mod config;
pub mod contract;
pub mod db;
pub mod error;
mod extract;
mod fault;
mod fields;
mod imports;
mod json;
mod members;
mod page;
mod ratings;
mod reply;
mod router;
mod seed;
mod services;
mod tcp;
mod text;
mod users;

pub use config::Config;
pub use db::{Db, OpenError};
pub use error::{Conflict, Error};
pub use fault::{Fault, Faults, Place};
pub use router::router;
pub use seed::seed_example_data;
pub use tcp::serve_http;

//! Users, services, and the ratings that users give services: the example service of Uptake.
//!
//! It is an ordinary axum [`Router`](axum::Router) over SQLite or PostgreSQL that knows nothing of NATS. `main.rs` hands it
//! to [`uptake::Worker`], which pulls requests for it, or, with `--http`, serves it on TCP.
//!
//! | path | methods |
//! |---|---|
//! | `/users`, `/services`, `/ratings` | `GET`, `POST`; `DELETE /ratings?ids=…` |
//! | `/users/{id}`, `/services/{id}`, `/ratings/{id}` | `GET`, `PATCH`, `DELETE` |
//!
//! Lists are `{"items": […]}`, bounded by `limit`: users and services by name, ratings newest first. Errors are
//! [problem documents](uptake::problem) whose slugs are listed at [`Error`]. What cannot be an id names nothing,
//! so a malformed id in a path is 404, like any unknown one.

pub mod config;
pub mod db;
pub mod error;
mod extract;
mod fields;
mod ratings;
mod reply;
mod router;
mod seed;
mod services;
mod tcp;
mod users;

pub use config::Config;
pub use db::{Db, OpenError};
pub use error::Error;
pub use router::router;
pub use seed::seed_example_data;
pub use tcp::serve_http;

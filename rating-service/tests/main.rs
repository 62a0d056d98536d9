//! The rating service through its router, on real SQLite files, and as a program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod batches;
mod conditional;
mod counts;
mod database;
mod faults;
mod http_rules;
mod pages;
mod program;
mod ratings;
mod services;
mod users;

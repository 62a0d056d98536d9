//! The rating service through its router, on real SQLite files, and as a program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
// Tests that hold on every database are in there.
#[path = "on_each.rs"]
mod on_each;
mod program;
mod sqlite;
mod support;

//! The rating service through its router, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod limits;
// Tests that hold on every database are in there.
#[path = "on_each.rs"]
mod on_each;
mod restart;
mod support;
mod tls;

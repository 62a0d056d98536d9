//! Tests of the public parts of `uptake` that need no server.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod wire;

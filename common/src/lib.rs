//! Uptake: wire format, client and worker.

pub mod problem;

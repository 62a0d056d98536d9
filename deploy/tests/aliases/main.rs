//! The commands of deploy/bin and the aliases of devbox.json, with stand-ins for kubectl, helm, k3d, docker, git and cargo.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests themselves")]

mod agreement;
mod checkout;
mod devbox;
mod failures;
mod golden;
mod repeats;
mod shells;
mod sourcing;
mod text;

//! Who may speak to whom. Everything in the namespace is closed, both ways; each workload gets its own paths and no others.

mod operators;
mod paths;
mod peers;

pub(super) use operators::{certificates, database, gateway, nack, nats};
pub(super) use paths::{default_deny, frontend, migrations, proxy, service};

//! Jobs: requests that outlive their client.

mod tenant;

pub use tenant::Tenant;

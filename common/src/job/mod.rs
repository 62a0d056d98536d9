//! Jobs: requests that are executed once they are accepted, and whose answer is kept.
//!
//! | module | what it is |
//! |---|---|
//! | [`store`] | the records: a bucket, and compare-and-set on it |
//! | [`Tenant`] | whose a job is |
//! | [`secret`] | what ids and hashes are made with, the same for all proxies |
//! | [`operator`] | what operators do: list, read, redrive, delete, cancel |
//! | `admission` | whether there is room for the answer of one more |
//!
//! The asking side is in [`client`](crate::client), the answering side in [`serve`](crate::serve).

pub(crate) mod admission;
pub mod operator;
pub mod secret;
pub mod store;
mod tenant;

pub use operator::{Operator, OperatorError};
pub use tenant::Tenant;

//! Why there is no answer.

use std::time::Duration;

use crate::{Fault, wire::EncodeError};

/// Why there is no answer of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub fault: Fault,
    /// When to try again, if that is known.
    pub retry_after: Option<Duration>,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, retry_after: None }
    }
}

impl Failure {
    pub(super) fn retry(fault: Fault, after: Duration) -> Self {
        Self { fault, retry_after: Some(after) }
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Method => Fault::MethodNotSupported.into(),
            EncodeError::Target => Fault::BadTarget.into(),
            EncodeError::FieldsTooLarge { .. } => Fault::FieldsTooLarge.into(),
        }
    }
}

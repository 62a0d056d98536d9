//! What operators do with jobs and dead letters: list, read, redrive, delete, cancel. The command line and the proxy's
//! private listener are made of it, so that both do and say the same.

mod document;
mod jobs;
mod letters;
mod redrive;
mod scan;
mod step;

use std::time::Duration;

use async_nats::jetstream::{self, ErrorCode, context::GetStreamErrorKind, stream::Stream};

pub use document::{JobDocument, LetterDocument};
pub use jobs::JobFilter;
pub use letters::{Deleted, Letter, LetterFilter};
pub use redrive::{NotRedriven, Redriven, Redrives};
pub use step::Refusal;

use super::{admission::Admission, store::JobStore};
use crate::{
    Fault,
    client::Failure,
    config::NatsConfig,
    connection::{ConnectError, Connection},
    job::store::StoreError,
    overview::OverviewError,
    wire::{JobId, JobState, Root},
};

/// The operators' side of one platform. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Operator {
    store: JobStore,
    admission: Admission,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What was asked for, in the order of the stream.
    pub items: Vec<T>,
    /// The sequence after which the list goes on; `None` at its end.
    pub next: Option<u64>,
}

/// Why an operator's wish was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// There is no stream of dead letters.
    #[error(
        "no dead letters: there is no stream {stream}; the first worker that takes jobs makes it (is --root right?)"
    )]
    NoDeadLetters {
        /// Its name.
        stream: String,
    },
    /// There is no bucket of jobs.
    #[error(
        "no jobs: there is no bucket {bucket}; the first worker that takes jobs makes it (is --root right?)"
    )]
    NoJobs {
        /// Its name.
        bucket: String,
    },
    /// There is no dead letter of this number (any more).
    #[error(
        "no dead letter {sequence}: it may have been redriven or deleted{}",
        .kept.map(|kept| format!(", or be older than {}", days(kept))).unwrap_or_default()
    )]
    NoDeadLetter {
        /// The number.
        sequence: u64,
        /// How long they are kept, if not for ever.
        kept: Option<Duration>,
    },
    /// There is no such job (any more).
    #[error("no job {id}: records are kept for a while after the last change, then they lapse")]
    NoJob {
        /// Which.
        id: JobId,
    },
    /// The job has ended: nothing is left to cancel.
    #[error("job {id} is {}: nothing is left to cancel", .state.as_str())]
    JobFinal {
        /// Which.
        id: JobId,
        /// How it ended.
        state: JobState,
    },
    /// The dead letter cannot be redriven.
    #[error("dead letter {sequence} cannot be redriven: {refusal}")]
    Refused {
        /// The number.
        sequence: u64,
        /// Why.
        refusal: Refusal,
    },
    /// The job's message was not stored; a repeat of the redrive goes on.
    #[error("dead letter {sequence} is not redriven yet: {}; try again", .fault.texts().1)]
    NotPublished {
        /// The number.
        sequence: u64,
        /// Why.
        fault: Fault,
    },
    /// What is there is not of the wire format.
    #[error("{what} cannot be read: {reason}")]
    Undecodable {
        /// Such as `dead letter 17`.
        what: String,
        /// Why.
        reason: String,
    },
    /// JetStream does not do what was asked, or does not answer.
    #[error("JetStream cannot {action}: {reason}")]
    JetStream {
        /// What was asked.
        action: &'static str,
        /// What it said.
        reason: String,
    },
}

impl OperatorError {
    /// Whether it is about this one letter or job: the next may go better.
    #[must_use]
    pub fn is_of_one(&self) -> bool {
        match self {
            Self::NoDeadLetter { .. }
            | Self::NoJob { .. }
            | Self::JobFinal { .. }
            | Self::Refused { .. }
            | Self::Undecodable { .. } => true,
            Self::NoDeadLetters { .. }
            | Self::NoJobs { .. }
            | Self::NotPublished { .. }
            | Self::JetStream { .. } => false,
        }
    }

    fn jetstream(action: &'static str, reason: &dyn std::fmt::Display) -> Self {
        Self::JetStream { action, reason: reason.to_string() }
    }
}

impl From<StoreError> for OperatorError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Undecodable(reason) => {
                Self::Undecodable { what: "the job's record".to_owned(), reason: reason.to_string() }
            }
            StoreError::Conflict
            | StoreError::Full
            | StoreError::TooLarge
            | StoreError::Unavailable(_)
            | StoreError::Unknown => Self::jetstream("keep the job's record", &error),
        }
    }
}

impl Operator {
    /// Connects. `name` is shown by the server's monitoring.
    ///
    /// # Errors
    /// When NATS cannot be reached.
    pub async fn connect(config: &NatsConfig, name: &str) -> Result<Self, ConnectError> {
        let connection = Connection::open(config, name).await?;
        Ok(Self::on(JobStore::new(connection.client().clone(), config.root.clone())))
    }

    /// The same on a store that exists.
    pub(crate) fn on(store: JobStore) -> Self {
        Self { admission: Admission::new(store.clone()), store }
    }

    pub(crate) fn context(&self) -> &jetstream::Context {
        self.store.context()
    }

    pub(crate) fn root(&self) -> &Root {
        self.store.root()
    }

    /// A stream as it is now; `None` if there is none.
    async fn stream(&self, name: &str) -> Result<Option<Stream>, OperatorError> {
        match self.context().get_stream(name).await {
            Ok(stream) => Ok(Some(stream)),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(refused)
                    if refused.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(None)
                }
                _ => Err(OperatorError::jetstream("find the stream", &error)),
            },
        }
    }
}

/// A duration as settings name it.
fn days(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 2 * 86_400 => format!("{} days", seconds / 86_400),
        seconds if seconds >= 2 * 3_600 => format!("{} hours", seconds / 3_600),
        seconds => format!("{seconds} seconds"),
    }
}

impl From<OverviewError> for OperatorError {
    fn from(error: OverviewError) -> Self {
        Self::jetstream("list its streams", &error.reason)
    }
}

impl From<Failure> for OperatorError {
    fn from(failure: Failure) -> Self {
        Self::jetstream("do this now", &failure.fault.texts().1)
    }
}

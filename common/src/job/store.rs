//! The records of all jobs: a bucket of JetStream's key-value store. Every step is a compare-and-set.

use std::{error::Error as _, time::Duration};

use async_nats::{
    HeaderMap, Subscriber,
    jetstream::{
        self,
        context::{PublishError, PublishErrorKind},
        message::PublishMessage,
        stream::LastRawMessageErrorKind,
    },
};
use bytes::Bytes;
use futures_util::StreamExt as _;

use super::secret::Secret;
use crate::wire::{DecodeError, EncodeError, JobId, Record, Root, decode_record, encode_record};

/// How long one step may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// Where the platform's secret is in its bucket.
pub const SECRET_KEY: &str = "job-secret";
/// Octets of a secret that is made.
const SECRET_OCTETS: usize = 32;
/// JetStream: the bucket is full.
const STREAM_FULL: u64 = 10077;
/// JetStream: the value exceeds what the bucket takes.
const VALUE_TOO_LARGE: u64 = 10054;
/// JetStream: a wrong revision, as newer servers say it where a message may have none before.
const WRONG_REVISION: u64 = 10164;

/// A record and its place in the bucket's stream: what the next step must find.
#[derive(Clone, Debug)]
pub struct Revision {
    /// What is known of the job.
    pub record: Record,
    /// Sequence of this value.
    pub number: u64,
}

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster: the record is not at this revision any more, or exists already.
    #[error("the record has changed meanwhile")]
    Conflict,
    /// The bucket is full.
    #[error("the bucket of jobs is full")]
    Full,
    /// The answer exceeds what a record can hold.
    #[error("the record is too large")]
    TooLarge,
    /// Nothing was written.
    #[error("the bucket of jobs cannot be reached: {0}")]
    Unavailable(String),
    /// Whether it was written is not known.
    #[error("no word whether the record was written")]
    Unknown,
    /// What is there is no record.
    #[error("a record cannot be decoded")]
    Undecodable(#[from] DecodeError),
}

impl From<EncodeError> for StoreError {
    fn from(_: EncodeError) -> Self {
        Self::TooLarge
    }
}

/// The records of one platform. Clones share the connection.
#[derive(Clone, Debug)]
pub struct JobStore {
    context: jetstream::Context,
    root: Root,
}

impl JobStore {
    /// The records below `root`, on a connection that exists.
    pub(crate) fn new(client: async_nats::Client, root: Root) -> Self {
        let context =
            jetstream::context::ContextBuilder::new().timeout(STEP_TIMEOUT).ack_timeout(STEP_TIMEOUT);
        Self { context: context.build(client), root }
    }

    /// The context, with the time-outs of the store.
    pub(crate) fn context(&self) -> &jetstream::Context {
        &self.context
    }

    /// The root below which all lies.
    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// The stream behind the bucket.
    pub(crate) fn stream_name(&self) -> String {
        format!("KV_{}", self.root.job_bucket())
    }

    fn subject(&self, id: &JobId) -> String {
        format!("$KV.{}.{id}", self.root.job_bucket())
    }

    /// Writes the record of a job that has none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is one.
    pub async fn create(&self, record: Record) -> Result<Revision, StoreError> {
        self.put(record, 0).await
    }

    /// Writes the next revision.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if `number` is not the last one any more.
    pub async fn update(&self, record: Record, number: u64) -> Result<Revision, StoreError> {
        self.put(record, number).await
    }

    async fn put(&self, record: Record, expected: u64) -> Result<Revision, StoreError> {
        let (headers, payload) = encode_record(&record)?;
        let message = PublishMessage::build()
            .headers(headers)
            .payload(payload)
            .expected_last_subject_sequence(expected);
        let ack =
            self.context.send_publish(self.subject(&record.id), message).await.map_err(|e| put_error(&e))?;
        let ack = ack.await.map_err(|error| put_error(&error))?;
        Ok(Revision { record, number: ack.sequence })
    }

    /// The record as the leader has it; `None` if there is none (any more).
    ///
    /// # Errors
    /// When the bucket cannot be reached, or holds something else under this id.
    pub async fn get(&self, id: &JobId) -> Result<Option<Revision>, StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let stream =
            self.context.get_stream_no_info(self.stream_name()).await.map_err(|e| unavailable(&e))?;
        match stream.get_last_raw_message_by_subject(&self.subject(id)).await {
            Ok(found) => {
                let record = decode_record(&found.headers, found.payload)?;
                Ok(Some(Revision { record, number: found.sequence }))
            }
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Removes a record that is still at this revision; nothing happens if it is not.
    ///
    /// # Errors
    /// When the bucket cannot be reached.
    pub async fn remove(&self, revision: &Revision) -> Result<(), StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let stream =
            self.context.get_stream_no_info(self.stream_name()).await.map_err(|e| unavailable(&e))?;
        match stream.delete_message(revision.number).await {
            Ok(_) => Ok(()),
            // No such sequence: somebody has gone on from this revision.
            Err(error) if error.kind() != jetstream::stream::DeleteMessageErrorKind::TimedOut => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// The secret of this platform, from the bucket of what the platform shares; made where there is none, or where it was
    /// deleted: a key-value store then holds an empty value, and anybody knows what that makes.
    ///
    /// # Errors
    /// When the bucket cannot be reached.
    pub async fn secret(&self) -> Result<Secret, StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let bucket = self.root.platform_bucket();
        let subject = format!("$KV.{bucket}.{SECRET_KEY}");
        let stream =
            self.context.get_stream_no_info(format!("KV_{bucket}")).await.map_err(|e| unavailable(&e))?;
        for _ in 0..2 {
            let last = match stream.get_last_raw_message_by_subject(&subject).await {
                Ok(found) if found.payload.len() >= SECRET_OCTETS => return Ok(Secret::new(&found.payload)),
                Ok(found) => found.sequence,
                Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => 0,
                Err(error) => return Err(unavailable(&error)),
            };
            let octets = Bytes::from_owner(rand::random::<[u8; SECRET_OCTETS]>());
            let message = PublishMessage::build().payload(octets).expected_last_subject_sequence(last);
            let sent = self.context.send_publish(subject.clone(), message).await;
            match async { sent?.await }.await.map_err(|error| put_error(&error)) {
                // Whoever was faster, the next look finds what all use.
                Ok(_) | Err(StoreError::Conflict | StoreError::Unknown) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unknown)
    }

    /// The record as it is now, and what tells of its changes from now on. `None` if there is none.
    ///
    /// What is republished comes after it was stored, so nothing that is read here is taken back.
    ///
    /// # Errors
    /// When the bucket cannot be reached.
    pub async fn watch(&self, id: &JobId) -> Result<Option<(Revision, Watch)>, StoreError> {
        let subscriber = self.context.client().subscribe(self.root.record(id)).await;
        let changes = subscriber.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let Some(found) = self.get(id).await? else { return Ok(None) };
        let is_final = found.record.state.is_final();
        let watch = Watch { store: self.clone(), id: id.clone(), number: found.number, is_final, changes };
        Ok(Some((found, watch)))
    }
}

/// A record that is followed. Dropping it ends the subscription. It keeps no record: many may wait, each with its own.
#[derive(Debug)]
pub struct Watch {
    store: JobStore,
    id: JobId,
    /// The last revision that was told.
    number: u64,
    is_final: bool,
    changes: Subscriber,
}

/// How often a record is read again, for a change of it may be missed while the connection is away.
const LOOK_PERIOD: Duration = Duration::from_secs(10);

impl Watch {
    /// Waits for a later revision. `None` when the record is gone, or the last one was final.
    ///
    /// # Errors
    /// When the bucket cannot be reached.
    pub async fn next(&mut self) -> Result<Option<Box<Record>>, StoreError> {
        while !self.is_final {
            let (record, number) = match tokio::time::timeout(LOOK_PERIOD, self.changes.next()).await {
                Ok(Some(message)) => {
                    let Some(number) = message.headers.as_ref().and_then(sequence) else { continue };
                    let headers = message.headers.unwrap_or_default();
                    (decode_record(&headers, message.payload)?, number)
                }
                Ok(None) => return Err(StoreError::Unavailable("the connection has ended".to_owned())),
                // Boxed: it would take room as long as somebody waits.
                Err(_) => match Box::pin(self.store.get(&self.id)).await {
                    Ok(Some(Revision { record, number })) => (record, number),
                    Ok(None) => return Ok(None),
                    Err(StoreError::Unavailable(_)) => continue,
                    Err(error) => return Err(error),
                },
            };
            if number > self.number {
                (self.number, self.is_final) = (number, record.state.is_final());
                return Ok(Some(Box::new(record)));
            }
        }
        Ok(None)
    }

    /// Waits until the job has ended. `None` when the record is gone.
    ///
    /// # Errors
    /// When the bucket cannot be reached.
    pub async fn ended(&mut self) -> Result<Option<Box<Record>>, StoreError> {
        while let Some(record) = self.next().await? {
            if record.state.is_final() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

/// The sequence of what was republished.
fn sequence(headers: &HeaderMap) -> Option<u64> {
    headers.get("Nats-Sequence")?.as_str().parse().ok()
}

fn put_error(error: &PublishError) -> StoreError {
    let refused = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    match error.kind() {
        PublishErrorKind::WrongLastSequence => StoreError::Conflict,
        PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => StoreError::Unknown,
        PublishErrorKind::MaxPayloadExceeded => StoreError::TooLarge,
        PublishErrorKind::Other => match refused.map(|refused| refused.error_code().0) {
            Some(STREAM_FULL) => StoreError::Full,
            Some(VALUE_TOO_LARGE) => StoreError::TooLarge,
            Some(WRONG_REVISION) => StoreError::Conflict,
            Some(_) | None => StoreError::Unavailable(error.to_string()),
        },
        PublishErrorKind::StreamNotFound
        | PublishErrorKind::WrongLastMessageId
        | PublishErrorKind::MaxAckPending => StoreError::Unavailable(error.to_string()),
    }
}

//! Dead letters: list, read, delete, purge.

use std::ops::ControlFlow;

use async_nats::jetstream::{
    ErrorCode,
    stream::{DeleteMessageErrorKind, RawMessageErrorKind, Stream},
};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use super::{LetterDocument, Operator, OperatorError, Page, scan::scan};
use crate::wire::{DeadCause, DeadLetter, decode_dead_letter, decode_original};

/// What JetStream says of the deletion of what is gone.
const NOT_THERE: [ErrorCode; 3] =
    [ErrorCode::NO_MESSAGE_FOUND, ErrorCode::SEQUENCE_NOT_FOUND, ErrorCode::STREAM_MESSAGE_DELETE_FAILED];

/// Deletions that are on their way to JetStream at once.
const AT_ONCE: usize = 16;

/// Which dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// Only those for this service.
    pub service: Option<String>,
    /// Only those of this cause.
    pub cause: Option<DeadCause>,
}

/// A dead letter in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Its number: the sequence in the stream of dead letters.
    pub sequence: u64,
    /// Octets of the stored message.
    pub octets: u64,
    /// What is known of it.
    pub facts: DeadLetter,
}

/// What came of the deletion of a part of the dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deleted {
    /// How many were deleted; those that were gone meanwhile do not count.
    pub deleted: u64,
    /// The number after which others are left; `None` if there are none.
    pub next: Option<u64>,
}

impl Operator {
    /// Dead letters behind the number `after`, the oldest first, at most `limit` of them. No payload is read.
    ///
    /// # Errors
    /// When there is no stream of them, or JetStream does not answer.
    pub async fn dead_letters(
        &self,
        filter: &LetterFilter,
        after: u64,
        limit: usize,
    ) -> Result<Page<Letter>, OperatorError> {
        let (stream, mut items) = (self.letter_stream().await?, Vec::new());
        let next = scan(&stream, self.letter_subject(filter), after, |sequence, message| {
            let headers = message.headers.as_ref();
            match headers.map(decode_dead_letter).transpose() {
                Ok(Some(facts)) if filter.cause.is_none_or(|cause| cause == facts.cause) => {
                    let octets = headers.and_then(|headers| headers.get("Nats-Msg-Size"));
                    let octets = octets.and_then(|octets| octets.as_str().parse().ok()).unwrap_or_default();
                    items.push(Letter { sequence, octets, facts });
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => tracing::warn!(sequence, "a dead letter cannot be read"),
            }
            if items.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let next = next.await?;
        Ok(Page { items, next })
    }

    /// One dead letter with its message.
    ///
    /// # Errors
    /// When it is not there (any more), or cannot be read, or JetStream does not answer.
    pub async fn dead_letter(&self, sequence: u64) -> Result<LetterDocument, OperatorError> {
        let stream = self.letter_stream().await?;
        let stored = match stream.get_raw_message(sequence).await {
            Ok(stored) => stored,
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => {
                return Err(gone(&stream, sequence));
            }
            Err(error) => return Err(OperatorError::jetstream("read the dead letter", &error)),
        };
        let undecodable = |reason: crate::wire::DecodeError| OperatorError::Undecodable {
            what: format!("dead letter {sequence}"),
            reason: reason.to_string(),
        };
        let facts = decode_dead_letter(&stored.headers).map_err(undecodable)?;
        let message = decode_original(&stored.payload).map_err(undecodable)?;
        let octets = u64::try_from(stored.payload.len()).unwrap_or_default();
        Ok(LetterDocument { letter: Letter { sequence, octets, facts }, message })
    }

    /// Deletes a dead letter.
    ///
    /// # Errors
    /// When it is not there (any more), or JetStream does not answer.
    pub async fn delete_dead_letter(&self, sequence: u64) -> Result<(), OperatorError> {
        let stream = self.letter_stream().await?;
        if delete(&stream, sequence).await? { Ok(()) } else { Err(gone(&stream, sequence)) }
    }

    /// Deletes dead letters behind the number `after` and up to `last`, the oldest first, at most `limit` of them.
    ///
    /// # Errors
    /// When there is no stream of them, or JetStream does not answer: then some may be deleted; do it again.
    pub async fn delete_dead_letters(
        &self,
        filter: &LetterFilter,
        after: u64,
        last: u64,
        limit: usize,
    ) -> Result<Deleted, OperatorError> {
        let Page { items, next } = self.dead_letters(filter, after, limit).await?;
        let stream = &self.letter_stream().await?;
        let numbers = items.into_iter().map(|letter| letter.sequence).take_while(|number| *number <= last);
        let deleted = delete_each(stream, numbers).await?;
        Ok(Deleted { deleted, next: next.filter(|next| *next < last) })
    }

    /// Deletes all dead letters that there are, or all for one service, also those that cannot be read, and tells how many
    /// there were. One by one: who may purge a stream could do so with any other purpose too.
    ///
    /// # Errors
    /// When there is no stream of them, or JetStream does not answer: then some may be deleted; do it again.
    pub async fn purge_dead_letters(&self, service: Option<&str>) -> Result<u64, OperatorError> {
        let stream = self.letter_stream().await?;
        let last = stream.cached_info().state.last_sequence;
        let filter = LetterFilter { service: service.map(str::to_owned), cause: None };
        let (mut after, mut purged) = (Some(0), 0);
        while let Some(from) = after {
            let mut numbers = Vec::new();
            let next = scan(&stream, self.letter_subject(&filter), from, |sequence, _| {
                numbers.push(sequence);
                ControlFlow::Continue(())
            });
            after = next.await?.filter(|next| *next < last);
            purged += delete_each(&stream, numbers.into_iter().take_while(|number| *number <= last)).await?;
        }
        Ok(purged)
    }

    /// The number of the newest dead letter so far: what comes later has died since.
    ///
    /// # Errors
    /// When there is no stream of them, or JetStream does not answer.
    pub async fn last_dead_letter(&self) -> Result<u64, OperatorError> {
        Ok(self.letter_stream().await?.cached_info().state.last_sequence)
    }

    async fn letter_stream(&self) -> Result<Stream, OperatorError> {
        let name = self.root().dead_stream();
        self.stream(&name).await?.ok_or(OperatorError::NoDeadLetters { stream: name })
    }

    fn letter_subject(&self, filter: &LetterFilter) -> String {
        match &filter.service {
            Some(service) => self.root().dead(service),
            None => self.root().dead_letters(),
        }
    }
}

/// Deletes some, and tells how many were still there.
async fn delete_each(stream: &Stream, numbers: impl Iterator<Item = u64>) -> Result<u64, OperatorError> {
    let deletions: Vec<_> = numbers.map(|number| delete(stream, number)).collect();
    let mut deletions = stream::iter(deletions).buffer_unordered(AT_ONCE);
    let mut deleted = 0;
    while let Some(done) = deletions.next().await {
        deleted += u64::from(done?);
    }
    Ok(deleted)
}

/// Deletes one; `false` if it was gone already.
async fn delete(stream: &Stream, sequence: u64) -> Result<bool, OperatorError> {
    match stream.delete_message(sequence).await {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            DeleteMessageErrorKind::JetStream(refused) if NOT_THERE.contains(&refused.error_code()) => {
                Ok(false)
            }
            _ => Err(OperatorError::jetstream("delete the dead letter", &error)),
        },
    }
}

fn gone(stream: &Stream, sequence: u64) -> OperatorError {
    let kept = Some(stream.cached_info().config.max_age).filter(|age| !age.is_zero());
    OperatorError::NoDeadLetter { sequence, kept }
}

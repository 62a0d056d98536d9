//! Publishes the message of a job.

use std::{error::Error as _, time::Duration};

use async_nats::jetstream::{
    self,
    context::{PublishError, PublishErrorKind},
    message::PublishMessage,
    publish::PublishAck,
};
use tokio::time::sleep;

use crate::{
    Fault,
    client::{
        Failure,
        dispatcher::{MESSAGE_TOO_LARGE, STREAM_FULL},
    },
    wire,
};

/// Pause before a message is published again that no stream has confirmed.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// Tries of a publish that no stream took.
const MAX_TRIES: u32 = 3;

/// Publishes into a stream until it confirms; fails only if nothing was stored.
pub(crate) async fn publish(
    context: &jetstream::Context,
    message: wire::Message,
) -> Result<PublishAck, Failure> {
    let mut tries = Tries::default();
    loop {
        let wire::Message { subject, headers, payload } = message.clone();
        let publish = PublishMessage::build().headers(headers).payload(payload);
        let error = match context.send_publish(subject, publish).await {
            Ok(ack) => match ack.await {
                Ok(ack) => return Ok(ack),
                Err(error) => error,
            },
            Err(error) => error,
        };
        if let Some(failure) = tries.judge(&error) {
            return Err(failure);
        }
        sleep(RETRY_PAUSE).await;
    }
}

/// What is known from the tries so far.
#[derive(Debug, Default)]
struct Tries {
    /// No stream took so many.
    untaken: u32,
    /// No word came of one: it may be stored.
    is_doubtful: bool,
}

impl Tries {
    /// The failure that ends the tries. `None` if the message is to be published again: its id makes a second one harmless.
    fn judge(&mut self, error: &PublishError) -> Option<Failure> {
        let failure = match error.kind() {
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => {
                self.is_doubtful = true;
                return None;
            }
            PublishErrorKind::StreamNotFound => {
                self.untaken += 1;
                if self.untaken < MAX_TRIES {
                    return None;
                }
                unavailable_stream()
            }
            PublishErrorKind::MaxPayloadExceeded => Fault::BodyTooLarge.into(),
            PublishErrorKind::Other
            | PublishErrorKind::WrongLastMessageId
            | PublishErrorKind::WrongLastSequence
            | PublishErrorKind::MaxAckPending => refusal(error),
        };
        // A refusal of one says nothing of the one before.
        (!self.is_doubtful).then_some(failure)
    }
}

fn refusal(error: &PublishError) -> Failure {
    let refused = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    match refused.map(|refused| refused.error_code().0) {
        Some(STREAM_FULL) => Failure::retry(Fault::StreamFull, Duration::from_secs(1)),
        Some(MESSAGE_TOO_LARGE) => Fault::BodyTooLarge.into(),
        Some(_) | None => {
            tracing::error!(%error, "JetStream refused a job");
            unavailable_stream()
        }
    }
}

fn unavailable_stream() -> Failure {
    Failure::retry(Fault::StreamUnavailable, Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ends the tries, if each ends with one of these.
    fn judged(kinds: &[PublishErrorKind]) -> Option<Fault> {
        let mut tries = Tries::default();
        let mut failures = kinds.iter().map(|kind| tries.judge(&PublishError::from(*kind)));
        failures.find_map(|failure| failure.map(|failure| failure.fault))
    }

    #[test]
    fn only_what_was_certainly_not_stored_has_failed() {
        use PublishErrorKind::{BrokenPipe, MaxPayloadExceeded, Other, StreamNotFound, TimedOut};
        assert_eq!(judged(&[StreamNotFound; 2]), None);
        assert_eq!(judged(&[StreamNotFound; 3]), Some(Fault::StreamUnavailable));
        assert_eq!(judged(&[Other]), Some(Fault::StreamUnavailable));
        assert_eq!(judged(&[MaxPayloadExceeded]), Some(Fault::BodyTooLarge));
        for lost in [TimedOut, BrokenPipe] {
            assert_eq!(
                judged(&[lost, StreamNotFound, StreamNotFound, StreamNotFound, Other]),
                None,
                "{lost:?}"
            );
        }
    }
}

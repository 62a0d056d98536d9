//! Publishes the message of a job.

use std::{error::Error as _, time::Duration};

use async_nats::jetstream::{self, context::PublishErrorKind, message::PublishMessage};
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
pub(crate) async fn publish(context: &jetstream::Context, message: wire::Message) -> Result<(), Failure> {
    let mut unanswered = 0;
    loop {
        let wire::Message { subject, headers, payload } = message.clone();
        let publish = PublishMessage::build().headers(headers).payload(payload);
        let error = match context.send_publish(subject, publish).await {
            Ok(ack) => match ack.await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            },
            Err(error) => error,
        };
        match error.kind() {
            // It may be stored: the same message id makes a second one harmless.
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => {}
            PublishErrorKind::StreamNotFound if unanswered + 1 < MAX_TRIES => unanswered += 1,
            PublishErrorKind::StreamNotFound => return Err(unavailable_stream()),
            PublishErrorKind::MaxPayloadExceeded => return Err(Fault::BodyTooLarge.into()),
            PublishErrorKind::Other
            | PublishErrorKind::WrongLastMessageId
            | PublishErrorKind::WrongLastSequence
            | PublishErrorKind::MaxAckPending => {
                let refused = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
                return Err(match refused.map(|refused| refused.error_code().0) {
                    Some(STREAM_FULL) => Failure::retry(Fault::StreamFull, Duration::from_secs(1)),
                    Some(MESSAGE_TOO_LARGE) => Fault::BodyTooLarge.into(),
                    Some(_) | None => {
                        tracing::error!(%error, "JetStream refused a job");
                        unavailable_stream()
                    }
                });
            }
        }
        sleep(RETRY_PAUSE).await;
    }
}

fn unavailable_stream() -> Failure {
    Failure::retry(Fault::StreamUnavailable, Duration::from_secs(1))
}

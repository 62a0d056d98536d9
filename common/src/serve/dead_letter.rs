//! Dead letters: what is given up is stored before it is settled.

use std::time::Duration;

use tokio::time::timeout;

use super::{delivery::Info, provision, shared::Shared, spans};
use crate::{
    client::jobs::publish,
    wire::{self, DeadCause, DeadLetter, Original},
};

/// How long the store may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The facts of a delivery that is given up; what is known of a job is still to be filled in.
pub(super) fn facts(shared: &Shared, cause: DeadCause, sequence: u64, attempts: u32) -> DeadLetter {
    DeadLetter {
        cause,
        class: shared.class,
        service: shared.config.name.clone(),
        stream: shared.stream.clone(),
        sequence,
        attempts,
        lost: 0,
        job: None,
        run: None,
        tenant: String::new(),
        keyed: false,
        status: None,
        error: None,
        worker: shared.instance.clone(),
        at: shared.clock.now(),
        request_id: String::new(),
        traceparent: None,
        method: String::new(),
        target: String::new(),
        left_out: Vec::new(),
    }
}

/// Stores a dead letter over a message. False if it could not be stored; that is logged.
pub(super) async fn store(shared: &Shared, letter: DeadLetter, original: Original) -> bool {
    let letter = letter.told_by(&original);
    // By its request id the way of a job can be followed from the proxy's log.
    let (kind, sequence, request_id) = (letter.cause, letter.sequence, letter.request_id.clone());
    let cause = kind.as_str();
    let span = spans::dead_letter(cause);
    let job = letter.job.as_ref().map(ToString::to_string);
    let message = wire::encode_dead_letter(&shared.root, letter, original);
    let stored = async {
        if let Ok(ack) = publish(&shared.jetstream, message.clone()).await {
            return Ok(ack);
        }
        // The stream may have been removed.
        let _ = provision::ensure_stores(&shared.jetstream, &shared.config, shared.class).await;
        publish(&shared.jetstream, message).await.map_err(|failure| failure.fault.slug())
    };
    let stream = &shared.stream;
    match timeout(TIMEOUT, stored).await.unwrap_or(Err("no answer in time")) {
        Ok(ack) => {
            spans::kept(span, &ack);
            shared.figures.dead_letter(kind);
            tracing::error!(cause, stream, sequence, job, request_id, "given up; kept as a dead letter");
            true
        }
        Err(error) => {
            tracing::error!(
                cause,
                stream,
                sequence,
                job,
                request_id,
                error,
                "a dead letter cannot be stored"
            );
            false
        }
    }
}

/// Keeps a call that is given up. Its asker is answered even if there is no room for the dead letter.
pub(super) async fn keep(shared: &Shared, cause: DeadCause, info: &Info, original: Original) {
    let attempts = u32::try_from(info.delivered).unwrap_or_default();
    store(shared, facts(shared, cause, info.sequence, attempts), original).await;
}

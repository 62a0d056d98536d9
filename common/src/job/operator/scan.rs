//! Lists a stream without the payloads of its messages.

use std::{ops::ControlFlow, time::Duration};

use async_nats::jetstream::{
    self, Message,
    consumer::{AckPolicy, DeliverPolicy, pull},
    stream::Stream,
};
use futures_util::StreamExt as _;

use super::OperatorError;

/// Messages that are asked for at once: their headers take at most 64 KiB each.
const BATCH: usize = 100;
/// Messages that one scan looks at: then the list goes on with the next page, however little was found.
const MAX_SCANNED: usize = 20_000;
/// After this time the server forgets the consumer of a lister that died.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);
/// How long one batch may take.
const BATCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Shows the messages after a sequence to `visit`, as long as it goes on. Tells after which sequence more are left.
///
/// # Errors
/// When JetStream does not answer.
pub(super) async fn scan(
    stream: &Stream<impl Sync>,
    filter: String,
    after: u64,
    visit: impl FnMut(u64, &Message) -> ControlFlow<()>,
) -> Result<Option<u64>, OperatorError> {
    let config = pull::Config {
        // With a name, stream and filter stand in the subject of the request, so that permissions can tell them.
        name: Some(format!("list-{:016x}", rand::random::<u64>())),
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after.saturating_add(1) },
        ack_policy: AckPolicy::None,
        filter_subject: filter,
        headers_only: true,
        inactive_threshold: FORGOTTEN_AFTER,
        memory_storage: true,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await;
    let consumer = consumer.map_err(|error| OperatorError::jetstream("list the stream", &error))?;
    let scanned = pages(&consumer, visit).await;
    // If it fails, the server forgets the consumer by itself.
    let _ = stream.delete_consumer(&consumer.cached_info().name).await;
    scanned
}

async fn pages(
    consumer: &jetstream::consumer::Consumer<pull::Config>,
    mut visit: impl FnMut(u64, &Message) -> ControlFlow<()>,
) -> Result<Option<u64>, OperatorError> {
    let failed = |error: &dyn std::fmt::Display| OperatorError::jetstream("list the stream", error);
    let mut last = None;
    let mut left = usize::try_from(consumer.cached_info().num_pending).unwrap_or(usize::MAX);
    let mut budget = MAX_SCANNED;
    while left > 0 && budget > 0 {
        let fetch = consumer.fetch().max_messages(BATCH.min(left).min(budget)).expires(BATCH_TIMEOUT);
        let mut batch = fetch.messages().await.map_err(|error| failed(&error))?;
        let before = left;
        while let Some(message) = batch.next().await {
            let message = message.map_err(|error| failed(&error))?;
            let info = message.info().map_err(|error| failed(&error))?;
            let (sequence, pending) = (info.stream_sequence, info.pending);
            left = usize::try_from(pending).unwrap_or(usize::MAX);
            budget = budget.saturating_sub(1);
            last = Some(sequence);
            if visit(sequence, &message).is_break() {
                return Ok(last.filter(|_| left > 0));
            }
        }
        if left == before {
            // What was left has been deleted meanwhile.
            return Ok(None);
        }
    }
    Ok(last.filter(|_| left > 0))
}

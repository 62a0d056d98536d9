//! The look at streams and consumers: one list, then one request for each stream.

use std::{collections::BTreeMap, time::Duration};

use async_nats::jetstream;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{
    api::{self, ConsumerInfo, ConsumerList, Silence, StreamInfo, StreamList},
    platform::{ConsumerOverview, StreamKind, StreamOverview, Streams},
    services,
};
use crate::{
    connection::Connection,
    wire::{Root, unescape_path},
};

/// How long JetStream may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Requests to JetStream at once.
const AT_ONCE: usize = 16;

/// The platform could not be looked at.
#[derive(Debug, thiserror::Error)]
#[error("JetStream does not list its streams: {reason}")]
pub struct OverviewError {
    pub(crate) reason: String,
}

/// A stream and its consumers, if these could be read.
pub(super) type Read = (StreamOverview, bool);

/// Looks at the streams and consumers below `root`. It takes two or three requests to JetStream, one more for each stream,
/// and none for messages.
///
/// A stream that vanishes meanwhile is left out, and named among the errors.
///
/// # Errors
/// When JetStream does not answer.
pub async fn streams(connection: &Connection, root: &Root) -> Result<Streams, OverviewError> {
    look(connection.client().clone(), root).await
}

/// The same on a client that exists.
pub(crate) async fn look(client: async_nats::Client, root: &Root) -> Result<Streams, OverviewError> {
    let mut context = jetstream::new(client);
    context.set_timeout(TIMEOUT);
    let mut errors = Vec::new();
    let listed = list(&context, root, &mut errors).await?;
    let at = listed.iter().filter_map(|info| info.ts).max().unwrap_or_else(Timestamp::now);
    let mut read: Vec<Read> = Vec::with_capacity(listed.len());
    let mut reads = stream::iter(listed).map(|info| read_consumers(&context, root, info)).buffered(AT_ONCE);
    while let Some((stream, said)) = reads.next().await {
        errors.extend(said);
        read.extend(stream);
    }
    read.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let dead_letters_by_service = dead_letters(&context, root, &read, &mut errors).await;
    let of_kind = |kind| read.iter().map(|(stream, _)| stream).filter(move |stream| stream.kind == kind);
    Ok(Streams {
        at,
        services: services::of(&read),
        jobs: services::jobs(&read),
        dead_letters: of_kind(StreamKind::DeadLetters).map(|stream| stream.messages).sum(),
        dead_letters_by_service,
        streams: read.into_iter().map(|(stream, _)| stream).collect(),
        errors,
    })
}

/// The streams of this root. The server leaves the others out, of which an account may have many.
async fn list(
    context: &jetstream::Context,
    root: &Root,
    errors: &mut Vec<String>,
) -> Result<Vec<StreamInfo>, OverviewError> {
    let failed = |silence| match silence {
        Silence::Gone => OverviewError { reason: "there is none".to_owned() },
        Silence::Failed(reason) => OverviewError { reason },
    };
    let below = format!("{root}.>");
    let found = api::list::<StreamList>(context, ("STREAM.LIST", Some(&below)), "stream", errors);
    let mut found = found.await.map_err(failed)?;
    found.retain(|info| kind(root, info).is_some());
    for bucket in [root.job_bucket(), root.platform_bucket()] {
        match api::stream_info(context, &format!("KV_{bucket}"), None).await {
            Ok(info) => found.push(info),
            Err(Silence::Gone) => {}
            Err(Silence::Failed(reason)) => errors.push(format!("stream KV_{bucket}: {reason}")),
        }
    }
    Ok(found)
}

/// What a stream is for; `None` if it is not of this root, but has a wildcard that covers it.
fn kind(root: &Root, info: &StreamInfo) -> Option<StreamKind> {
    let mut below = info.config.subjects.iter().flatten().filter_map(|subject| {
        let rest = subject.strip_prefix(&root.to_string())?.strip_prefix('.')?;
        rest.split('.').next()
    });
    if info.config.name == format!("KV_{}", root.job_bucket()) {
        return Some(StreamKind::Records);
    }
    if info.config.name == format!("KV_{}", root.platform_bucket()) {
        return Some(StreamKind::Other);
    }
    below.next().map(|token| match token {
        "call" => StreamKind::Call,
        "job" => StreamKind::Job,
        "dead" => StreamKind::DeadLetters,
        _ => StreamKind::Other,
    })
}

/// A stream with its consumers, and what is to be said of them. No stream if it has vanished.
async fn read_consumers(
    context: &jetstream::Context,
    root: &Root,
    info: StreamInfo,
) -> (Option<Read>, Vec<String>) {
    let mut errors = Vec::new();
    let name = info.config.name.clone();
    let (api, what) = (format!("CONSUMER.LIST.{name}"), format!("consumer of stream {name}"));
    let kind = kind(root, &info).unwrap_or(StreamKind::Other);
    let mut stream = overview_of(root, kind, info);
    let known = match api::list::<ConsumerList>(context, (&api, None), &what, &mut errors).await {
        Ok(consumers) => {
            stream.consumers = consumers.into_iter().map(consumer_of).collect();
            stream.consumers.sort_by(|a, b| a.name.cmp(&b.name));
            errors.is_empty()
        }
        Err(Silence::Gone) => return (None, vec![format!("stream {name} has vanished meanwhile")]),
        Err(Silence::Failed(reason)) => {
            errors.push(format!("consumers of stream {name}: {reason}"));
            false
        }
    };
    (Some((stream, known)), errors)
}

fn overview_of(root: &Root, kind: StreamKind, info: StreamInfo) -> StreamOverview {
    let StreamInfo { config, state, cluster, ts } = info;
    let oldest = Some(state.first_ts).filter(|_| state.messages > 0);
    let now = ts.unwrap_or_else(Timestamp::now);
    let (max_messages, max_bytes) = (limit(config.max_msgs), limit(config.max_bytes));
    StreamOverview {
        kind,
        service: services::name(root, kind, &config),
        subjects: config.subjects.unwrap_or_default(),
        storage: config.storage,
        replicas: config.num_replicas,
        leader: cluster.and_then(|cluster| cluster.leader).filter(|leader| !leader.is_empty()),
        messages: state.messages,
        max_messages,
        bytes: state.bytes,
        max_bytes,
        max_age_seconds: Some(Duration::from_nanos(config.max_age).as_secs_f64()).filter(|age| *age > 0.0),
        fullness: ratio(state.messages, max_messages).max(ratio(state.bytes, max_bytes)),
        oldest,
        oldest_seconds: oldest.map(|oldest| now.duration_since(oldest).as_secs_f64().max(0.0)),
        consumers: Vec::new(),
        name: config.name,
    }
}

fn consumer_of(info: ConsumerInfo) -> ConsumerOverview {
    let (max_ack_pending, max_waiting) = (limit(info.config.max_ack_pending), limit(info.config.max_waiting));
    ConsumerOverview {
        name: info.name,
        pending: info.num_pending,
        ack_pending: info.num_ack_pending,
        max_ack_pending,
        open_pulls: info.num_waiting,
        max_waiting,
        redelivered: info.num_redelivered,
        fullness: ratio(info.num_ack_pending, max_ack_pending).max(ratio(info.num_waiting, max_waiting)),
    }
}

/// Dead letters by service, which JetStream counts by subject.
async fn dead_letters(
    context: &jetstream::Context,
    root: &Root,
    read: &[Read],
    errors: &mut Vec<String>,
) -> BTreeMap<String, u64> {
    let prefix = root.dead("");
    let prefix = prefix.trim_end_matches('%');
    let mut counts = BTreeMap::new();
    for (stream, _) in read {
        if stream.kind != StreamKind::DeadLetters || stream.messages == 0 {
            continue;
        }
        match api::stream_info(context, &stream.name, Some(&format!("{prefix}*"))).await {
            Ok(info) => {
                for (subject, count) in info.state.subjects.unwrap_or_default() {
                    let Some(token) = subject.strip_prefix(prefix) else { continue };
                    let service = unescape_path(token).map(|path| path.trim_start_matches('/').to_owned());
                    *counts.entry(service.unwrap_or_else(|| token.to_owned())).or_default() += count;
                }
            }
            Err(Silence::Gone) => errors.push(format!("stream {} has vanished meanwhile", stream.name)),
            Err(Silence::Failed(reason)) => errors.push(format!("dead letters by service: {reason}")),
        }
    }
    counts
}

fn limit(limit: i64) -> Option<u64> {
    u64::try_from(limit).ok().filter(|limit| *limit > 0)
}

fn ratio(part: u64, limit: Option<u64>) -> f64 {
    limit.map_or(0.0, |limit| (part as f64 / limit as f64).min(1.0))
}

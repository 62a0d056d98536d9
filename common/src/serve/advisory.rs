//! The safety net: what the server gives up after its last delivery is kept as a dead letter too.
//!
//! A message gets there when no worker has settled it, nor given it up: a header that `async-nats` cannot stand ends each
//! of them. So it is fetched without being parsed by that library.

use std::{sync::Arc, time::Duration};

use async_nats::{Message, SubscribeError, Subscriber};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    dead_letter,
    job::{Jobs, bury},
    shared::Shared,
};
use crate::wire::{DeadCause, Original};

/// How long JetStream may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What the server says of a message that it has given up.
#[derive(Debug, Deserialize)]
struct Advisory {
    stream_seq: u64,
    deliveries: u32,
}

#[derive(Debug, Deserialize)]
struct Got {
    message: Stored,
}

/// A message as JetStream's API shows it, in Base64.
#[derive(Debug, Deserialize)]
struct Stored {
    subject: String,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
}

impl Stored {
    fn original(self) -> Option<Original> {
        let head = BASE64_STANDARD.decode(self.hdrs).ok()?;
        let body = BASE64_STANDARD.decode(self.data).ok()?;
        let head = String::from_utf8_lossy(&head);
        // The first line is the version.
        let lines = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        let headers = lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        Some(Original { subject: self.subject, headers: headers.collect(), body: body.into() })
    }
}

/// Subscribes to what the server says of this consumer; one worker hears of each message. It has to come before the first
/// pull, for the server may only then look for what is to be given up.
pub(super) async fn subscribe(shared: &Shared) -> Result<Subscriber, SubscribeError> {
    let (stream, consumer) = (&shared.stream, &shared.config.consumer);
    let subject = format!("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.{consumer}");
    shared.client.queue_subscribe(subject, format!("{stream}.{consumer}")).await
}

/// Keeps what the server gives up, until the worker drains.
pub(super) async fn keep(
    mut advisories: Subscriber,
    shared: Arc<Shared>,
    jobs: Option<Arc<Jobs>>,
    drain: CancellationToken,
) {
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            Some(message) = advisories.next() => {
                if let Err(error) = give_up(&shared, jobs.as_deref(), &message).await {
                    tracing::error!(error, "what the server gave up cannot be kept");
                }
            }
            else => return,
        }
    }
}

async fn give_up(shared: &Shared, jobs: Option<&Jobs>, message: &Message) -> Result<(), &'static str> {
    let advisory: Advisory = serde_json::from_slice(&message.payload).map_err(|_| "no advisory")?;
    let Advisory { stream_seq, deliveries } = advisory;
    let got = ask(shared, "GET", stream_seq).await?;
    // Gone, if its age or somebody else has ended it.
    let Ok(Got { message }) = serde_json::from_slice(&got) else { return Ok(()) };
    let original = message.original().ok_or("JetStream shows no message")?;
    let cause = DeadCause::MaxDeliveries;
    let is_kept = match jobs {
        Some(jobs) => bury(shared, jobs, cause, stream_seq, deliveries, original).await,
        None => {
            let letter = dead_letter::facts(shared, cause, stream_seq, deliveries);
            dead_letter::store(shared, letter, original).await
        }
    };
    if is_kept {
        ask(shared, "DELETE", stream_seq).await?;
    }
    Ok(())
}

async fn ask(shared: &Shared, action: &str, sequence: u64) -> Result<Bytes, &'static str> {
    let subject = format!("$JS.API.STREAM.MSG.{action}.{}", shared.stream);
    let payload = Bytes::from(format!("{{\"seq\":{sequence}}}"));
    match timeout(TIMEOUT, shared.client.request(subject, payload)).await {
        Ok(Ok(answer)) => Ok(answer.payload),
        Ok(Err(_)) | Err(_) => Err("JetStream does not answer"),
    }
}

//! What jobs are measured against: the same steps written with async-nats and nothing else.
//!
//! KV create, publish with ack, pull, KV update, KV update, reply, ack; all on files; one connection a role.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use async_nats::{
    HeaderMap,
    jetstream::{self, consumer::pull, message::PublishMessage, stream},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinSet,
    time::Instant,
};

const STREAM: &str = "raw-jobs";
const SUBJECT: &str = "raw.job.post.hello";
/// A bucket is a stream of this form (ADR-8).
const BUCKET: &str = "KV_raw-jobs";
const RECORDS: &str = "$KV.raw-jobs";
const PULL_BATCH: usize = 500;

/// As large as a record of the platform without an answer.
const RECORD: Bytes = Bytes::from_static(&[b'r'; 400]);
/// What a worker answers, and keeps with the record.
const ANSWER: Bytes = Bytes::from_static(&[b'r'; 520]);

type Waiters = Arc<Mutex<HashMap<u64, oneshot::Sender<()>>>>;

/// A worker that runs, and an asker. Clones share them.
#[derive(Clone)]
pub(crate) struct RawJobs {
    asker: jetstream::Context,
    inbox: String,
    waiters: Waiters,
    next: Arc<AtomicU64>,
}

impl RawJobs {
    /// A loop whose worker has `permits` jobs in work at once.
    pub(crate) async fn start(url: &str, permits: usize) -> anyhow::Result<Self> {
        let worker = jetstream::new(async_nats::connect(url).await?);
        let stream = worker
            .create_stream(stream::Config {
                name: STREAM.to_owned(),
                subjects: vec![SUBJECT.into()],
                retention: stream::RetentionPolicy::WorkQueue,
                discard: stream::DiscardPolicy::New,
                max_messages: 100_000,
                ..stream::Config::default()
            })
            .await?;
        let consumer = stream
            .create_consumer(pull::Config {
                durable_name: Some("workers".to_owned()),
                max_ack_pending: 10_000,
                ..pull::Config::default()
            })
            .await?;
        worker
            .create_stream(stream::Config {
                name: BUCKET.to_owned(),
                subjects: vec![format!("{RECORDS}.>")],
                max_messages_per_subject: 1,
                discard: stream::DiscardPolicy::New,
                allow_rollup: true,
                ..stream::Config::default()
            })
            .await?;
        tokio::spawn(work(worker, consumer, permits));
        let client = async_nats::connect(url).await?;
        let (inbox, waiters) = (client.new_inbox(), Waiters::default());
        let answers = client.subscribe(format!("{inbox}.*")).await?;
        tokio::spawn(correlate(answers, waiters.clone()));
        client.flush().await?;
        let asker = jetstream::new(client);
        Ok(Self { asker, inbox, waiters, next: Arc::default() })
    }

    /// Jobs a second with `in_flight` askers.
    pub(crate) async fn rate(&self, in_flight: usize, period: Duration) -> anyhow::Result<f64> {
        let began = Instant::now();
        let mut askers = JoinSet::new();
        for _ in 0..in_flight {
            let raw = self.clone();
            askers.spawn(async move {
                let mut count = 0_u64;
                while began.elapsed() < period {
                    raw.ask().await?;
                    count += 1;
                }
                anyhow::Ok(count)
            });
        }
        let mut total = 0;
        while let Some(count) = askers.join_next().await {
            total += count??;
        }
        Ok(total as f64 / began.elapsed().as_secs_f64())
    }

    async fn ask(&self) -> anyhow::Result<()> {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner).insert(token, sender);
        let revision = put(&self.asker, &token.to_string(), RECORD, 0).await?;
        let mut headers = HeaderMap::new();
        headers.insert("Reply-To", format!("{}.{token}", self.inbox));
        headers.insert("Revision", revision.to_string());
        headers.insert("Nats-Msg-Id", token.to_string());
        self.asker.publish_with_headers(SUBJECT, headers, Bytes::new()).await?.await?;
        answer.await?;
        Ok(())
    }
}

/// Compare-and-set: `expected` is the last revision of this key, 0 where there is none.
async fn put(context: &jetstream::Context, key: &str, value: Bytes, expected: u64) -> anyhow::Result<u64> {
    let message = PublishMessage::build().payload(value).expected_last_subject_sequence(expected);
    Ok(context.send_publish(format!("{RECORDS}.{key}"), message).await?.await?.sequence)
}

async fn work(
    context: jetstream::Context,
    consumer: jetstream::consumer::PullConsumer,
    permits: usize,
) -> anyhow::Result<()> {
    let permits = Arc::new(Semaphore::new(permits));
    let mut messages = consumer.stream().max_messages_per_batch(PULL_BATCH).messages().await?;
    while let Some(message) = messages.next().await {
        let message = message?;
        let permit = permits.clone().acquire_owned().await?;
        let context = context.clone();
        tokio::spawn(async move {
            let _permit = permit;
            if let Err(error) = run(&context, &message).await {
                eprintln!("raw job: {error:#}");
            }
        });
    }
    Ok(())
}

async fn run(context: &jetstream::Context, message: &jetstream::Message) -> anyhow::Result<()> {
    let headers = message.headers.as_ref().context("no headers")?;
    let get = |name| headers.get(name).map(|value| value.as_str()).context("a header is missing");
    let (reply_to, key) = (get("Reply-To")?, get("Nats-Msg-Id")?);
    let revision = put(context, key, RECORD, get("Revision")?.parse()?).await?;
    put(context, key, ANSWER, revision).await?;
    context.client().publish(reply_to.to_owned(), ANSWER).await?;
    message.ack().await.map_err(anyhow::Error::from_boxed)
}

async fn correlate(mut answers: async_nats::Subscriber, waiters: Waiters) {
    while let Some(answer) = answers.next().await {
        let token = answer.subject.rsplit('.').next().and_then(|token| token.parse().ok());
        let waiter = token
            .and_then(|token: u64| waiters.lock().unwrap_or_else(PoisonError::into_inner).remove(&token));
        if let Some(waiter) = waiter {
            let _ = waiter.send(());
        }
    }
}

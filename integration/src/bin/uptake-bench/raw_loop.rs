//! What the platform is measured against: the same exchange written with async-nats and nothing else.
//!
//! Publish with ack, pull 500 at a time, reply, ack; one connection a role; one reply subscription.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::{
    HeaderMap, Message,
    jetstream::{self, consumer::pull, stream},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::{sync::oneshot, task::JoinSet, time::Instant};

const STREAM: &str = "raw-loop";
const SUBJECT: &str = "raw.call.get.hello";
const PULL_BATCH: usize = 500;

/// What a worker answers to a request without a body.
const GREETING: Bytes = Bytes::from_static(b"Hello, world!\n");

type Waiters = Arc<Mutex<HashMap<u64, oneshot::Sender<Message>>>>;

/// A worker that runs, and an asker. Clones share them.
#[derive(Clone)]
pub(crate) struct RawLoop {
    asker: jetstream::Context,
    inbox: String,
    waiters: Waiters,
    next: Arc<AtomicU64>,
    body: Bytes,
}

impl RawLoop {
    /// A loop whose requests carry a `body`, which comes back; an empty one is answered with a greeting.
    pub(crate) async fn start(url: &str, body: Bytes) -> anyhow::Result<Self> {
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
        tokio::spawn(work(worker.client(), consumer));
        let client = async_nats::connect(url).await?;
        let (inbox, waiters) = (client.new_inbox(), Waiters::default());
        let answers = client.subscribe(format!("{inbox}.*")).await?;
        tokio::spawn(correlate(answers, waiters.clone()));
        client.flush().await?;
        Ok(Self { asker: jetstream::new(client), inbox, waiters, next: Arc::default(), body })
    }

    /// Exchanges a second with `in_flight` askers.
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

    /// One exchange.
    pub(crate) async fn ask(&self) -> anyhow::Result<()> {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner).insert(token, sender);
        let mut headers = HeaderMap::new();
        headers.insert("Reply-To", format!("{}.{token}", self.inbox));
        self.asker.publish_with_headers(SUBJECT, headers, self.body.clone()).await?.await?;
        answer.await?;
        Ok(())
    }
}

async fn work(client: async_nats::Client, consumer: jetstream::consumer::PullConsumer) -> anyhow::Result<()> {
    let mut messages = consumer.stream().max_messages_per_batch(PULL_BATCH).messages().await?;
    while let Some(message) = messages.next().await {
        let message = message?;
        let reply_to = message.headers.as_ref().and_then(|headers| headers.get("Reply-To"));
        if let Some(reply_to) = reply_to {
            let body = if message.payload.is_empty() { GREETING } else { message.payload.clone() };
            client.publish(reply_to.to_string(), body).await?;
        }
        message.ack().await.map_err(anyhow::Error::from_boxed)?;
    }
    Ok(())
}

async fn correlate(mut answers: async_nats::Subscriber, waiters: Waiters) {
    while let Some(answer) = answers.next().await {
        let token = answer.subject.rsplit('.').next().and_then(|token| token.parse().ok());
        let waiter = token
            .and_then(|token: u64| waiters.lock().unwrap_or_else(PoisonError::into_inner).remove(&token));
        if let Some(waiter) = waiter {
            let _ = waiter.send(answer);
        }
    }
}

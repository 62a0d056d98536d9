//! A service without our library: for answers that ours would never give.

use async_nats::{
    HeaderMap,
    jetstream::{
        self,
        consumer::pull,
        stream::{Config, RetentionPolicy},
    },
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use test_support::NatsServer;
use tokio::time::timeout;

use crate::SOON;

/// A service that owns `/<name>` and all below.
pub struct FakeService {
    client: async_nats::Client,
    messages: pull::Stream,
}

/// A request that it took.
#[derive(Debug)]
pub struct Taken {
    client: async_nats::Client,
    /// The message as it came.
    pub message: jetstream::Message,
}

impl FakeService {
    /// Makes its stream and its consumer.
    ///
    /// # Panics
    ///
    /// When that is not possible.
    pub async fn start(server: &NatsServer, name: &str) -> Self {
        Self::try_start(server, name).await.unwrap_or_else(|error| panic!("fake service: {error}"))
    }

    async fn try_start(server: &NatsServer, name: &str) -> Result<Self, async_nats::Error> {
        let client = async_nats::connect(server.url()).await?;
        let stream = Config {
            name: name.to_owned(),
            subjects: vec![format!("uptake.call.*.{name}"), format!("uptake.call.*.{name}.>")],
            retention: RetentionPolicy::WorkQueue,
            ..Config::default()
        };
        let stream = jetstream::new(client.clone()).create_stream(stream).await?;
        let consumer = pull::Config { durable_name: Some("fake".to_owned()), ..pull::Config::default() };
        let messages = stream.create_consumer(consumer).await?.messages().await?;
        Ok(Self { client, messages })
    }

    /// The next request, acked.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn take(&mut self) -> Taken {
        match timeout(SOON, self.messages.next()).await {
            Ok(Some(Ok(message))) => {
                message.ack().await.unwrap_or_else(|error| panic!("fake service: {error}"));
                Taken { client: self.client.clone(), message }
            }
            other => panic!("fake service: no request, but {other:?}"),
        }
    }
}

impl Taken {
    /// A header of the request.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.message.headers.as_ref()?.get(name).map(async_nats::HeaderValue::as_str)
    }

    /// Where the answer goes.
    #[must_use]
    pub fn reply_to(&self) -> &str {
        self.header("Uptake-Reply-To").unwrap_or_default()
    }

    /// Answers 200 with a text.
    pub async fn answer(&self, body: &str) {
        self.answer_with(good_headers(), body.to_owned().into_bytes()).await;
    }

    /// Answers with these headers.
    ///
    /// # Panics
    ///
    /// When it cannot be published.
    pub async fn answer_with(&self, headers: HeaderMap, body: Vec<u8>) {
        let published = if headers.is_empty() {
            self.client.publish(self.reply_to().to_owned(), Bytes::from(body)).await
        } else {
            self.client.publish_with_headers(self.reply_to().to_owned(), headers, Bytes::from(body)).await
        };
        published.unwrap_or_else(|error| panic!("fake service: {error}"));
        self.client.flush().await.unwrap_or_else(|error| panic!("fake service: {error}"));
    }
}

/// The headers of a good answer.
#[must_use]
pub fn good_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Uptake-Wire", "1");
    headers.insert("Uptake-Status", "200");
    headers.insert("Uptake-Attempt", "fake.1");
    headers.insert("Uptake-Timing", "1 1 0 1");
    headers
}

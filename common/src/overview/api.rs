//! What JetStream answers, as far as it is used: tolerant of what older and newer servers say besides.

use async_nats::jetstream::{
    self, ErrorCode,
    context::{RequestError, RequestErrorKind},
    response::Response,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use std::collections::BTreeMap;

/// Pages of a list that are read: what lies beyond is told as an error. A server puts 256 entries on a page.
const MAX_PAGES: usize = 64;

/// Why a question has no answer.
#[derive(Debug)]
pub(super) enum Silence {
    /// What was asked about is not there (any more).
    Gone,
    /// JetStream does not answer, or refuses.
    Failed(String),
}

/// A list with entries of one kind.
pub(super) trait Listed: DeserializeOwned {
    type Item;
    fn into_items(self) -> Vec<Self::Item>;
}

/// A part of a list.
#[derive(Debug, Deserialize)]
struct Page<L> {
    #[serde(default)]
    total: usize,
    /// Names of what did not answer, in a cluster.
    #[serde(default)]
    missing: Option<Vec<String>>,
    #[serde(flatten)]
    list: L,
}

#[derive(Debug, Deserialize)]
pub(super) struct StreamList {
    #[serde(default)]
    streams: Option<Vec<StreamInfo>>,
}

impl Listed for StreamList {
    type Item = StreamInfo;

    fn into_items(self) -> Vec<StreamInfo> {
        self.streams.unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ConsumerList {
    #[serde(default)]
    consumers: Option<Vec<ConsumerInfo>>,
}

impl Listed for ConsumerList {
    type Item = ConsumerInfo;

    fn into_items(self) -> Vec<ConsumerInfo> {
        self.consumers.unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct StreamInfo {
    pub(super) config: StreamSettings,
    pub(super) state: StreamState,
    pub(super) cluster: Option<Cluster>,
    /// The server's clock; not before nats-server 2.10.
    pub(super) ts: Option<Timestamp>,
}

/// Limits below 1 mean that there is none.
#[derive(Debug, Deserialize)]
pub(super) struct StreamSettings {
    pub(super) name: String,
    #[serde(default)]
    pub(super) subjects: Option<Vec<String>>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) max_msgs: i64,
    #[serde(default)]
    pub(super) max_bytes: i64,
    /// Nanoseconds.
    #[serde(default)]
    pub(super) max_age: u64,
    #[serde(default)]
    pub(super) storage: String,
    #[serde(default)]
    pub(super) num_replicas: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct StreamState {
    pub(super) messages: u64,
    pub(super) bytes: u64,
    pub(super) first_ts: Timestamp,
    /// Messages by subject, if they were asked for.
    pub(super) subjects: Option<BTreeMap<String, u64>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cluster {
    pub(super) leader: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ConsumerInfo {
    pub(super) name: String,
    pub(super) config: ConsumerSettings,
    #[serde(default)]
    pub(super) num_pending: u64,
    #[serde(default)]
    pub(super) num_ack_pending: u64,
    #[serde(default)]
    pub(super) num_waiting: u64,
    #[serde(default)]
    pub(super) num_redelivered: u64,
}

/// Limits below 1 mean that there is none.
#[derive(Debug, Deserialize)]
pub(super) struct ConsumerSettings {
    #[serde(default)]
    pub(super) max_ack_pending: i64,
    #[serde(default)]
    pub(super) max_waiting: i64,
}

#[derive(Serialize)]
struct ListRequest<'a> {
    offset: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
}

/// All entries of a list; those of streams that have a subject below `subject`, if one is given. What is amiss with it is
/// told in `errors`, where it is called `what`.
pub(super) async fn list<L: Listed>(
    context: &jetstream::Context,
    (api, subject): (&str, Option<&str>),
    what: &str,
    errors: &mut Vec<String>,
) -> Result<Vec<L::Item>, Silence> {
    let mut items = Vec::new();
    for _ in 0..MAX_PAGES {
        let request = ListRequest { offset: items.len(), subject };
        let page: Page<L> = ask(context, api, &request).await?;
        for missing in page.missing.into_iter().flatten() {
            errors.push(format!("{what} {missing}: no answer from the server that leads it"));
        }
        let before = items.len();
        items.extend(page.list.into_items());
        if items.len() >= page.total || items.len() == before {
            return Ok(items);
        }
    }
    errors.push(format!("{what}: there are more than the {} that were read", items.len()));
    Ok(items)
}

/// One stream; with the number of its messages by subject, if a filter of subjects is given.
pub(super) async fn stream_info(
    context: &jetstream::Context,
    name: &str,
    subjects_filter: Option<&str>,
) -> Result<StreamInfo, Silence> {
    #[derive(Serialize)]
    struct Request<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        subjects_filter: Option<&'a str>,
    }
    ask(context, &format!("STREAM.INFO.{name}"), &Request { subjects_filter }).await
}

/// Asks the API of JetStream.
pub(super) async fn ask<T: DeserializeOwned>(
    context: &jetstream::Context,
    api: &str,
    request: &impl Serialize,
) -> Result<T, Silence> {
    match context.request(api.to_owned(), request).await {
        Ok(Response::Ok(answer)) => Ok(answer),
        Ok(Response::Err { error }) if is_missing(error.error_code()) => Err(Silence::Gone),
        Ok(Response::Err { error }) => Err(Silence::Failed(error.to_string())),
        Err(error) => Err(Silence::Failed(words(&error))),
    }
}

fn is_missing(code: ErrorCode) -> bool {
    code == ErrorCode::STREAM_NOT_FOUND || code == ErrorCode::CONSUMER_NOT_FOUND
}

fn words(error: &RequestError) -> String {
    match error.kind() {
        RequestErrorKind::NoResponders => "no JetStream answers".to_owned(),
        RequestErrorKind::TimedOut => "no answer in time".to_owned(),
        _ => error.to_string(),
    }
}

//! A platform without workers, whose streams and bucket the test makes and fills.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    stream::{Config, DiscardPolicy, RetentionPolicy, Stream},
};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::Request;
use integration::Platform;
use uptake::{
    Identity,
    job::secret::fingerprint,
    wire::{
        Class, DeadCause, DeadLetter, Envelope, JobId, JobState, Message, Original, Record, Root,
        decode_record, encode_dead_letter, encode_job, encode_record,
    },
};

/// The stream of the jobs of all paths.
pub(super) const JOBS: &str = "uptake-job-test";
const DEAD: &str = "uptake-dead";
const BUCKET: &str = "KV_uptake-jobs";

pub(crate) struct Stage {
    pub(crate) platform: Platform,
    pub(crate) context: jetstream::Context,
}

pub(super) fn root() -> Root {
    "uptake".parse().unwrap()
}

/// What is known of a job's message that was given up in its first run.
pub(crate) fn letter_of_job(number: u128) -> DeadLetter {
    DeadLetter {
        cause: DeadCause::AttemptsFailed,
        class: Class::Job,
        service: "users".to_owned(),
        stream: JOBS.to_owned(),
        sequence: 1,
        attempts: 5,
        lost: 0,
        job: Some(JobId::from_bits(number)),
        run: Some(1),
        tenant: "t".repeat(32),
        keyed: true,
        status: Some(500),
        error: None,
        worker: "w".to_owned(),
        at: jiff::Timestamp::now(),
        request_id: String::new(),
        traceparent: None,
        method: String::new(),
        target: String::new(),
        left_out: Vec::new(),
    }
}

pub(super) fn request(target: &str, body: &[u8]) -> Request<Bytes> {
    let request = Request::post(target).header("content-type", "text/plain");
    let request = request.header("authorization", "Bearer secret").header("cookie", "a=secret");
    request.body(Bytes::copy_from_slice(body)).unwrap()
}

/// The record of a job in this state, as its letter has it.
pub(crate) fn record(letter: &DeadLetter, target: &str, state: JobState) -> Record {
    Record {
        id: letter.job.clone().unwrap(),
        state,
        tenant: letter.tenant.clone(),
        fingerprint: fingerprint(&request(target, b"body")),
        keyed: true,
        method: "POST".to_owned(),
        target: target.to_owned(),
        request_id: "r".to_owned(),
        run: 1,
        attempts: 5,
        lost: 0,
        stream: Some(JOBS.to_owned()),
        sequence: Some(1),
        worker: Some("w".to_owned()),
        created: jiff::Timestamp::now(),
        started: None,
        finished: Some(jiff::Timestamp::now()),
        next_attempt: None,
        progress: None,
        last_failure: None,
        answer: None,
    }
}

impl Stage {
    /// Starts a server and a proxy, and makes the streams as a worker would.
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, with these flags of the proxy.
    pub(crate) async fn start_with(proxy_args: &[&str]) -> Self {
        let platform = Platform::builder().workers(0).proxy_args(proxy_args).start().await;
        let context = jetstream::new(async_nats::connect(platform.server.url()).await.unwrap());
        let dead = Config {
            subjects: vec!["uptake.dead.*".into()],
            name: DEAD.into(),
            max_age: Duration::from_secs(30 * 86_400),
            ..Config::default()
        };
        let bucket = |name: &str| Config {
            name: format!("KV_{name}"),
            subjects: vec![format!("$KV.{name}.>")],
            max_messages_per_subject: 1,
            max_bytes: 64 << 20,
            max_message_size: 96 << 10,
            discard: DiscardPolicy::New,
            ..Config::default()
        };
        let jobs = Config {
            name: JOBS.into(),
            subjects: vec!["uptake.job.>".into()],
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::New,
            max_messages: 20_000,
            ..Config::default()
        };
        for config in [dead, bucket("uptake-jobs"), bucket("uptake-platform"), jobs] {
            context.create_stream(config).await.unwrap();
        }
        Self { platform, context }
    }

    pub(super) async fn stream(&self, name: &str) -> Stream {
        self.context.get_stream(name).await.unwrap()
    }

    async fn publish(&self, message: Message) {
        let Message { subject, headers, payload } = message;
        self.context.publish_with_headers(subject, headers, payload).await.unwrap().await.unwrap();
    }

    /// Stores the letter of a job's message.
    pub(crate) async fn store_letter(&self, letter: DeadLetter, target: &str, body: &[u8]) {
        let (id, run) = (letter.job.clone().unwrap(), letter.run.unwrap());
        let reply = Some("uptake.reply.proxy.a.b");
        let envelope =
            Envelope { request_id: "r".to_owned(), identity: Some(identity()), ..Envelope::default() };
        let message = encode_job(&root(), &request(target, body), &envelope, reply, &id, run).unwrap();
        self.store_letter_of(letter, message).await;
    }

    /// Stores the letter of any message.
    pub(super) async fn store_letter_of(&self, letter: DeadLetter, message: Message) {
        let original = Original::new(&message.subject, &message.headers, message.payload);
        self.publish(encode_dead_letter(&root(), letter.told_by(&original), original)).await;
    }

    pub(crate) async fn store_record(&self, record: &Record) {
        let (headers, payload) = encode_record(record).unwrap();
        self.publish(Message { subject: format!("$KV.uptake-jobs.{}", record.id), headers, payload }).await;
    }

    pub(super) async fn record(&self, id: &JobId) -> Record {
        let bucket = self.stream(BUCKET).await;
        let found = bucket.get_last_raw_message_by_subject(&format!("$KV.uptake-jobs.{id}")).await.unwrap();
        decode_record(&found.headers, found.payload).unwrap()
    }

    /// The numbers of all letters.
    pub(crate) async fn letters(&self) -> Vec<u64> {
        let state = self.stream(DEAD).await.cached_info().state.clone();
        let stream = self.stream(DEAD).await;
        let mut numbers = Vec::new();
        for sequence in state.first_sequence..=state.last_sequence {
            if stream.get_raw_message(sequence).await.is_ok() {
                numbers.push(sequence);
            }
        }
        numbers
    }

    /// The message ids in the stream of jobs.
    pub(super) async fn job_messages(&self) -> Vec<String> {
        let stream = self.stream(JOBS).await;
        let state = stream.cached_info().state.clone();
        let mut ids = Vec::new();
        for sequence in state.first_sequence..=state.last_sequence {
            if let Ok(message) = stream.get_raw_message(sequence).await {
                ids.push(message.headers.get("Nats-Msg-Id").unwrap().to_string());
            }
        }
        ids
    }

    pub(super) async fn consumers_of_dead(&self) -> usize {
        self.stream(DEAD).await.consumer_names().try_collect::<Vec<_>>().await.unwrap().len()
    }
}

/// A caller that a proxy has verified.
fn identity() -> Identity {
    let claims = [("sub".to_owned(), "ada".into())];
    Identity::new(claims.into_iter().collect()).unwrap()
}

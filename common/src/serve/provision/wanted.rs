//! What streams, buckets and consumers are made with.

use std::time::Duration;

use async_nats::jetstream::{
    consumer::{AckPolicy, pull},
    stream::{Config as StreamConfig, DiscardPolicy, Republish, RetentionPolicy, StorageType},
};

use crate::{
    config::{Storage, WorkerConfig},
    wire::{Class, MAX_HEADER_OCTETS, MAX_INLINE_OCTETS, MAX_RECORD_OCTETS, filters},
};

/// Deliveries of a call after which the server gives up; workers give up earlier.
const MAX_CALL_DELIVER: i64 = 6;
/// Deliveries of a job after which the server gives up. Attempts are counted in the record; a lost one takes two
/// deliveries, and a worker that drains passes on what it has not begun.
const MAX_JOB_DELIVER: i64 = 32;
/// Open pull requests of all workers together.
const MAX_WAITING_PULLS: i64 = 4096;
/// Time within which a dead letter that is published twice is stored once.
const DEAD_LETTER_WINDOW: Duration = Duration::from_secs(120);

/// All that has to be there for the workers of a service. Who provisions in their place, such as `deploy` for a cluster, makes
/// just this.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The streams of this service, one for each class that it takes, each with the consumer of its workers.
    pub requests: Vec<(StreamConfig, pull::Config)>,
    /// What all services of the platform share: the stream of dead letters.
    pub dead_letters: StreamConfig,
    /// What all services of the platform share: key-value buckets, as the streams (`KV_<bucket>`) that they are.
    pub buckets: Vec<StreamConfig>,
}

/// What a worker with these settings needs, its name and its prefixes among them.
#[must_use]
pub fn wanted(config: &WorkerConfig) -> Wanted {
    let classes: &[Class] = if config.jobs.permits > 0 { &[Class::Call, Class::Job] } else { &[Class::Call] };
    Wanted {
        requests: classes.iter().map(|&class| (requests(config, class), consumer(config, class))).collect(),
        dead_letters: dead_letters(config),
        buckets: vec![platform_bucket(config), job_bucket(config)],
    }
}

/// The stream of a service's requests of one class.
pub(super) fn requests(config: &WorkerConfig, class: Class) -> StreamConfig {
    let subjects = config.prefixes.iter().flat_map(|prefix| filters(&config.nats.root, class, prefix));
    let jobs = &config.jobs;
    let stream = StreamConfig {
        name: config.stream_of(class),
        subjects: subjects.collect(),
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        max_message_size: i32::try_from(MAX_INLINE_OCTETS + MAX_HEADER_OCTETS + 1024).unwrap_or(i32::MAX),
        num_replicas: config.replicas as usize,
        ..StreamConfig::default()
    };
    match class {
        Class::Call => StreamConfig {
            max_messages: config.max_waiting,
            max_bytes: config.max_waiting_bytes,
            max_age: config.max_budget,
            storage: match config.storage {
                Storage::File => StorageType::File,
                Storage::Memory => StorageType::Memory,
            },
            // Calls carry no message id; the window only costs memory. It must not exceed the age.
            duplicate_window: config.max_budget.min(Duration::from_secs(1)),
            description: Some(format!("calls of {}", config.name)),
            ..stream
        },
        Class::Job => StreamConfig {
            max_messages: jobs.max_waiting,
            max_bytes: jobs.max_waiting_bytes,
            max_age: jobs.max_wait(),
            storage: StorageType::File,
            duplicate_window: jobs.duplicate_window.min(jobs.max_wait()),
            description: Some(format!("jobs of {}", config.name)),
            ..stream
        },
    }
}

/// The consumer of that stream.
pub(super) fn consumer(config: &WorkerConfig, class: Class) -> pull::Config {
    pull::Config {
        durable_name: Some(config.consumer.clone()),
        name: Some(config.consumer.clone()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: config.ack_wait,
        max_deliver: match class {
            Class::Call => MAX_CALL_DELIVER,
            Class::Job => MAX_JOB_DELIVER,
        },
        max_ack_pending: match class {
            Class::Call => config.max_ack_pending,
            // A job that waits for its next attempt counts too; permits bound what runs.
            Class::Job => config.jobs.max_waiting,
        },
        max_waiting: MAX_WAITING_PULLS,
        ..pull::Config::default()
    }
}

/// The bucket of all jobs' records.
pub(super) fn job_bucket(config: &WorkerConfig) -> StreamConfig {
    let (root, jobs) = (&config.nats.root, &config.jobs);
    let bucket = root.job_bucket();
    let record = MAX_RECORD_OCTETS + jobs.max_answer_bytes as usize;
    StreamConfig {
        max_age: jobs.retention,
        max_bytes: jobs.store_bytes,
        max_message_size: i32::try_from(record).unwrap_or(i32::MAX),
        // Who waits hears of a record after it was stored; what is published to the bucket may yet be refused.
        republish: Some(Republish {
            source: format!("$KV.{bucket}.>"),
            destination: root.records(),
            headers_only: false,
        }),
        description: Some("records of jobs".to_owned()),
        ..bucket_of(config, &bucket)
    }
}

/// The bucket of what the platform shares for ever.
pub(super) fn platform_bucket(config: &WorkerConfig) -> StreamConfig {
    let bucket = bucket_of(config, &config.nats.root.platform_bucket());
    StreamConfig { description: Some("what all programs of the platform share".to_owned()), ..bucket }
}

/// A bucket without history. It is read from its leader, so that no reader sees an older value than it wrote. It has no
/// rollups: by one, whoever may write a single key could erase the others.
fn bucket_of(config: &WorkerConfig, bucket: &str) -> StreamConfig {
    StreamConfig {
        name: format!("KV_{bucket}"),
        subjects: vec![format!("$KV.{bucket}.>")],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: config.replicas as usize,
        allow_rollup: false,
        allow_direct: false,
        ..StreamConfig::default()
    }
}

/// The stream of all services' dead letters.
pub(super) fn dead_letters(config: &WorkerConfig) -> StreamConfig {
    let (root, jobs) = (&config.nats.root, &config.jobs);
    StreamConfig {
        name: root.dead_stream(),
        subjects: vec![root.dead_letters()],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        max_age: jobs.dead_letter_age,
        max_bytes: jobs.dead_letter_bytes,
        storage: StorageType::File,
        num_replicas: config.replicas as usize,
        duplicate_window: DEAD_LETTER_WINDOW.min(jobs.dead_letter_age),
        description: Some("dead letters of all services".to_owned()),
        ..StreamConfig::default()
    }
}

//! Streams and consumers: made where they are missing, never altered where they exist.

mod wanted;

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{
    self, ErrorCode,
    context::{ConsumerInfoErrorKind, CreateStreamErrorKind, GetStreamErrorKind},
    stream::{Config as StreamConfig, ConsumerCreateStrictErrorKind},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::{
    config::{Provision, WorkerConfig},
    wire::Class,
};

pub use wanted::{Wanted, wanted};

/// Pause before the next look at what is not there.
pub(super) const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// How often the stores are looked at.
const STORES_PERIOD: Duration = Duration::from_secs(10);
/// How often a wait for it is logged.
const COMPLAINT_PERIOD: Duration = Duration::from_secs(10);
/// What JetStream calls a request that is wrong in itself.
const BAD_REQUEST: usize = 400;

/// The stream or the consumer is not there, or not as it must be.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// It exists with other settings. Nobody alters it: it may belong to somebody else.
    #[error(
        "{kind} {name} exists with other settings ({difference}); use another name, or remove it when nothing waits in it"
    )]
    Mismatch {
        /// `stream` or `consumer`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Each setting with what it is and what it should be.
        difference: String,
    },
    /// It is missing, and somebody else must make it.
    #[error("{kind} {name} is not there yet")]
    Missing {
        /// `stream` or `consumer`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// JetStream does not take these settings: the subjects belong to another stream, say.
    #[error("JetStream refuses {kind} {name}: {reason}")]
    Refused {
        /// `stream` or `consumer`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What it said.
        reason: String,
    },
    /// JetStream does not answer, or not now.
    #[error("JetStream cannot {action}: {reason}")]
    JetStream {
        /// What was asked.
        action: &'static str,
        /// What it said.
        reason: String,
    },
}

impl ProvisionError {
    /// Whether it may be otherwise a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Mismatch { .. } | Self::Refused { .. } => false,
            Self::Missing { .. } | Self::JetStream { .. } => true,
        }
    }

    fn jetstream(action: &'static str, reason: &dyn std::fmt::Display) -> Self {
        Self::JetStream { action, reason: reason.to_string() }
    }
}

/// Sees to it that the stream of a class and its consumer are there, and what its deliveries write to.
pub(super) async fn ensure(
    context: &jetstream::Context,
    config: &WorkerConfig,
    class: Class,
) -> Result<(), ProvisionError> {
    ensure_stores(context, config, class).await?;
    ensure_stream(context, config, wanted::requests(config, class)).await?;
    ensure_consumer(context, config, class).await
}

/// Sees to it that the stores are there that all services of the platform share.
pub(super) async fn ensure_stores(
    context: &jetstream::Context,
    config: &WorkerConfig,
    class: Class,
) -> Result<(), ProvisionError> {
    ensure_stream(context, config, wanted::dead_letters(config)).await?;
    if class == Class::Job {
        ensure_stream(context, config, wanted::platform_bucket(config)).await?;
        ensure_stream(context, config, wanted::job_bucket(config)).await?;
    }
    Ok(())
}

/// Makes the stores again that somebody has deleted while this worker runs, until it drains.
pub(super) async fn keep_stores(shared: Arc<Shared>, drain: CancellationToken) {
    loop {
        tokio::select! {
            () = drain.cancelled() => return,
            () = tokio::time::sleep(STORES_PERIOD) => {}
        }
        // A difference is told at the start, and silence of JetStream by whoever needs it.
        let _ = ensure_stores(&shared.jetstream, &shared.config, shared.class).await;
    }
}

/// Checks once, before anything is served, that all that a class needs is as it must be.
pub(super) async fn wait(
    context: &jetstream::Context,
    config: &WorkerConfig,
    class: Class,
) -> Result<(), ProvisionError> {
    let mut complaint = Complaint::default();
    while let Err(error) = ensure(context, config, class).await {
        if !error.is_transient() {
            return Err(error);
        }
        complaint.log(&error);
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    Ok(())
}

/// Logs what is waited for: at once, then now and then.
#[derive(Debug, Default)]
pub(super) struct Complaint(Option<Instant>);

impl Complaint {
    pub(super) fn log(&mut self, error: &ProvisionError) {
        if self.0.is_none_or(|at| at.elapsed() >= COMPLAINT_PERIOD) {
            tracing::warn!(%error, "waiting for the stream and its consumer");
            self.0 = Some(Instant::now());
        }
    }
}

async fn ensure_stream(
    context: &jetstream::Context,
    config: &WorkerConfig,
    wanted: StreamConfig,
) -> Result<(), ProvisionError> {
    let found = match context.get_stream(&wanted.name).await {
        Ok(stream) => stream.cached_info().config.clone(),
        Err(error) if !is_missing_stream(&error) => {
            let hint = format!("{error}; does the server have JetStream (nats-server -js)?");
            return Err(ProvisionError::jetstream("look the stream up", &hint));
        }
        Err(_) if config.provision == Provision::Other => {
            return Err(ProvisionError::Missing { kind: "stream", name: wanted.name });
        }
        Err(_) => match context.create_stream(wanted.clone()).await {
            Ok(_) => {
                tracing::info!(stream = wanted.name, "stream made");
                return Ok(());
            }
            Err(error) => return Err(not_made(config, wanted.name, &error)),
        },
    };
    let difference = stream_difference(&found, &wanted);
    difference.into_result("stream", wanted.name)
}

/// What must be as it is wanted, whoever made the stream.
fn stream_difference(found: &StreamConfig, wanted: &StreamConfig) -> Difference {
    let mut difference = Difference::default();
    let subjects = |config: &StreamConfig| {
        let mut subjects: Vec<_> = config.subjects.iter().map(ToString::to_string).collect();
        subjects.sort();
        subjects.join(" ")
    };
    difference.note("subjects", &subjects(found), &subjects(wanted));
    difference.note("retention", &format!("{:?}", found.retention), &format!("{:?}", wanted.retention));
    difference.note("discard", &format!("{:?}", found.discard), &format!("{:?}", wanted.discard));
    if let Some(republish) = &wanted.republish {
        let destination = found.republish.as_ref().map_or("none", |found| &found.destination);
        difference.note("republish", destination, &republish.destination);
        // A record that lapses before its job's message takes the job with it: other services rely on this age too.
        let age = |age: Duration| if age.is_zero() { Duration::MAX } else { age };
        if age(found.max_age) < age(wanted.max_age) {
            difference.note("max_age", &format!("{:?}", found.max_age), &format!("{:?}", wanted.max_age));
        }
    }
    difference
}

/// Why a stream was not made. Another worker may have been faster, with other settings: the next look shows it.
fn not_made(
    config: &WorkerConfig,
    name: String,
    error: &jetstream::context::CreateStreamError,
) -> ProvisionError {
    match error.kind() {
        CreateStreamErrorKind::JetStream(refused)
            if refused.code() == BAD_REQUEST && refused.error_code() != ErrorCode::STREAM_NAME_EXIST =>
        {
            let reason = format!("{refused}; its prefixes are {}", config.prefixes.join(","));
            ProvisionError::Refused { kind: "stream", name, reason }
        }
        _ => ProvisionError::jetstream("make the stream", error),
    }
}

fn is_missing_stream(error: &jetstream::context::GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(ref e) if e.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

async fn ensure_consumer(
    context: &jetstream::Context,
    config: &WorkerConfig,
    class: Class,
) -> Result<(), ProvisionError> {
    let (stream_name, wanted) = (config.stream_of(class), wanted::consumer(config, class));
    let name = config.consumer.clone();
    let stream = context
        .get_stream_no_info(&stream_name)
        .await
        .map_err(|error| ProvisionError::jetstream("look the stream up", &error))?;
    let found = match stream.consumer_info(&name).await {
        Ok(info) => info.config,
        Err(error) if error.kind() != ConsumerInfoErrorKind::NotFound => {
            return Err(ProvisionError::jetstream("look the consumer up", &error));
        }
        Err(_) if config.provision == Provision::Other => {
            return Err(ProvisionError::Missing { kind: "consumer", name });
        }
        Err(_) => match stream.create_consumer_strict(wanted).await {
            Ok(_) => {
                tracing::info!(consumer = name, "consumer made");
                return Ok(());
            }
            // Another worker was faster: the next look shows whether it is the same.
            Err(error) if error.kind() == ConsumerCreateStrictErrorKind::AlreadyExists => {
                return Err(ProvisionError::jetstream("make the consumer", &"another worker was faster"));
            }
            Err(error) => return Err(ProvisionError::jetstream("make the consumer", &error)),
        },
    };
    let mut difference = Difference::default();
    difference.note("ack_policy", &format!("{:?}", found.ack_policy), &format!("{:?}", wanted.ack_policy));
    difference.note("ack_wait", &format!("{:?}", found.ack_wait), &format!("{:?}", wanted.ack_wait));
    difference.note("max_deliver", &found.max_deliver.to_string(), &wanted.max_deliver.to_string());
    difference.note(
        "max_ack_pending",
        &found.max_ack_pending.to_string(),
        &wanted.max_ack_pending.to_string(),
    );
    difference.note("filter_subject", &found.filter_subject, "");
    difference.into_result("consumer", format!("{name} of stream {stream_name}"))
}

#[derive(Default)]
struct Difference(Vec<String>);

impl Difference {
    fn note(&mut self, setting: &str, found: &str, wanted: &str) {
        if found != wanted {
            self.0.push(format!("{setting} is {found:?}, wanted {wanted:?}"));
        }
    }

    fn into_result(self, kind: &'static str, name: String) -> Result<(), ProvisionError> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(ProvisionError::Mismatch { kind, name, difference: self.0.join("; ") }),
        }
    }
}

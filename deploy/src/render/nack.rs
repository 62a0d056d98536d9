//! Streams and consumers, for NACK: what workers would provision by themselves, made of the same definitions.
//!
//! Buckets are rendered as the streams that they are, not as NACK's `KeyValue`. That makes buckets by the rules of nats.go: no
//! message of theirs can be deleted, which is how a proxy takes a record back whose job was refused, and any copy answers
//! reads, where a reader must see what it wrote.

mod account;
mod fields;
mod store;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use async_nats::jetstream::{
    consumer::{IntoConsumerConfig as _, pull},
    stream::Config as StreamConfig,
};
use uptake::provision::{Wanted, wanted};

use self::{account::ACCOUNT, fields::Fields};
use super::meta;
use crate::{
    object::Object,
    resource::{
        Custom,
        nack::{ConsumerSpec, Republish, StreamSpec},
    },
    settings::Settings,
    worker,
};

/// The workload that streams belong to which no service owns.
const SHARED: &str = "nats";
/// Time within which JetStream stores a message id once where nobody says otherwise, in nanoseconds, at most the stream's age.
const USUAL_WINDOW: u64 = 120_000_000_000;
/// A hundred years in nanoseconds, for ever to a stream. NACK takes what has no age for a year (`DefaultStream` of jsm.go).
const FOR_EVER: u64 = 876_000 * 3_600 * 1_000_000_000;

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    let mut all = Vec::new();
    for (name, service) in &settings.services {
        all.push((name.as_str(), wanted(&worker::config(settings, name, service)?)));
    }
    store::holds_all(settings, &all)?;
    let mut objects = vec![account::account(settings)];
    for stream in shared(&all)? {
        objects.push(self::stream(settings, SHARED, stream)?);
    }
    for (name, wanted) in &all {
        for (stream, consumer) in &wanted.requests {
            objects.push(self::stream(settings, name, stream)?);
            objects.push(self::consumer(settings, name, &stream.name, consumer)?);
        }
    }
    distinct(&objects)?;
    Ok(objects)
}

/// The stores that all services share, once.
fn shared<'a>(all: &'a [(&str, Wanted)]) -> Result<Vec<&'a StreamConfig>> {
    let stores = |wanted: &'a Wanted| std::iter::once(&wanted.dead_letters).chain(&wanted.buckets);
    let Some((first, wanted)) = all.first() else { return Ok(Vec::new()) };
    for (other, theirs) in all {
        for (one, their) in stores(wanted).zip(stores(theirs)) {
            ensure!(
                one == their,
                "services.{first} and services.{other} want the shared stream {} to differ: {}; set the same in env of both",
                one.name,
                Fields::difference(one, their)?
            );
        }
    }
    Ok(stores(wanted).collect())
}

/// Kubernetes keeps one object of a name; JetStream has names that look alike.
fn distinct(objects: &[Object]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for object in objects {
        let is_new = seen.insert((object.kind(), object.name()), ()).is_none();
        ensure!(
            is_new,
            "{}: two streams have this name in Kubernetes; name one of them otherwise",
            object.title()
        );
    }
    Ok(())
}

fn stream(settings: &Settings, owner: &str, config: &StreamConfig) -> Result<Object> {
    let mut fields = Fields::of(config)?;
    let age = Some(fields.nanoseconds("max_age")).filter(|age| *age > 0).unwrap_or(FOR_EVER);
    let window = Some(fields.nanoseconds("duplicate_window")).filter(|window| *window > 0);
    let mut republish = fields.inner("republish");
    let spec = StreamSpec {
        account: ACCOUNT.to_owned(),
        name: fields.text("name"),
        description: fields.text("description"),
        subjects: fields.texts("subjects"),
        retention: fields.text("retention"),
        discard: fields.text("discard"),
        storage: fields.text("storage"),
        replicas: Some(fields.number("num_replicas")),
        max_consumers: Some(fields.limit("max_consumers")),
        max_msgs: Some(fields.limit("max_msgs")),
        max_msgs_per_subject: Some(fields.number("max_msgs_per_subject")),
        max_bytes: Some(fields.limit("max_bytes")),
        max_msg_size: Some(fields.limit("max_msg_size")),
        max_age: go_duration(age),
        duplicate_window: go_duration(window.unwrap_or(USUAL_WINDOW.min(age))),
        no_ack: Some(fields.flag("no_ack")),
        allow_rollup: Some(fields.flag("allow_rollup_hdrs")),
        allow_direct: Some(fields.flag("allow_direct")),
        deny_delete: Some(fields.flag("deny_delete")),
        deny_purge: Some(fields.flag("deny_purge")),
        republish: republish
            .as_mut()
            .map(|fields| Republish { source: fields.text("src"), destination: fields.text("dest") }),
        prevent_delete: Some(true),
        ..StreamSpec::default()
    };
    let at = || format!("stream {}", config.name);
    fields.finish().with_context(at)?;
    republish.map_or(Ok(()), Fields::finish).with_context(at)?;
    Ok(Custom { metadata: meta::named(settings, owner, &object_name(&[&config.name])), spec }.into())
}

fn consumer(settings: &Settings, owner: &str, stream: &str, config: &pull::Config) -> Result<Object> {
    let mut fields = Fields::of(&config.into_consumer_config())?;
    let name = fields.text("durable_name");
    let at = || format!("consumer {name} of stream {stream}");
    let other = fields.text("name");
    ensure!(other == name || other.is_empty(), "{}: NACK knows one name, not {other:?} besides", at());
    let spec = ConsumerSpec {
        account: ACCOUNT.to_owned(),
        stream_name: stream.to_owned(),
        durable_name: name.clone(),
        description: fields.text("description"),
        deliver_policy: fields.text("deliver_policy"),
        ack_policy: fields.text("ack_policy"),
        ack_wait: go_duration(fields.nanoseconds("ack_wait")),
        max_deliver: Some(fields.limit("max_deliver")),
        max_ack_pending: Some(fields.number("max_ack_pending")),
        max_waiting: Some(fields.number("max_waiting")),
        replay_policy: fields.text("replay_policy"),
        filter_subject: fields.text("filter_subject"),
        filter_subjects: fields.texts("filter_subjects"),
        replicas: Some(fields.number("num_replicas")),
        mem_storage: Some(fields.flag("mem_storage")),
        prevent_delete: Some(true),
        ..ConsumerSpec::default()
    };
    fields.finish().with_context(at)?;
    let metadata = meta::named(settings, owner, &object_name(&[stream, &name]));
    Ok(Custom { metadata, spec }.into())
}

/// The name in Kubernetes (RFC 1123: lower case, digits, hyphens) of what has other names in JetStream.
fn object_name(names: &[&str]) -> String {
    let plain = |octet: char| if octet.is_ascii_alphanumeric() { octet.to_ascii_lowercase() } else { '-' };
    let name: String = names.join("-").chars().map(plain).collect();
    name.trim_matches('-').to_owned()
}

/// A time as Go writes it: `1h0m0s`, `1.5s`, `200ms`.
fn go_duration(nanoseconds: u64) -> String {
    let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let digits = format!("{rest:09}");
    let (point, fraction) = match digits.trim_end_matches('0') {
        "" => ("", ""),
        fraction => (".", fraction),
    };
    match (hours, minutes, seconds) {
        (0, 0, 0) if rest % 1_000_000 == 0 => format!("{}ms", rest / 1_000_000),
        (0, 0, 0) => format!("{rest}ns"),
        (0, 0, _) => format!("{seconds}{point}{fraction}s"),
        (0, _, _) => format!("{minutes}m{}{point}{fraction}s", seconds % 60),
        _ => format!("{hours}h{minutes}m{}{point}{fraction}s", seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{FOR_EVER, go_duration, object_name};

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanoseconds, written) in [
            (5_000_000_000, "5s"),
            (1_500_000_000, "1.5s"),
            (200_000_000, "200ms"),
            (1, "1ns"),
            (120_000_000_000, "2m0s"),
            (82_800_000_000_000, "23h0m0s"),
            (3_661_000_000_001, "1h1m1.000000001s"),
            (FOR_EVER, "876000h0m0s"),
        ] {
            assert_eq!(go_duration(nanoseconds), written);
        }
    }

    #[test]
    fn names_of_streams_become_names_of_objects() {
        assert_eq!(object_name(&["KV_uptake-jobs"]), "kv-uptake-jobs");
        assert_eq!(object_name(&["my_root-call-hello", "workers"]), "my-root-call-hello-workers");
    }
}

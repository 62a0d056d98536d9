//! Streams, consumers and buckets of NACK.

use serde::{Deserialize, Serialize};

use super::Kind;

/// A stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamSpec {}

impl Kind for StreamSpec {
    const API_VERSION: &'static str = "jetstream.nats.io/v1beta2";
    const KIND: &'static str = "Stream";
}

/// A consumer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerSpec {}

impl Kind for ConsumerSpec {
    const API_VERSION: &'static str = "jetstream.nats.io/v1beta2";
    const KIND: &'static str = "Consumer";
}

/// A key-value bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyValueSpec {}

impl Kind for KeyValueSpec {
    const API_VERSION: &'static str = "jetstream.nats.io/v1beta2";
    const KIND: &'static str = "KeyValue";
}

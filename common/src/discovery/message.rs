//! The answers of ADR-32.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{About, Figures};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Ping,
    Info,
    Stats,
}

impl Verb {
    /// What a subject asks, by its second token: `None` for a verb that ADR-32 does not have.
    pub(super) fn of(subject: &str) -> Option<Self> {
        match subject.split('.').nth(1)? {
            "PING" => Some(Self::Ping),
            "INFO" => Some(Self::Info),
            "STATS" => Some(Self::Stats),
            _ => None,
        }
    }

    /// The subject by which all are asked for their figures.
    pub(super) const STATS_OF_ALL: &str = "$SRV.STATS";

    fn answer_type(self) -> &'static str {
        match self {
            Self::Ping => "io.nats.micro.v1.ping_response",
            Self::Info => "io.nats.micro.v1.info_response",
            Self::Stats => "io.nats.micro.v1.stats_response",
        }
    }
}

/// What all answers hold, and that of `PING` alone.
#[derive(Serialize)]
struct Standard<'a> {
    #[serde(rename = "type")]
    answer_type: &'a str,
    name: &'a str,
    id: &'a str,
    version: &'a str,
    metadata: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Info<'a> {
    #[serde(flatten)]
    standard: Standard<'a>,
    description: &'a str,
    endpoints: &'a [EndpointInfo],
}

#[derive(Serialize)]
struct OwnStats<'a> {
    #[serde(flatten)]
    standard: Standard<'a>,
    started: Timestamp,
    endpoints: Vec<EndpointStats>,
}

/// What `INFO` tells of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointInfo {
    /// Its name.
    pub name: String,
    /// The subject below which all of its requests lie.
    pub subject: String,
    /// What its instances share: the consumer by which they pull; empty if they share nothing.
    pub queue_group: String,
    /// More that is known of it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// What `STATS` tells of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointStats {
    /// Its name.
    pub name: String,
    /// The subject below which all of its requests lie.
    pub subject: String,
    /// What its instances share: the consumer by which they pull; empty if they share nothing.
    pub queue_group: String,
    /// Requests that it got.
    pub num_requests: u64,
    /// How many of them ended in an error.
    pub num_errors: u64,
    /// The last of these errors; empty if there was none.
    pub last_error: String,
    /// What else there is to tell.
    #[serde(default)]
    pub data: serde_json::Value,
    /// Time that handling them took, in nanoseconds in sum.
    pub processing_time: u64,
    /// The same for one request in the mean.
    pub average_processing_time: u64,
}

impl EndpointStats {
    fn new(info: &EndpointInfo, figures: Figures) -> Self {
        let Figures { requests, errors, last_error, processing_time, data } = figures;
        let processing_time = nanos(processing_time);
        Self {
            name: info.name.clone(),
            subject: info.subject.clone(),
            queue_group: info.queue_group.clone(),
            num_requests: requests,
            num_errors: errors,
            last_error,
            data,
            processing_time,
            average_processing_time: processing_time.checked_div(requests).unwrap_or_default(),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The answer to `STATS`, as it is read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Stats {
    /// Name of the service.
    pub name: String,
    /// Id of the instance.
    pub id: String,
    /// Its version.
    pub version: String,
    /// More that is known of it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// When it was started.
    pub started: Timestamp,
    /// What its endpoints have done.
    pub endpoints: Vec<EndpointStats>,
}

/// What an instance answers.
pub(super) fn answer(verb: Verb, about: &About, figures: impl FnOnce() -> Vec<Figures>) -> Vec<u8> {
    let About { name, id, version, description, started, metadata, endpoints } = about;
    let standard = Standard { answer_type: verb.answer_type(), name, id, version, metadata };
    let octets = match verb {
        Verb::Ping => serde_json::to_vec(&standard),
        Verb::Info => serde_json::to_vec(&Info { standard, description, endpoints }),
        Verb::Stats => {
            let endpoints = endpoints.iter().zip(figures());
            let endpoints = endpoints.map(|(info, figures)| EndpointStats::new(info, figures)).collect();
            serde_json::to_vec(&OwnStats { standard, started: *started, endpoints })
        }
    };
    // Strings and numbers: always serializable.
    octets.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        let metadata = BTreeMap::from([("root".to_owned(), "uptake".to_owned())]);
        About {
            name: "hello".to_owned(),
            id: "0f".to_owned(),
            version: "1.2.3".to_owned(),
            description: "says hello".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            endpoints: vec![EndpointInfo {
                name: "call".to_owned(),
                subject: "uptake.call.>".to_owned(),
                queue_group: "workers".to_owned(),
                metadata: metadata.clone(),
            }],
            metadata,
        }
    }

    fn answered(verb: Verb, figures: Figures) -> serde_json::Value {
        serde_json::from_slice(&answer(verb, &about(), || vec![figures])).unwrap_or_default()
    }

    #[test]
    fn each_verb_is_answered_with_the_fields_of_adr_32_and_no_others() {
        let figures = Figures {
            requests: 3,
            errors: 1,
            last_error: "worker-lost".to_owned(),
            processing_time: Duration::from_nanos(11),
            data: serde_json::json!({"permits": 4}),
        };
        let standard = |answer_type: &str| {
            serde_json::json!({
                "type": answer_type, "name": "hello", "id": "0f", "version": "1.2.3",
                "metadata": {"root": "uptake"},
            })
        };
        let with = |mut document: serde_json::Value, more: serde_json::Value| {
            if let (Some(document), serde_json::Value::Object(more)) = (document.as_object_mut(), more) {
                document.extend(more);
            }
            document
        };
        assert_eq!(answered(Verb::Ping, figures.clone()), standard("io.nats.micro.v1.ping_response"));
        let endpoint =
            serde_json::json!({"name": "call", "subject": "uptake.call.>", "queue_group": "workers"});
        let info = with(endpoint.clone(), serde_json::json!({"metadata": {"root": "uptake"}}));
        let more = serde_json::json!({"description": "says hello", "endpoints": [info]});
        let expected = with(standard("io.nats.micro.v1.info_response"), more);
        assert_eq!(answered(Verb::Info, figures.clone()), expected);
        let stats = with(
            endpoint,
            serde_json::json!({
                "num_requests": 3, "num_errors": 1, "last_error": "worker-lost", "data": {"permits": 4},
                "processing_time": 11, "average_processing_time": 3,
            }),
        );
        let more = serde_json::json!({"started": "1970-01-01T00:00:00Z", "endpoints": [stats]});
        assert_eq!(answered(Verb::Stats, figures), with(standard("io.nats.micro.v1.stats_response"), more));
    }

    #[test]
    fn before_the_first_request_the_mean_is_zero_and_the_last_error_empty() {
        let stats = answered(Verb::Stats, Figures::default());
        assert_eq!(stats["endpoints"][0]["average_processing_time"], 0);
        assert_eq!(stats["endpoints"][0]["last_error"], "");
    }
}

//! What NACK 0.23 asks of JetStream for its objects: by the library jsm.go, which begins with defaults of its own and then sets
//! what the object says. What is 0 or false in an object mostly stays as the library has it.

use std::{collections::BTreeMap, time::Duration};

use async_nats::jetstream;
use futures_util::TryStreamExt as _;
use serde_json::{Map, Value, json};
use test_support::NatsServer;

/// Makes what the objects want, in their order.
pub(super) async fn apply(server: &NatsServer, objects: &[Value]) {
    let client = async_nats::connect(server.url()).await.unwrap();
    // How NACK itself reaches the server is not what is made there.
    for object in objects.iter().filter(|object| object["kind"] != "Account") {
        let spec = &object["spec"];
        let (subject, request) = match object["kind"].as_str() {
            Some("Stream") => (format!("STREAM.CREATE.{}", text(spec, "name")), stream(spec)),
            Some("Consumer") => {
                let (stream, name) = (text(spec, "streamName"), text(spec, "durableName"));
                let request = json!({"stream_name": stream, "config": consumer(spec)});
                (format!("CONSUMER.DURABLE.CREATE.{stream}.{name}"), request)
            }
            kind => panic!("NACK gets no {kind:?}"),
        };
        let answer = client.request(format!("$JS.API.{subject}"), request.to_string().into()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
        assert!(answer.get("error").is_none(), "{subject}: {answer}\n{request}");
    }
}

/// Each stream's settings, with those of its consumers, as the server has them.
pub(super) async fn found(server: &NatsServer) -> BTreeMap<String, Value> {
    let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let mut all = BTreeMap::new();
    let mut streams = context.streams();
    while let Some(info) = streams.try_next().await.unwrap() {
        let mut config = serde_json::to_value(&info.config).unwrap();
        let stream = context.get_stream(&info.config.name).await.unwrap();
        let consumers: Vec<_> = stream.consumers().try_collect().await.unwrap();
        for consumer in consumers {
            config["consumers"][&consumer.name] = serde_json::to_value(&consumer.config).unwrap();
        }
        all.insert(info.config.name, config);
    }
    all
}

fn stream(spec: &Value) -> Value {
    let mut made = json!({
        "name": text(spec, "name"), "retention": "limits", "discard": "old", "no_ack": false,
        "max_age": nanoseconds(Duration::from_secs(365 * 24 * 3_600)),
    });
    let fields = made.as_object_mut().unwrap();
    for (name, field) in [
        ("description", "description"),
        ("subjects", "subjects"),
        ("maxConsumers", "max_consumers"),
        ("maxMsgs", "max_msgs"),
        ("maxBytes", "max_bytes"),
        ("maxMsgSize", "max_msg_size"),
        ("replicas", "num_replicas"),
        ("retention", "retention"),
        ("storage", "storage"),
        ("discard", "discard"),
        ("allowDirect", "allow_direct"),
        ("allowRollup", "allow_rollup_hdrs"),
    ] {
        fields.insert(field.to_owned(), spec[name].clone());
    }
    set_if_said(fields, spec, "maxMsgsPerSubject", "max_msgs_per_subject");
    set_if_said(fields, spec, "noAck", "no_ack");
    set_if_said(fields, spec, "denyDelete", "deny_delete");
    set_if_said(fields, spec, "denyPurge", "deny_purge");
    set_time(fields, spec, "maxAge", "max_age");
    set_time(fields, spec, "duplicateWindow", "duplicate_window");
    if let Some(republish) = spec.get("republish") {
        let republish = json!({"src": republish["source"], "dest": republish["destination"]});
        fields.insert("republish".to_owned(), republish);
    }
    made
}

fn consumer(spec: &Value) -> Value {
    let mut made = json!({
        "deliver_policy": "all", "ack_policy": "explicit", "replay_policy": "instant",
        "ack_wait": nanoseconds(Duration::from_secs(30)),
    });
    let fields = made.as_object_mut().unwrap();
    for (name, field) in [
        ("durableName", "durable_name"),
        ("maxAckPending", "max_ack_pending"),
        ("maxWaiting", "max_waiting"),
        ("replicas", "num_replicas"),
        ("ackPolicy", "ack_policy"),
        ("deliverPolicy", "deliver_policy"),
        ("replayPolicy", "replay_policy"),
    ] {
        fields.insert(field.to_owned(), spec[name].clone());
    }
    set_if_said(fields, spec, "maxDeliver", "max_deliver");
    set_if_said(fields, spec, "memStorage", "mem_storage");
    set_if_said(fields, spec, "filterSubject", "filter_subject");
    set_time(fields, spec, "ackWait", "ack_wait");
    made
}

/// Sets what is neither absent nor 0 nor false.
fn set_if_said(fields: &mut Map<String, Value>, spec: &Value, name: &str, field: &str) {
    let value = spec.get(name).filter(|value| ![json!(0), json!(false), json!("")].contains(value));
    fields.extend(value.map(|value| (field.to_owned(), value.clone())));
}

/// Sets a time that is longer than none.
fn set_time(fields: &mut Map<String, Value>, spec: &Value, name: &str, field: &str) {
    let time = spec[name].as_str().map(go_duration).filter(|time| !time.is_zero());
    fields.extend(time.map(|time| (field.to_owned(), nanoseconds(time))));
}

fn nanoseconds(time: Duration) -> Value {
    u64::try_from(time.as_nanos()).unwrap().into()
}

fn text<'a>(spec: &'a Value, name: &str) -> &'a str {
    spec[name].as_str().unwrap_or_else(|| panic!("no {name} in {spec}"))
}

/// Reads what Go's `time.ParseDuration` reads, of what is rendered.
fn go_duration(text: &str) -> Duration {
    let mut rest = text;
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|octet: char| octet.is_ascii_alphabetic()).unwrap();
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|octet: char| !octet.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "ns" => 1e-9,
            unit => panic!("{text}: {unit}"),
        };
        whole += Duration::from_secs_f64(number.parse::<f64>().unwrap() * seconds);
        rest = after;
    }
    whole
}

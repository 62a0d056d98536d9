//! What an API server fills in where it was left out. Most of it is what anybody would expect. With NACK's objects it decides
//! about messages: a consumer without an ack wait gets one of a nanosecond, a stream without storage forgets at a restart.

use serde_json::Value;

/// The fields of NACK's objects that nobody but us says.
const OURS: [(&str, &[&str]); 2] = [
    ("Stream", &["discard", "maxAge", "maxBytes", "maxMsgs", "replicas", "retention", "storage"]),
    ("Consumer", &["ackPolicy", "ackWait", "deliverPolicy", "replayPolicy"]),
];

/// Each such field that was left out, and what it would become.
pub(super) fn by_the_api_server(kind: &str, schema: &Value, object: &Value) -> Vec<(String, String)> {
    let ours = OURS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, fields)| fields);
    let stored = kube_cel::apply_defaults(schema, object);
    let left_out = ours.iter().filter(|field| object["spec"].get(field).is_none());
    let filled = left_out.filter_map(|field| Some((field, stored["spec"].get(field)?)));
    filled
        .map(|(field, value)| {
            (format!("spec.{field}"), format!("it is left out, and the API server would say {value}; say it"))
        })
        .collect()
}

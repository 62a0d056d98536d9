mod dead_letter;
mod golden;
mod properties;
mod round_trip;
mod subject;

use async_nats::HeaderMap;
use serde_json::Value;
use uptake::wire::{Identity, Root};

fn root() -> Root {
    "uptake".parse().unwrap()
}

fn identity(claims: Value) -> Identity {
    let Value::Object(claims) = claims else { panic!("{claims} is no object") };
    Identity::new(claims).unwrap()
}

/// The header block as it goes over the wire, by name: what async-nats writes is not in order.
fn block(headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (name, values) in headers.iter() {
        lines.extend(values.iter().enumerate().map(|(n, value)| format!("{name} [{n}]: {value}")));
    }
    lines.sort();
    lines.join("\n")
}

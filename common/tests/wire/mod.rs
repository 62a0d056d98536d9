mod golden;
mod properties;
mod round_trip;
mod subject;

use async_nats::HeaderMap;
use uptake::wire::Root;

fn root() -> Root {
    "uptake".parse().unwrap()
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

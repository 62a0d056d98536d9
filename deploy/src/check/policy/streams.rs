//! Streams, consumers, and what scales by them.

use super::{super::Finding, Checked, view::finding};
use crate::object::Object;

/// The shortest ack wait, in seconds: below it a worker that is well loses what it has to another.
const MIN_ACK_WAIT: f64 = 1.0;

pub(super) fn explicit_streams(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in checked.objects() {
        let Object::Stream(stream) = object else { continue };
        let spec = &stream.spec;
        for (field, value) in [
            ("spec.storage", &spec.storage),
            ("spec.retention", &spec.retention),
            ("spec.discard", &spec.discard),
        ] {
            if value.is_empty() {
                findings.push(finding(object, field, "it is not set, and NACK's own value is not ours"));
            }
        }
        if spec.no_ack == Some(true) {
            findings.push(finding(object, "spec.noAck", "who publishes would not know what is stored"));
        }
    }
    findings
}

pub(super) fn explicit_acks(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in checked.objects() {
        let Object::Consumer(consumer) = object else { continue };
        if consumer.spec.ack_policy != "explicit" {
            findings.push(finding(object, "spec.ackPolicy", "it must be explicit"));
        }
        if seconds(&consumer.spec.ack_wait).is_none_or(|wait| wait < MIN_ACK_WAIT) {
            let message = "it must be a second at least; left out, it is 1 ns, and everything is delivered over and over";
            findings.push(finding(object, "spec.ackWait", message));
        }
    }
    findings
}

/// A time as Go writes it, such as `1m30s`.
fn seconds(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|at: char| !at.is_ascii_digit() && at != '.')?;
        let (number, unit) = rest.split_at(end);
        let end = unit.find(|at: char| at.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let factor = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

pub(super) fn fallback(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in checked.objects() {
        let Object::ScaledObject(scaled) = object else { continue };
        if scaled.spec.fallback.as_ref().is_none_or(|fallback| fallback.replicas < 1) {
            let message = "without it there is nobody to answer when NATS does not tell what waits";
            findings.push(finding(object, "spec.fallback", message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_read_as_go_writes_them() {
        for (text, read) in [("5s", 5.0), ("1m30s", 90.0), ("200ms", 0.2), ("1h", 3600.0), ("1ns", 1e-9)] {
            assert!((seconds(text).unwrap() - read).abs() < 1e-12, "{text}");
        }
        for text in ["", "5", "s", "5x", "soon"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}

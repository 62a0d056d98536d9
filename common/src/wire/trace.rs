//! W3C Trace Context and Baggage: what travels, and what is dropped because it is malformed.

use async_nats::HeaderMap;
use http::header::HeaderMap as Fields;

use super::{insert, is_plain, names};

/// Octets of a `traceparent` of version 00.
const TRACEPARENT_OCTETS: usize = 55;
/// Most octets of `tracestate` that travel (W3C Trace Context §3.3.1.5 asks for at least 512).
const MAX_TRACESTATE_OCTETS: usize = 512;
/// Most octets of `baggage` that travel (W3C Baggage §3.3.2).
const MAX_BAGGAGE_OCTETS: usize = 8192;

/// The trace context of one request. Hostile or malformed parts are dropped, never refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceContext {
    /// `00-<trace id>-<parent id>-<flags>`.
    pub traceparent: Option<String>,
    /// Vendor data; only beside a valid `traceparent`.
    pub tracestate: Option<String>,
    /// Name-value pairs of the application.
    pub baggage: Option<String>,
}

impl TraceContext {
    /// Takes the context out of HTTP fields, so that it travels once.
    #[must_use]
    pub fn take_from(fields: &mut Fields) -> Self {
        let traceparent = take(fields, "traceparent", usize::MAX).filter(|value| is_traceparent(value));
        let tracestate = take(fields, "tracestate", MAX_TRACESTATE_OCTETS).filter(|_| traceparent.is_some());
        Self { traceparent, tracestate, baggage: take(fields, "baggage", MAX_BAGGAGE_OCTETS) }
    }

    /// The trace id, 32 lower-case hex digits.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref().and_then(|value| value.get(3..35))
    }

    /// Trace id and parent id, in hex digits.
    pub(crate) fn ids(&self) -> Option<(&str, &str)> {
        let value = self.traceparent.as_deref()?;
        Some((value.get(3..35)?, value.get(36..52)?))
    }

    /// Whether its sender traces it.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        let flags =
            self.traceparent.as_deref().and_then(|value| value.as_bytes().get(TRACEPARENT_OCTETS - 1));
        // Their lowest bit. `a` is an odd character, and ten an even number.
        flags.is_some_and(|digit| if digit.is_ascii_digit() { digit & 1 == 1 } else { digit & 1 == 0 })
    }

    /// Says that it is not traced, whatever its sender says.
    pub(crate) fn clear_sampled(&mut self) {
        if let Some(value) = self.traceparent.as_mut().filter(|value| value.len() == TRACEPARENT_OCTETS) {
            value.replace_range(53.., "00");
        }
    }

    /// A fresh context for a request that came without one: a new trace, not sampled.
    #[must_use]
    pub fn generate() -> Self {
        let (trace, parent) = (rand::random::<u128>() | 1, rand::random::<u64>() | 1);
        Self { traceparent: Some(format!("00-{trace:032x}-{parent:016x}-00")), ..Self::default() }
    }

    pub(super) fn encode(&self, headers: &mut HeaderMap, octets: &mut usize) {
        let parts = [
            (names::TRACEPARENT, &self.traceparent),
            (names::TRACESTATE, &self.tracestate),
            (names::BAGGAGE, &self.baggage),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                insert(headers, octets, name, value);
            }
        }
    }

    pub(super) fn decode(headers: &HeaderMap) -> Self {
        // What a handler is given goes on with the calls that it makes: the same rules as for a client.
        let get = |name, max_octets| {
            let value = headers.get(name).map(|value| value.as_str());
            value.filter(|value| is_carried(value, max_octets)).map(str::to_owned)
        };
        let traceparent = get(names::TRACEPARENT, usize::MAX).filter(|value| is_traceparent(value));
        let tracestate = get(names::TRACESTATE, MAX_TRACESTATE_OCTETS).filter(|_| traceparent.is_some());
        Self { traceparent, tracestate, baggage: get(names::BAGGAGE, MAX_BAGGAGE_OCTETS) }
    }

    /// Puts the context into HTTP fields, where a handler and its libraries look for it.
    pub fn write_to(&self, fields: &mut Fields) {
        let parts = [
            ("traceparent", &self.traceparent),
            ("tracestate", &self.tracestate),
            ("baggage", &self.baggage),
        ];
        for (name, value) in parts {
            if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
                fields.insert(name, value);
            }
        }
    }
}

/// Removes a field; several lines are joined by commas, as RFC 9110 §5.3 has it.
fn take(fields: &mut Fields, name: &'static str, max_octets: usize) -> Option<String> {
    let http::header::Entry::Occupied(entry) = fields.entry(name) else { return None };
    let (_, values) = entry.remove_entry_mult();
    let lines: Option<Vec<_>> = values
        .map(|value| is_plain(value.as_bytes()).then(|| value.to_str().ok().map(str::to_owned)).flatten())
        .collect();
    lines.map(|lines| lines.join(",")).filter(|joined| is_carried(joined, max_octets))
}

/// Whether a value may travel.
fn is_carried(value: &str, max_octets: usize) -> bool {
    !value.is_empty() && value.len() <= max_octets && is_plain(value.as_bytes())
}

/// W3C Trace Context §3.2.2, version 00.
fn is_traceparent(value: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let parts: Vec<&str> = value.split('-').collect();
    let [version, trace, parent, flags] = parts[..] else { return false };
    version == "00"
        && (trace.len(), parent.len(), flags.len()) == (32, 16, 2)
        && [trace, parent, flags].into_iter().all(hex)
        && trace.bytes().any(|b| b != b'0')
        && parent.bytes().any(|b| b != b'0')
}

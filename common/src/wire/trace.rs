//! W3C Trace Context and Baggage: what travels, and what is dropped because it is malformed.

use async_nats::HeaderMap;
use http::header::HeaderMap as Fields;

use super::{insert, is_plain, names};

/// Octets of a `traceparent` of version 00.
const TRACEPARENT_OCTETS: usize = 55;
/// What of `tracestate` travels (W3C Trace Context §3.3.1.1 and §3.3.1.5).
const TRACESTATE: Limits = Limits { members: 32, octets: 512, first_to_go: 128 };
/// What of `baggage` travels (W3C Baggage §3.3.2).
const BAGGAGE: Limits = Limits { members: 64, octets: 8192, first_to_go: usize::MAX };

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
        let traceparent = take(fields, "traceparent").filter(|value| is_traceparent(value));
        let tracestate = take(fields, "tracestate").filter(|_| traceparent.is_some());
        let tracestate = tracestate.and_then(|value| TRACESTATE.cut(value));
        Self {
            traceparent,
            tracestate,
            baggage: take(fields, "baggage").and_then(|value| BAGGAGE.cut(value)),
        }
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
        let get = |name| {
            let value = headers.get(name).map(|value| value.as_str());
            value.filter(|value| is_plain(value.as_bytes())).map(str::to_owned)
        };
        let traceparent = get(names::TRACEPARENT).filter(|value| is_traceparent(value));
        let tracestate = get(names::TRACESTATE).filter(|_| traceparent.is_some());
        let tracestate = tracestate.and_then(|value| TRACESTATE.cut(value));
        Self { traceparent, tracestate, baggage: get(names::BAGGAGE).and_then(|value| BAGGAGE.cut(value)) }
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
fn take(fields: &mut Fields, name: &'static str) -> Option<String> {
    let http::header::Entry::Occupied(entry) = fields.entry(name) else { return None };
    let (_, values) = entry.remove_entry_mult();
    let lines: Option<Vec<_>> = values
        .map(|value| is_plain(value.as_bytes()).then(|| value.to_str().ok().map(str::to_owned)).flatten())
        .collect();
    lines.map(|lines| lines.join(","))
}

/// How much of a list travels.
struct Limits {
    members: usize,
    octets: usize,
    /// Members that are longer go before others.
    first_to_go: usize,
}

impl Limits {
    /// What of a list travels: members that are none are left out, and what is too much goes from the end, each member
    /// whole. `None` if nothing is left.
    fn cut(&self, list: String) -> Option<String> {
        let members = || list.split(',').map(str::trim_ascii);
        if list.len() <= self.octets && members().count() <= self.members && members().all(is_member) {
            return Some(list);
        }
        let mut kept: Vec<&str> = members().filter(|member| is_member(member)).collect();
        // Each with the comma before it, but for the first.
        let mut octets = kept.iter().map(|member| member.len() + 1).sum::<usize>().saturating_sub(1);
        let mut next_long = kept.len();
        while kept.len() > self.members || octets > self.octets {
            next_long =
                kept[..next_long].iter().rposition(|member| member.len() > self.first_to_go).unwrap_or(0);
            let long = kept.get(next_long).is_some_and(|member| member.len() > self.first_to_go);
            let gone = kept.remove(if long { next_long } else { kept.len() - 1 });
            octets = octets.saturating_sub(gone.len() + 1);
        }
        (!kept.is_empty()).then(|| kept.join(","))
    }
}

/// Whether a text may be a member of either list: a name, and what belongs to it.
fn is_member(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| !name.is_empty())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn long(name: &str, octets: usize) -> String {
        format!("{name}={}", "x".repeat(octets - name.len() - 1))
    }

    #[test]
    fn what_is_within_the_limits_travels_as_it_came() {
        for list in ["a=1", "a=1, b=2", "a@b=x,c=", "k=v;p=q"] {
            assert_eq!(TRACESTATE.cut(list.to_owned()).as_deref(), Some(list));
        }
        assert_eq!(TRACESTATE.cut(String::new()), None);
        assert_eq!(TRACESTATE.cut("a,,=1".to_owned()), None);
        assert_eq!(TRACESTATE.cut("a=1,,oops, b=2".to_owned()).as_deref(), Some("a=1,b=2"));
    }

    #[test]
    fn the_longest_members_of_a_tracestate_go_first_then_those_at_its_end() {
        let (first, second, last) = (long("a", 200), long("b", 128), long("c", 200));
        let kept = |members: &[&str]| TRACESTATE.cut(members.join(","));
        // The last of the long ones is enough.
        assert_eq!(kept(&[&first, &second, &last]), Some(format!("{first},{second}")));
        let short = long("s", 128);
        // No long one is left: 3 * 128 and 2 commas fit, and a fourth does not.
        assert_eq!(kept(&[&first, &short, &short, &short, &short]), Some([short.as_str(); 3].join(",")));
        let many: Vec<String> = (0..40).map(|number| format!("k{number}=1")).collect();
        assert_eq!(TRACESTATE.cut(many.join(",")), Some(many[..32].join(",")));
        assert_eq!(TRACESTATE.cut(long("a", 4096)), None);
    }

    #[test]
    fn of_a_hundred_and_eighty_baggage_entries_sixty_four_travel() {
        let many: Vec<String> = (0..180).map(|number| format!("k{number}=1")).collect();
        assert_eq!(BAGGAGE.cut(many.join(",")), Some(many[..64].join(",")));
        let large: Vec<String> = (0..10).map(|_| long("k", 1000)).collect();
        assert_eq!(BAGGAGE.cut(large.join(",")), Some(large[..8].join(",")));
    }

    #[test]
    fn the_flag_is_read_from_each_digit() {
        for digit in "0123456789abcdef".chars() {
            let traceparent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0{digit}");
            let context = TraceContext { traceparent: Some(traceparent), ..TraceContext::default() };
            assert_eq!(context.is_sampled(), digit.to_digit(16).unwrap() % 2 == 1, "{digit}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_cut_to_whole_members_once(list in "[ -~]{0,700}|([a-c]=[x,]{0,200},){0,40}") {
            for limits in [TRACESTATE, BAGGAGE] {
                let Some(cut) = limits.cut(list.clone()) else { continue };
                prop_assert!(cut.len() <= limits.octets);
                prop_assert!(cut.split(',').count() <= limits.members);
                let sent: Vec<_> = list.split(',').map(str::trim_ascii).collect();
                prop_assert!(cut.split(',').all(|member| is_member(member.trim_ascii()) && sent.contains(&member.trim_ascii())));
                prop_assert_eq!(limits.cut(cut.clone()), Some(cut));
            }
        }
    }
}

//! Which form of an answer a client wants: the field `Accept` (RFC 9110 §12.5.1).

use http::{HeaderMap, header};

use crate::list::{for_each_element, parameter, split};

/// Whether a client would rather have a stream of events (`text/event-stream`) than JSON. Who wants both alike, or says
/// nothing, gets JSON.
pub(crate) fn prefers_events(headers: &HeaderMap) -> bool {
    let (mut events, mut json) = (Match::default(), Match::default());
    for_each_element(headers, &header::ACCEPT, |element| {
        let mut parts = split(element, ';');
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.map(parameter).find(|(name, _)| name.eq_ignore_ascii_case("q"));
        let Some(weight) = weight.map_or(Some(1_000), |(_, value)| thousandths(value)) else { return };
        events.note(&range, "text", "event-stream", weight);
        json.note(&range, "application", "json", weight);
    });
    events.weight > 0 && (events.weight, events.precision) > (json.weight, json.precision)
}

/// How well something matches: the most precise range decides on the weight.
#[derive(Clone, Copy, Default)]
struct Match {
    precision: u8,
    weight: u16,
}

impl Match {
    fn note(&mut self, range: &str, kind: &str, subtype: &str, weight: u16) {
        let precision = match range.split_once('/') {
            Some(("*", "*")) => 1,
            Some((asked, "*")) if asked == kind => 2,
            Some((asked, sub)) if asked == kind && sub == subtype => 3,
            _ => return,
        };
        if precision > self.precision {
            *self = Self { precision, weight };
        }
    }
}

/// A weight from `0` to `1` with at most three decimals (RFC 9110 §12.4.2), times 1,000.
pub(crate) fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !["0", "1"].contains(&whole) || decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let weight = format!("{whole}{decimals:0<3}").parse().ok()?;
    (weight <= 1_000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn prefers(lines: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        prefers_events(&headers)
    }

    #[test]
    fn events_are_for_who_asks_for_them() {
        for lines in [
            &["text/event-stream"][..],
            &["Text/Event-Stream; charset=utf-8"],
            &["text/event-stream, */*"],
            &["application/json;q=0.5, text/event-stream; q=0.501"],
            &["application/json;q=0.5", "text/event-stream"],
            &["*/*;q=0.1, text/*;q=0.2"],
            &["text/event-stream;q=0.001, application/json;q=0, */*"],
        ] {
            assert!(prefers(lines), "{lines:?}");
        }
    }

    #[test]
    fn json_is_for_all_others() {
        for lines in [
            &[][..],
            &[""],
            &["*/*"],
            &["application/json"],
            &["text/event-stream, application/json"],
            &["text/event-stream;q=0.5, application/json"],
            &["text/event-stream;q=0"],
            &["text/event-stream;q=0.0, text/*"],
            &["text/event-stream;q=2"],
            &["text/event-stream;q=0.0001"],
            &["text/event-stream;q=x"],
            &["text/html, x=\"text/event-stream\""],
            &["x/y;a=\", text/event-stream\""],
            &["text/event-streams, event-stream, é"],
        ] {
            assert!(!prefers(lines), "{lines:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "[ -~]{0,60}") {
            prefers(&[&line]);
        }
    }
}

//! What a client would like: the field `Prefer` (RFC 7240).

use std::time::Duration;

use http::{HeaderMap, HeaderName};

use crate::list::{for_each_element, parameter, split};

/// The field.
pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Tells which preferences were followed.
pub(crate) const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The preferences that the proxy knows. Others, and malformed ones, are as if they were not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preferences {
    /// An answer that only says that the request was accepted is as good.
    pub(crate) respond_async: bool,
    /// How long the client would wait for the answer; whole seconds, of any number.
    pub(crate) wait: Option<Duration>,
}

impl Preferences {
    /// Reads all lines of the field. Of a name that is there twice the first counts.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let (mut found, mut wait_seen, mut async_seen) = (Self::default(), false, false);
        for_each_element(headers, &PREFER, |element| {
            // Neither of the two has parameters; what is behind a semicolon changes nothing.
            let (name, value) = parameter(split(element, ';').next().unwrap_or_default());
            if name.eq_ignore_ascii_case("respond-async") && !async_seen {
                async_seen = true;
                found.respond_async = value.is_empty();
            } else if name.eq_ignore_ascii_case("wait") && !wait_seen {
                wait_seen = true;
                found.wait = seconds(value);
            }
        });
        found
    }

    /// How long to wait: as long as the client would, but no longer than `max`; not at all if it does not say.
    pub(crate) fn wait_within(self, max: Duration) -> Duration {
        self.wait.unwrap_or_default().min(max)
    }
}

/// A number of whole seconds (RFC 9110 §10.2.3); one that is too large to count is very long.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[&str]) -> (bool, Option<u64>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(PREFER, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let found = Preferences::of(&headers);
        (found.respond_async, found.wait.map(|wait| wait.as_secs()))
    }

    #[test]
    fn preferences_are_read_from_all_lines_in_any_case_and_form() {
        for (lines, respond_async, wait) in [
            (&[][..], false, None),
            (&["respond-async"], true, None),
            (&["Respond-Async, WAIT=10"], true, Some(10)),
            (&["wait = \"10\"; foo=\"a, respond-async\" ", " , respond-async=\"\";x"], true, Some(10)),
            (&["return=minimal", "handling=lenient, wait=0"], false, Some(0)),
            (&["wait=1, wait=2", "wait=3"], false, Some(1)),
            (&["wait=1000000000"], false, Some(1_000_000_000)),
            (&["wait=99999999999999999999999"], false, Some(u64::MAX)),
        ] {
            assert_eq!(of(lines), (respond_async, wait), "{lines:?}");
        }
    }

    #[test]
    fn what_is_unknown_or_malformed_is_ignored() {
        for line in [
            "wait",
            "wait=",
            "wait=-1",
            "wait=x",
            "wait=1.5",
            "wait=+1",
            "wait=٣",
            "wait=x, wait=2",
            "respond-async=yes, respond-async",
            "respond-asynchronously",
            "\"respond-async\"",
            "x=\"respond-async, wait=1",
            ",;=,",
            "é",
        ] {
            assert_eq!(of(&[line]), (false, None), "{line:?}");
        }
    }

    #[test]
    fn nobody_waits_longer_than_is_allowed() {
        let wait = |wait| Preferences { wait, ..Preferences::default() }.wait_within(Duration::from_secs(60));
        assert_eq!(wait(None).as_secs(), 0);
        assert_eq!(wait(Some(Duration::from_secs(5))).as_secs(), 5);
        assert_eq!(wait(Some(Duration::from_secs(u64::MAX))).as_secs(), 60);
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "[ -~]{0,60}") {
            of(&[&line]);
        }

        #[test]
        fn a_number_of_seconds_is_found_among_whatever_else_is_well_formed(
            before in "[a-v]{1,8}(=\"[a-z ,;]{0,8}\")?", wait in 0_u64.., after in "[x-z]{1,8}=[0-9]{1,4}",
        ) {
            let line = format!("{before}, wait={wait};p, {after}");
            proptest::prop_assert_eq!(of(&[&line]).1, Some(wait));
        }
    }
}

//! One row of the table.

use std::{fmt::Write as _, ops::RangeInclusive};

use futures_util::future::LocalBoxFuture;
use integration::Proxy;
use test_support::RawResponse;

/// A case, and what must become of it.
pub(crate) struct Row {
    pub(crate) case: &'static str,
    /// What is sent, in short, for people.
    pub(crate) sent: &'static str,
    pub(crate) play: Play,
    /// What comes back, as [`Seen`] tells it; alternatives are separated by ` or `.
    pub(crate) answer: &'static str,
    /// Whether the connection serves another request afterwards.
    pub(crate) kept: bool,
    /// How many requests reach a stream.
    pub(crate) published: RangeInclusive<u64>,
    /// What must occur in the body of the last answer: what the service has seen.
    pub(crate) contains: &'static str,
}

type Script = for<'a> fn(&'a Proxy) -> LocalBoxFuture<'a, Seen>;

/// How a case is played.
pub(crate) enum Play {
    /// Octets on one HTTP/1.1 connection.
    Http1 { octets: Vec<u8>, then: Then },
    /// Frames on one HTTP/2 connection, behind preface and settings.
    Http2 { frames: Vec<u8> },
    /// Whatever it takes.
    Script(Script),
}

/// What a client does when all octets are sent.
pub(crate) enum Then {
    /// Reads answers meanwhile.
    Wait,
    /// Begins to read only then, and gives up if it cannot send all, as many clients do.
    Read,
    /// Sends this when it is told to continue.
    Continue(Vec<u8>),
    /// Sends one octet after the other.
    Trickle,
    /// Closes its sending half.
    HalfClose,
}

/// What a client sees.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Answers: `200` of a service, `404 no-route` of the proxy, `bare 400` of the HTTP library; for HTTP/2 also
    /// `RST_STREAM` and `GOAWAY` with their codes.
    pub(crate) answers: Vec<String>,
    pub(crate) kept: bool,
    /// The body of the last answer.
    pub(crate) last_body: String,
    /// Requests to services that were sent besides those of the case, to find this out.
    pub(crate) probes: u64,
}

impl Row {
    fn new(case: &'static str, sent: &'static str, play: Play) -> Self {
        Self { case, sent, play, answer: "bare 400", kept: false, published: 0..=0, contains: "" }
    }

    /// Octets on an HTTP/1.1 connection. Expected, until told otherwise, is a bare 400.
    pub(crate) fn http1(case: &'static str, sent: &'static str, octets: impl Into<Vec<u8>>) -> Self {
        Self::new(case, sent, Play::Http1 { octets: octets.into(), then: Then::Wait })
    }

    /// Frames on an HTTP/2 connection.
    pub(crate) fn http2(case: &'static str, sent: &'static str, frames: impl Into<Vec<u8>>) -> Self {
        Self::new(case, sent, Play::Http2 { frames: frames.into() })
    }

    /// A case that takes more than octets on one connection.
    pub(crate) fn script(case: &'static str, sent: &'static str, script: Script) -> Self {
        Self::new(case, sent, Play::Script(script))
    }

    /// How many answers to wait for.
    pub(crate) fn expected_answers(&self) -> usize {
        let first = self.answer.split(" or ").next().unwrap_or_default();
        let count = |part: &str| part.split_once(" × ").map_or(1, |(count, _)| count.parse().unwrap());
        if first == "none" { 0 } else { first.split(", ").map(count).sum() }
    }

    /// What the client does behind its octets.
    pub(crate) fn then(mut self, next: Then) -> Self {
        if let Play::Http1 { then, .. } = &mut self.play {
            *then = next;
        }
        self
    }

    /// Refused: the connection is closed, nothing is published.
    pub(crate) fn refused(mut self, answer: &'static str) -> Self {
        self.answer = answer;
        self
    }

    /// Refused, but the connection goes on.
    pub(crate) fn kept(mut self, answer: &'static str) -> Self {
        (self.answer, self.kept) = (answer, true);
        self
    }

    /// One request, served; the connection goes on.
    pub(crate) fn served(self) -> Self {
        self.kept("200").published(1..=1)
    }

    pub(crate) fn closed(mut self) -> Self {
        self.kept = false;
        self
    }

    pub(crate) fn published(mut self, published: RangeInclusive<u64>) -> Self {
        self.published = published;
        self
    }

    pub(crate) fn contains(mut self, text: &'static str) -> Self {
        self.contains = text;
        self
    }
}

impl Seen {
    /// Notes an answer of HTTP/1.1, perhaps to a HEAD.
    pub(crate) fn note(&mut self, response: &RawResponse, is_head: bool) {
        self.answers.push(describe(response, is_head));
        self.last_body = response.text();
    }

    /// All answers in one line, equal ones that follow each other counted.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        for group in self.answers.chunk_by(|a, b| a == b) {
            let separator = if text.is_empty() { "" } else { ", " };
            let times = if group.len() > 3 { format!("{} × ", group.len()) } else { String::new() };
            let shown = if times.is_empty() { group } else { &group[..1] };
            let _ = write!(text, "{separator}{times}{}", shown.join(", "));
        }
        if text.is_empty() { "none".to_owned() } else { text }
    }
}

/// Who answered what. Problems are looked at in full.
fn describe(response: &RawResponse, is_head: bool) -> String {
    let status = response.status;
    if status < 200 {
        return status.to_string();
    }
    if response.header("x-request-id").is_none() {
        assert!(response.body.is_empty(), "{response:?}");
        assert_eq!(response.header("connection"), Some("close"), "{response:?}");
        return format!("bare {status}");
    }
    let by_service = response.header("server-timing").is_some_and(|timing| timing.contains("worker;dur="));
    match response.header("proxy-status").and_then(|status| status.split('"').nth(1)) {
        Some(slug) => {
            let assert = if is_head { integration::assert_fault } else { integration::assert_problem };
            assert(response, status, slug);
            format!("{status} {slug}")
        }
        None if by_service => status.to_string(),
        None => format!("{status} (own)"),
    }
}

//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): what becomes of a job.

use std::{
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use uptake::wire::Record;

use crate::{connection::Ticket, job::document, limits::Admitted};

/// The media type of a stream of events.
pub(crate) const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
/// Which event a client that connects anew has seen last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The largest number that JavaScript counts exactly: a larger one of a client's is not counted on from.
const MAX_LAST_ID: u64 = 1 << 53;
/// How long nothing may come: who is on the way may close a connection on which nothing moves.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long clients are to pause before they connect anew, in milliseconds.
const RECONNECT_MS: u32 = 1_000;

/// The body of an answer that tells of a job until it ends.
pub(crate) struct Events {
    octets: BoxStream<'static, Bytes>,
    /// So long the request is one of those in flight, and its connection is in use.
    _admitted: Admitted,
    ticket: Option<Ticket>,
}

/// What becomes of a job, and how long to tell of it.
pub(crate) struct Course {
    /// The record as it is, and each time it changes.
    pub(crate) records: BoxStream<'static, Record>,
    /// The prefix that clients see before paths.
    pub(crate) prefix: String,
    /// The number of the last event that the client has seen; 0 for none.
    pub(crate) last_id: u64,
    /// When the stream ends, whatever is still to come: its client connects anew.
    pub(crate) until: Instant,
    /// Set when this process is about to end: its client connects anew, to another.
    pub(crate) drain: CancellationToken,
}

impl Events {
    pub(crate) fn new(course: Course, admitted: Admitted, ticket: Option<Ticket>) -> Self {
        let told = Told { course, state: None };
        let octets = stream::unfold(told, async |mut told| told.next().await.map(|octets| (octets, told)));
        Self { octets: octets.boxed(), _admitted: admitted, ticket }
    }

    /// The next octets. Who asks has written what came before to the socket, or has room for more.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(ticket) = &self.ticket {
            ticket.working();
        }
        let next = ready!(self.octets.poll_next_unpin(cx));
        if let (Some(ticket), Some(_)) = (&self.ticket, &next) {
            ticket.answered();
        }
        Poll::Ready(next)
    }
}

/// The number of the event that a client has seen last; 0 if it does not say, or names none of ours.
pub(crate) fn last_event_id(headers: &HeaderMap) -> u64 {
    let id = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    id.filter(|id| *id < MAX_LAST_ID).unwrap_or_default()
}

/// A course, and what has been told of it.
struct Told {
    course: Course,
    /// Run, state and attempts as they were told last.
    state: Option<(u32, &'static str, u32)>,
}

impl Told {
    async fn next(&mut self) -> Option<Bytes> {
        let Course { records, until, drain, .. } = &mut self.course;
        tokio::select! {
            // What is known already is told before the end.
            biased;
            record = records.next() => record.map(|record| self.event(&record)),
            () = drain.cancelled() => None,
            () = sleep_until(*until) => None,
            () = sleep(KEEP_ALIVE) => Some(Bytes::from_static(b":\n\n")),
        }
    }

    fn event(&mut self, record: &Record) -> Bytes {
        let state = Some((record.run, record.state.as_str(), record.attempts));
        let (name, first) = (if self.state == state { "progress" } else { "state" }, self.state.is_none());
        self.state = state;
        self.course.last_id += 1;
        let retry = if first { format!("retry: {RECONNECT_MS}\n") } else { String::new() };
        let (id, document) = (self.course.last_id, document::json(record, &self.course.prefix));
        Bytes::from(format!("{retry}event: {name}\nid: {id}\ndata: {document}\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_event_id_is_a_number_of_ours_or_none() {
        for (sent, taken) in
            [("7", 7), ("", 0), ("-1", 0), ("x", 0), ("9007199254740992", 0), ("99999999999999999999", 0)]
        {
            let headers = HeaderMap::from_iter([(LAST_EVENT_ID, HeaderValue::from_static(sent))]);
            assert_eq!(last_event_id(&headers), taken, "{sent}");
        }
        assert_eq!(last_event_id(&HeaderMap::new()), 0);
    }
}

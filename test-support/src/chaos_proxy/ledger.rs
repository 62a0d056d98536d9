//! The event log and the accounting of what is unsettled.

use std::collections::HashSet;

use tokio::time::Instant;

use super::event::{Ack, AckKind, AckSubject, Delivery, Event, EventKind, PullRequest, pulled_consumer};
use super::frame::{Frame, Message};

/// A stream and a sequence in it.
type Key = (String, u64);

/// A delivery that is about to be written to the client.
#[derive(Debug)]
pub(super) struct Unwritten {
    /// Where it ends in the chunk that is being written.
    end: usize,
    /// Its place in the log.
    event: usize,
    /// How many are unsettled with it.
    unsettled: usize,
    /// It was not unsettled before.
    new: bool,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    events: Vec<Event>,
    connections: u64,
    unsettled: HashSet<Key>,
    max_unsettled: usize,
}

impl Ledger {
    /// Numbers a new connection.
    pub(super) fn connect(&mut self) -> u64 {
        let connection = self.connections;
        self.connections += 1;
        self.log(connection, EventKind::Connected);
        connection
    }

    pub(super) fn disconnect(&mut self, connection: u64) {
        self.log(connection, EventKind::Disconnected);
    }

    pub(super) fn next_connection(&self) -> u64 {
        self.connections
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(super) fn unsettled_now(&self) -> usize {
        self.unsettled.len()
    }

    pub(super) fn max_unsettled(&self) -> usize {
        self.max_unsettled
    }

    pub(super) fn forget_unsettled(&mut self) {
        self.unsettled.clear();
        self.max_unsettled = 0;
    }

    /// Something that the client has sent.
    pub(super) fn sent_by_client(&mut self, connection: u64, frame: &Frame<'_>) {
        let Frame::Message(message) = frame else { return self.line(connection, frame) };
        let at = Instant::now();
        let reply = message.reply.map(str::to_owned);
        let kind = if let Some(ack) = AckSubject::parse(message.subject) {
            let kind = AckKind::of(message.payload);
            if kind.settles() {
                self.unsettled.remove(&(ack.stream.to_owned(), ack.stream_seq));
            }
            EventKind::Acked(Ack {
                at,
                connection,
                stream: ack.stream.to_owned(),
                consumer: ack.consumer.to_owned(),
                stream_seq: ack.stream_seq,
                delivered: ack.delivered,
                kind,
                payload: String::from_utf8_lossy(message.payload).into_owned(),
                reply,
            })
        } else if let Some((stream, consumer)) = pulled_consumer(message.subject) {
            let request: serde_json::Value = serde_json::from_slice(message.payload).unwrap_or_default();
            // The old form is a bare number; an empty request asks for one.
            let batch = request.get("batch").unwrap_or(&request).as_u64().unwrap_or(1);
            let (stream, consumer) = (stream.to_owned(), consumer.to_owned());
            EventKind::Pulled(PullRequest { at, connection, stream, consumer, batch, reply, request })
        } else {
            EventKind::Published { subject: message.subject.to_owned(), reply, size: message.size }
        };
        self.events.push(Event { at, connection, kind });
    }

    /// Something that is about to be written to the client, in a chunk in which it ends at `end`.
    pub(super) fn sent_by_server(
        &mut self,
        connection: u64,
        frame: &Frame<'_>,
        end: usize,
    ) -> Option<Unwritten> {
        let Frame::Message(message) = frame else {
            self.line(connection, frame);
            return None;
        };
        let Some((reply, ack)) = message.reply.and_then(|reply| Some((reply, AckSubject::parse(reply)?)))
        else {
            self.log(connection, received(message));
            return None;
        };
        let new = self.unsettled.insert((ack.stream.to_owned(), ack.stream_seq));
        let at = Instant::now();
        let delivery = Delivery {
            at,
            connection,
            subject: message.subject.to_owned(),
            ack_subject: reply.to_owned(),
            stream: ack.stream.to_owned(),
            consumer: ack.consumer.to_owned(),
            stream_seq: ack.stream_seq,
            consumer_seq: ack.consumer_seq,
            delivered: ack.delivered,
            pending: ack.pending,
            lost: false,
        };
        self.events.push(Event { at, connection, kind: EventKind::Delivered(delivery) });
        Some(Unwritten { end, event: self.events.len() - 1, unsettled: self.unsettled.len(), new })
    }

    /// So much of a chunk was written: what ends behind that never reached the client.
    pub(super) fn written(&mut self, unwritten: &[Unwritten], written: usize) {
        for one in unwritten {
            if one.end <= written {
                self.max_unsettled = self.max_unsettled.max(one.unsettled);
            } else if let EventKind::Delivered(delivery) = &mut self.events[one.event].kind {
                delivery.lost = true;
                if one.new {
                    self.unsettled.remove(&(delivery.stream.clone(), delivery.stream_seq));
                }
            }
        }
    }

    fn line(&mut self, connection: u64, frame: &Frame<'_>) {
        let kind = match *frame {
            Frame::Subscribe { subject, sid } => {
                EventKind::Subscribed { subject: subject.to_owned(), sid: sid.to_owned() }
            }
            Frame::Unsubscribe { sid } => EventKind::Unsubscribed { sid: sid.to_owned() },
            Frame::Error(text) => EventKind::ServerError(text.to_owned()),
            Frame::Unknown(start) => EventKind::NotUnderstood(start.to_owned()),
            Frame::Message(_) | Frame::Other => return,
        };
        self.log(connection, kind);
    }

    fn log(&mut self, connection: u64, kind: EventKind) {
        self.events.push(Event { at: Instant::now(), connection, kind });
    }
}

fn received(message: &Message<'_>) -> EventKind {
    let line = message.headers.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let status = (line.len() > "NATS/1.0 ".len()).then(|| line.into_owned());
    let (subject, reply) = (message.subject.to_owned(), message.reply.map(str::to_owned));
    EventKind::Received { subject, reply, size: message.size, status }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(reply: &str) -> Frame<'_> {
        Frame::Message(Message { subject: "s", reply: Some(reply), size: 0, headers: b"", payload: b"" })
    }

    fn ack<'a>(subject: &'a str, payload: &'a [u8]) -> Frame<'a> {
        Frame::Message(Message { subject, reply: None, size: payload.len(), headers: b"", payload })
    }

    const FIRST: &str = "$JS.ACK.st.co.1.1.1.5.0";
    const FIRST_AGAIN: &str = "$JS.ACK.st.co.2.1.3.5.0";
    const SECOND: &str = "$JS.ACK.st.co.1.2.2.5.0";

    fn deliver(ledger: &mut Ledger, reply: &str, written: bool) {
        let unwritten = ledger.sent_by_server(0, &delivery(reply), 10).unwrap();
        ledger.written(&[unwritten], if written { 10 } else { 9 });
    }

    #[test]
    fn counts_a_sequence_once_until_it_is_settled() {
        let mut ledger = Ledger::default();
        deliver(&mut ledger, FIRST, true);
        deliver(&mut ledger, FIRST_AGAIN, true);
        deliver(&mut ledger, SECOND, true);
        ledger.sent_by_client(0, &ack(SECOND, b"+WPI"));
        assert_eq!((ledger.unsettled_now(), ledger.max_unsettled()), (2, 2));
        ledger.sent_by_client(0, &ack(FIRST_AGAIN, b"-NAK {\"delay\": 1}"));
        ledger.sent_by_client(0, &ack(SECOND, b""));
        assert_eq!((ledger.unsettled_now(), ledger.max_unsettled()), (0, 2));
    }

    #[test]
    fn a_delivery_that_was_not_written_to_its_end_does_not_count() {
        let mut ledger = Ledger::default();
        deliver(&mut ledger, FIRST, false);
        assert_eq!((ledger.unsettled_now(), ledger.max_unsettled()), (0, 0));
        // Lost as a redelivery, it still is with the client from before.
        deliver(&mut ledger, FIRST, true);
        deliver(&mut ledger, FIRST_AGAIN, false);
        assert_eq!((ledger.unsettled_now(), ledger.max_unsettled()), (1, 1));
    }
}

//! What the ledger holds.

use tokio::time::Instant;

/// Something that happened on a connection.
#[derive(Debug, Clone)]
pub struct Event {
    /// When the bytes left the proxy.
    pub at: Instant,
    /// The number of the connection, from 0 in the order of acceptance.
    pub connection: u64,
    /// What it was.
    pub kind: EventKind,
}

/// What happened. "Client" is the program on the near side, "server" nats-server.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// The client's connection was accepted.
    Connected,
    /// It has ended, cut or by itself.
    Disconnected,
    /// A message of a JetStream consumer on its way to the client.
    Delivered(Delivery),
    /// The client answered to a delivery.
    Acked(Ack),
    /// The client asked a consumer for messages.
    Pulled(PullRequest),
    /// The client published anything else.
    Published {
        /// Its subject.
        subject: String,
        /// Where answers to it go.
        reply: Option<String>,
        /// Bytes of headers and payload.
        size: usize,
    },
    /// Any other message on its way to the client: a reply, a status.
    Received {
        /// Its subject.
        subject: String,
        /// Where answers to it go.
        reply: Option<String>,
        /// Bytes of headers and payload.
        size: usize,
        /// The first line of its headers, where it says more than the version: `NATS/1.0 408 Request
        /// Timeout`.
        status: Option<String>,
    },
    /// The client subscribed.
    Subscribed {
        /// To this subject.
        subject: String,
        /// Under this id, unique within the connection.
        sid: String,
    },
    /// The client unsubscribed.
    Unsubscribed {
        /// The id of its subscription.
        sid: String,
    },
    /// The server sent `-ERR`, with this text.
    ServerError(String),
    /// Bytes that are not the client protocol (TLS, a WebSocket). They are forwarded unread from here.
    NotUnderstood(String),
}

/// A message of a JetStream consumer, as its ack subject tells.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// When it was handed to the client.
    pub at: Instant,
    /// The number of the connection.
    pub connection: u64,
    /// Its subject.
    pub subject: String,
    /// Where its ack goes.
    pub ack_subject: String,
    /// The stream's name.
    pub stream: String,
    /// The consumer's name.
    pub consumer: String,
    /// The sequence in the stream.
    pub stream_seq: u64,
    /// The sequence in the consumer.
    pub consumer_seq: u64,
    /// The delivery count, from 1.
    pub delivered: u64,
    /// How many messages the consumer had waiting behind it.
    pub pending: u64,
    /// The connection ended before the client had the whole of it.
    pub lost: bool,
}

/// What the client said to a delivery.
#[derive(Debug, Clone)]
pub struct Ack {
    /// When it passed by.
    pub at: Instant,
    /// The number of the connection.
    pub connection: u64,
    /// The stream's name.
    pub stream: String,
    /// The consumer's name.
    pub consumer: String,
    /// The sequence in the stream.
    pub stream_seq: u64,
    /// The delivery count of the delivery that it answers.
    pub delivered: u64,
    /// What it says.
    pub kind: AckKind,
    /// All of it: a nak's delay, a term's reason.
    pub payload: String,
    /// Where the server confirms it (a "double ack").
    pub reply: Option<String>,
}

/// The kinds of ack. All but [`InProgress`](Self::InProgress) and [`Unknown`](Self::Unknown) settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckKind {
    /// `+ACK`, or empty.
    Ack,
    /// `+NXT`: ack and pull in one.
    AckNext,
    /// `-NAK`: deliver it again.
    Nak,
    /// `+TERM`: never deliver it again.
    Term,
    /// `+WPI`: still at work.
    InProgress,
    /// What the server would ignore.
    Unknown,
}

impl AckKind {
    /// Whether it ends the delivery.
    #[must_use]
    pub fn settles(self) -> bool {
        matches!(self, Self::Ack | Self::AckNext | Self::Nak | Self::Term)
    }

    pub(super) fn of(payload: &[u8]) -> Self {
        let is = |word: &[u8]| payload.starts_with(word);
        match payload {
            b"" | b"+OK" | b"+ACK" => Self::Ack,
            _ if is(b"+NXT") => Self::AckNext,
            _ if is(b"-NAK") => Self::Nak,
            _ if is(b"+TERM") => Self::Term,
            _ if is(b"+WPI") => Self::InProgress,
            _ => Self::Unknown,
        }
    }
}

/// A request for messages.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// When it passed by.
    pub at: Instant,
    /// The number of the connection.
    pub connection: u64,
    /// The stream's name.
    pub stream: String,
    /// The consumer's name.
    pub consumer: String,
    /// How many messages it asks for.
    pub batch: u64,
    /// The inbox that the messages go to.
    pub reply: Option<String>,
    /// All of it; `null` when it is empty.
    pub request: serde_json::Value,
}

/// The parts of an ack subject: `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer
/// seq>.<time>.<pending>`, with `<domain>.<account>` before the stream in the newer shape (ADR-15).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AckSubject<'a> {
    pub(super) stream: &'a str,
    pub(super) consumer: &'a str,
    pub(super) delivered: u64,
    pub(super) stream_seq: u64,
    pub(super) consumer_seq: u64,
    pub(super) pending: u64,
}

impl<'a> AckSubject<'a> {
    pub(super) fn parse(subject: &'a str) -> Option<Self> {
        let rest = subject.strip_prefix("$JS.ACK.")?;
        let skip = match rest.split('.').count() {
            7 => 0,
            9.. => 2,
            _ => return None,
        };
        let mut tokens = rest.split('.').skip(skip);
        let stream = tokens.next()?;
        let consumer = tokens.next()?;
        let mut number = || tokens.next()?.parse::<u64>().ok();
        let (delivered, stream_seq, consumer_seq) = (number()?, number()?, number()?);
        let _time = number()?;
        let pending = number()?;
        Some(Self { stream, consumer, delivered, stream_seq, consumer_seq, pending })
    }
}

/// Stream and consumer of a pull request's subject, in any JetStream domain.
pub(super) fn pulled_consumer(subject: &str) -> Option<(&str, &str)> {
    let rest = subject.strip_prefix("$JS.")?;
    let rest = rest.strip_prefix("API.").or_else(|| rest.split_once(".API.").map(|(_domain, rest)| rest))?;
    rest.strip_prefix("CONSUMER.MSG.NEXT.")?.split_once('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_shapes_of_the_ack_subject() {
        let expected = AckSubject {
            stream: "calls",
            consumer: "users",
            delivered: 2,
            stream_seq: 17,
            consumer_seq: 19,
            pending: 4,
        };
        for subject in [
            "$JS.ACK.calls.users.2.17.19.1700000000000000000.4",
            "$JS.ACK.hub.ACCHASH.calls.users.2.17.19.1700000000000000000.4",
            "$JS.ACK._.ACCHASH.calls.users.2.17.19.1700000000000000000.4.rand",
        ] {
            assert_eq!(AckSubject::parse(subject).as_ref(), Some(&expected), "{subject}");
        }
        assert_eq!(AckSubject::parse("$JS.ACK.calls.users.2.17"), None);
        assert_eq!(AckSubject::parse("_INBOX.x"), None);
    }

    #[test]
    fn reads_the_consumer_of_a_pull_request_in_any_domain() {
        assert_eq!(pulled_consumer("$JS.API.CONSUMER.MSG.NEXT.calls.users"), Some(("calls", "users")));
        assert_eq!(pulled_consumer("$JS.hub.API.CONSUMER.MSG.NEXT.calls.users"), Some(("calls", "users")));
        assert_eq!(pulled_consumer("$JS.API.CONSUMER.INFO.calls.users"), None);
    }
}

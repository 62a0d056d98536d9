//! Reads the NATS client protocol from bytes that may be split anywhere.

/// More of a payload is not kept: acks and pull requests are shorter.
const KEEP: usize = 4 * 1024;
/// A line longer than this is no NATS; the longest real one is `INFO` of a large cluster.
const MAX_LINE: usize = 1024 * 1024;

/// One protocol message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// `PUB`, `HPUB`, `MSG` or `HMSG`.
    Message(Message<'a>),
    /// `SUB`.
    Subscribe { subject: &'a str, sid: &'a str },
    /// `UNSUB`.
    Unsubscribe { sid: &'a str },
    /// `-ERR`.
    Error(&'a str),
    /// A line that is known and says nothing here: `INFO`, `CONNECT`, `PING`, `PONG`, `+OK`.
    Other,
    /// No NATS. Everything behind it is not read.
    Unknown(&'a str),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) subject: &'a str,
    pub(super) reply: Option<&'a str>,
    /// Bytes of headers and payload together.
    pub(super) size: usize,
    /// The header block, as far as it was kept.
    pub(super) headers: &'a [u8],
    /// The payload, as far as it was kept.
    pub(super) payload: &'a [u8],
}

/// Where the reader is.
#[derive(Debug)]
enum State {
    Line,
    /// In a payload; so many bytes are missing, with its line end.
    Payload {
        missing: usize,
    },
    Lost,
}

/// Reads one direction of one connection.
#[derive(Debug)]
pub(super) struct FrameReader {
    state: State,
    line: Vec<u8>,
    kept: Vec<u8>,
}

impl FrameReader {
    pub(super) fn new() -> Self {
        Self { state: State::Line, line: Vec::new(), kept: Vec::new() }
    }

    /// Reads on; calls `found` with each message that ends in `bytes`, and with its end there.
    pub(super) fn read(&mut self, bytes: &[u8], mut found: impl FnMut(Frame<'_>, usize)) {
        let mut at = 0;
        while at < bytes.len() {
            match self.state {
                State::Lost => return,
                State::Line => {
                    let rest = &bytes[at..];
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    let taken = end.map_or(rest.len(), |end| end + 1);
                    self.line.extend_from_slice(&rest[..taken]);
                    at += taken;
                    if end.is_some() {
                        self.end_of_line(at, &mut found);
                    } else if self.line.len() > MAX_LINE {
                        self.lose(at, &mut found);
                    }
                }
                State::Payload { missing } => {
                    let taken = missing.min(bytes.len() - at);
                    let keep = taken.min(KEEP - self.kept.len().min(KEEP));
                    self.kept.extend_from_slice(&bytes[at..at + keep]);
                    at += taken;
                    self.state = State::Payload { missing: missing - taken };
                    if missing == taken {
                        self.end_of_payload(at, &mut found);
                    }
                }
            }
        }
    }

    fn end_of_line(&mut self, at: usize, found: &mut impl FnMut(Frame<'_>, usize)) {
        match parse_line(&self.line) {
            Some(Line::Head(head)) => {
                // The payload's own CR LF comes along.
                self.state = State::Payload { missing: head.size + 2 };
                return;
            }
            Some(Line::Frame(frame)) => found(frame, at),
            None => return self.lose(at, found),
        }
        self.line.clear();
    }

    fn end_of_payload(&mut self, at: usize, found: &mut impl FnMut(Frame<'_>, usize)) {
        if let Some(Line::Head(head)) = parse_line(&self.line) {
            let kept = &self.kept[..head.size.min(self.kept.len())];
            let (headers, payload) = kept.split_at(head.headers.min(kept.len()));
            let Head { subject, reply, size, .. } = head;
            found(Frame::Message(Message { subject, reply, size, headers, payload }), at);
        }
        self.line.clear();
        self.kept.clear();
        self.state = State::Line;
    }

    fn lose(&mut self, at: usize, found: &mut impl FnMut(Frame<'_>, usize)) {
        let start = String::from_utf8_lossy(&self.line[..self.line.len().min(100)]);
        found(Frame::Unknown(start.trim_end()), at);
        self.line = Vec::new();
        self.state = State::Lost;
    }
}

enum Line<'a> {
    Frame(Frame<'a>),
    Head(Head<'a>),
}

/// The line before a payload.
struct Head<'a> {
    subject: &'a str,
    reply: Option<&'a str>,
    headers: usize,
    size: usize,
}

fn parse_line(line: &[u8]) -> Option<Line<'_>> {
    let line = str::from_utf8(line).ok()?.trim_ascii();
    let mut words = line.split_ascii_whitespace();
    let verb = words.next().unwrap_or_default();
    let is = |name: &str| verb.eq_ignore_ascii_case(name);
    if is("MSG") {
        return head(words, true, false).map(Line::Head);
    } else if is("HMSG") {
        return head(words, true, true).map(Line::Head);
    } else if is("PUB") {
        return head(words, false, false).map(Line::Head);
    } else if is("HPUB") {
        return head(words, false, true).map(Line::Head);
    }
    Some(Line::Frame(if is("SUB") {
        // SUB subject [queue group] sid
        let (subject, sid) = (words.next()?, words.next_back()?);
        Frame::Subscribe { subject, sid }
    } else if is("UNSUB") {
        Frame::Unsubscribe { sid: words.next()? }
    } else if is("-ERR") {
        Frame::Error(line.get(4..)?.trim())
    } else if ["INFO", "CONNECT", "PING", "PONG", "+OK"].into_iter().any(is) {
        Frame::Other
    } else {
        return None;
    }))
}

/// `subject [sid] [reply] [headers] size`, with a sid from the server and headers in the `H` forms.
fn head<'a>(
    mut words: impl DoubleEndedIterator<Item = &'a str>,
    with_sid: bool,
    with_headers: bool,
) -> Option<Head<'a>> {
    let size = words.next_back()?.parse().ok()?;
    let headers = if with_headers { words.next_back()?.parse().ok()? } else { 0 };
    let subject = words.next()?;
    if with_sid {
        words.next()?;
    }
    let reply = words.next();
    (words.next().is_none() && headers <= size).then_some(Head { subject, reply, headers, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"INFO {\"max_payload\":1}\r\nPING\r\nPUB a.b 0\r\n\r\nPUB a _INBOX.1 7\r\nMSG x 1\r\n\
        hpub h r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nMSG s 9 $JS.ACK.x 2\r\nok\r\nHMSG s 9 11 11\r\nNATS/1.0 40\r\n\
        SUB foo.* queue 12\r\nUNSUB 12 5\r\n-ERR 'Slow Consumer'\r\n";

    fn frames(chunks: &[&[u8]]) -> Vec<String> {
        let mut reader = FrameReader::new();
        let mut all = Vec::new();
        for chunk in chunks {
            reader.read(chunk, |frame, _| all.push(format!("{frame:?}")));
        }
        all
    }

    #[test]
    fn reads_every_kind_of_message() {
        let mut reader = FrameReader::new();
        let mut all = Vec::new();
        reader.read(STREAM, |frame, end| {
            all.push(match frame {
                Frame::Message(Message { subject, reply, size, headers, payload }) => format!(
                    "{subject} {reply:?} {size} {:?} {:?}",
                    str::from_utf8(headers).unwrap(),
                    str::from_utf8(payload).unwrap()
                ),
                other => format!("{other:?}"),
            });
            assert!(STREAM[..end].ends_with(b"\r\n"));
        });
        assert_eq!(
            all,
            [
                "Other",
                "Other",
                r#"a.b None 0 "" """#,
                r#"a Some("_INBOX.1") 7 "" "MSG x 1""#,
                r#"h Some("r") 14 "NATS/1.0\r\n\r\n" "hi""#,
                r#"s Some("$JS.ACK.x") 2 "" "ok""#,
                r#"s None 11 "NATS/1.0 40" """#,
                r#"Subscribe { subject: "foo.*", sid: "12" }"#,
                r#"Unsubscribe { sid: "12" }"#,
                r#"Error("'Slow Consumer'")"#,
            ]
        );
    }

    #[test]
    fn finds_the_same_messages_wherever_the_bytes_are_split() {
        let whole = frames(&[STREAM]);
        for at in 0..STREAM.len() {
            let (head, tail) = STREAM.split_at(at);
            assert_eq!(frames(&[head, tail]), whole, "split at {at}");
        }
        let single: Vec<&[u8]> = STREAM.chunks(1).collect();
        assert_eq!(frames(&single), whole);
    }

    #[test]
    fn keeps_only_the_start_of_a_long_payload() {
        let mut bytes = b"PUB big 100000\r\n".to_vec();
        bytes.resize(bytes.len() + 100_000, b'x');
        bytes.extend_from_slice(b"\r\nPING\r\n");
        let mut sizes = Vec::new();
        let mut reader = FrameReader::new();
        for chunk in bytes.chunks(777) {
            reader.read(chunk, |frame, _| {
                if let Frame::Message(message) = frame {
                    sizes.push((message.size, message.payload.len()));
                }
            });
        }
        assert_eq!(sizes, [(100_000, KEEP)]);
    }

    #[test]
    fn stops_reading_at_what_is_no_nats() {
        assert_eq!(frames(&[b"PING\r\n\x16\x03\x01\r\nPING\r\n"]).len(), 2);
        assert!(frames(&[b"GET / HTTP/1.1\r\n"])[0].starts_with("Unknown(\"GET /"));
    }
}

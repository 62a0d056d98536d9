//! HTTP/2, frame by frame (RFC 9113): legal ones, and those that no library would send.

use std::{collections::BTreeMap, net::SocketAddr};

use integration::SOON;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use super::row::Seen;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// No dynamic table, so that answers can be read without one: SETTINGS_HEADER_TABLE_SIZE = 0.
const NO_TABLE: [u8; 6] = [0, 1, 0, 0, 0, 0];
/// SETTINGS_INITIAL_WINDOW_SIZE, and what it is before it is set.
const INITIAL_WINDOW: [u8; 2] = [0, 4];
const FIRST_WINDOW: i64 = 65_535;
/// A stream that no case uses.
const PROBE_STREAM: u32 = 1_000_001;

/// The codes of RFC 9113 §7.
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// A frame, as told.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block of literals that enter no table (RFC 7541 §6.2.2).
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            put_length(text.len(), &mut block);
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

/// An integer of a prefix of 7 bits (RFC 7541 §5.1).
fn put_length(length: usize, block: &mut Vec<u8>) {
    let Some(mut rest) = length.checked_sub(127) else {
        block.push(u8::try_from(length).unwrap());
        return;
    };
    block.push(127);
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    block.push(u8::try_from(rest).unwrap());
}

/// The fields of a good request, then others.
pub(crate) fn fields<'a>(
    method: &'a str,
    path: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let good = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x")];
    [&good[..], more].concat()
}

/// HEADERS that open a stream; with `ends`, all of the request.
pub(crate) fn open(stream: u32, fields: &[(&str, &str)], ends: bool) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | if ends { END_STREAM } else { 0 }, stream, &block(fields))
}

/// `GET path`, all of it.
pub(crate) fn get(stream: u32, path: &str) -> Vec<u8> {
    open(stream, &fields("GET", path, &[]), true)
}

/// A connection, its preface and settings exchanged.
pub(crate) struct Connection {
    reader: OwnedReadHalf,
    unread: Vec<u8>,
    /// Status and body of the streams that have begun to be answered.
    begun: BTreeMap<u32, (u16, Vec<u8>)>,
    /// Octets that the server lets us send beyond the first window, less those sent; stream 0 is the connection.
    granted: BTreeMap<u32, i64>,
    /// What the server's settings give to each stream.
    stream_window: i64,
    /// Whether the last ping was answered.
    pub(crate) ponged: bool,
    pub(crate) ended: bool,
    pub(crate) seen: Seen,
}

impl Connection {
    /// Connects, exchanges settings, and opens our window for the connection as wide as it goes.
    pub(crate) async fn open(proxy: SocketAddr) -> (Self, OwnedWriteHalf) {
        let stream = TcpStream::connect(proxy).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (reader, mut writer) = stream.into_split();
        let wide = frame(WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes());
        let hello =
            [PREFACE, &frame(SETTINGS, 0, 0, &NO_TABLE), &wide, &frame(SETTINGS, ACK, 0, &[])].concat();
        writer.write_all(&hello).await.unwrap();
        let connection = Self {
            reader,
            unread: Vec::new(),
            begun: BTreeMap::new(),
            granted: BTreeMap::new(),
            stream_window: FIRST_WINDOW,
            ponged: false,
            ended: false,
            seen: Seen::default(),
        };
        (connection, writer)
    }

    /// Reads frames until `done`, or until the server closes.
    pub(crate) async fn read_until(&mut self, mut done: impl FnMut(&Self) -> bool) {
        loop {
            while let Some(frame) = self.next_frame() {
                self.take(frame);
            }
            if self.ended || done(self) {
                return;
            }
            match timeout(SOON, self.reader.read_buf(&mut self.unread)).await {
                Ok(Ok(1..)) => {}
                Ok(Ok(0) | Err(_)) => self.ended = true,
                Err(_) => {
                    self.seen.answers.push("silence".to_owned());
                    return;
                }
            }
        }
    }

    /// How many octets the server's windows have room for: the connection's, and that of a stream.
    pub(crate) fn may_send(&self, stream: u32) -> i64 {
        let granted = |stream: u32| self.granted.get(&stream).copied().unwrap_or_default();
        (FIRST_WINDOW + granted(0)).min(self.stream_window + granted(stream))
    }

    /// Notes that octets were sent.
    pub(crate) fn sent(&mut self, stream: u32, octets: i64) {
        for stream in [0, stream] {
            *self.granted.entry(stream).or_default() -= octets;
        }
    }

    fn grant(&mut self, stream: u32, payload: &[u8]) {
        let octets: i64 = payload.iter().fold(0, |sum, octet| sum * 256 + i64::from(*octet));
        *self.granted.entry(stream).or_default() += octets;
    }

    fn next_frame(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let head: [u8; 9] = self.unread.get(..9)?.try_into().ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let payload = self.unread.get(9..9 + length)?.to_vec();
        self.unread.drain(..9 + length);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
        Some((head[3], head[4], stream, payload))
    }

    fn take(&mut self, (kind, flags, stream, payload): (u8, u8, u32, Vec<u8>)) {
        let code = |at: usize| {
            let code = payload.get(at..at + 4).map_or(0, |code| u32::from_be_bytes(code.try_into().unwrap()));
            CODES.get(code as usize).copied().unwrap_or("unknown")
        };
        match kind {
            HEADERS => drop(self.begun.insert(stream, (status(&payload), Vec::new()))),
            DATA => {
                if let Some((_, body)) = self.begun.get_mut(&stream) {
                    body.extend_from_slice(&payload);
                }
            }
            RST_STREAM => self.seen.answers.push(format!("RST_STREAM {}", code(0))),
            GOAWAY => self.seen.answers.push(format!("GOAWAY {}", code(4))),
            PING if flags & ACK != 0 => self.ponged = true,
            WINDOW_UPDATE => self.grant(stream, &payload),
            SETTINGS => {
                for setting in payload.chunks(6).filter(|setting| setting.starts_with(&INITIAL_WINDOW)) {
                    self.stream_window =
                        setting[2..].iter().fold(0, |sum, octet| sum * 256 + i64::from(*octet));
                }
            }
            _ => {}
        }
        if [HEADERS, DATA].contains(&kind) && flags & END_STREAM != 0 {
            let (status, body) = self.begun.remove(&stream).unwrap_or_default();
            let body = String::from_utf8_lossy(&body).into_owned();
            self.seen.answers.push(describe(status, &body));
            self.seen.last_body = body;
        }
    }
}

/// Sends frames on a new connection, reads until as many answers are there as are expected, and asks whether the
/// connection serves another request.
pub(crate) async fn exchange(proxy: SocketAddr, frames: &[u8], expected: usize) -> Seen {
    let (mut connection, mut writer) = Connection::open(proxy).await;
    let write = async {
        let _ = writer.write_all(frames).await;
        // Behind all that was sent: its answer comes behind all that is answered at once.
        let _ = writer.write_all(&frame(PING, 0, 0, b"complete")).await;
    };
    let is_there = |connection: &Connection| connection.seen.answers.len() >= expected && connection.ponged;
    tokio::join!(write, connection.read_until(is_there));
    finish(connection, writer).await
}

/// Probes whether a connection that has not ended is kept.
pub(crate) async fn finish(mut connection: Connection, mut writer: OwnedWriteHalf) -> Seen {
    let goes = connection.seen.answers.iter().any(|answer| answer.starts_with("GOAWAY"));
    if !connection.ended && !goes {
        let (before, body) =
            (std::mem::take(&mut connection.seen.answers), std::mem::take(&mut connection.seen.last_body));
        let _ = writer.write_all(&get(PROBE_STREAM, "/hello")).await;
        connection.read_until(|connection| !connection.seen.answers.is_empty()).await;
        let probe = std::mem::replace(&mut connection.seen.answers, before);
        connection.seen.last_body = body;
        connection.seen.kept = probe == ["200"];
        connection.seen.probes = u64::from(connection.seen.kept);
        if !connection.seen.kept {
            connection.seen.answers.extend(probe);
        }
    }
    if goes {
        // It must also close.
        connection.read_until(|_| false).await;
    }
    if connection.seen.answers.iter().any(|answer| answer == "GOAWAY ENHANCE_YOUR_CALM") {
        // How much was answered before depends on how much the server read at once.
        connection.seen.answers.retain(|answer| answer.starts_with("GOAWAY"));
    }
    // Streams are answered in any order.
    connection.seen.answers.sort();
    connection.seen
}

fn describe(status: u16, body: &str) -> String {
    match body.split_once("urn:uptake:problem:") {
        Some((_, rest)) => format!("{status} {}", rest.split('"').next().unwrap_or_default()),
        None if status >= 400 && body.is_empty() => format!("bare {status}"),
        None => status.to_string(),
    }
}

/// The status, which comes first in a header block (RFC 9113 §8.3), from the static table or as a literal.
fn status(block: &[u8]) -> u16 {
    // A change of the table's size comes before all fields (RFC 7541 §4.2).
    let start = block.iter().position(|first| first & 0xe0 != 0x20).unwrap_or(0);
    match block[start] {
        indexed @ 0x88..=0x8e => [200, 204, 206, 304, 400, 404, 500][usize::from(indexed - 0x88)],
        // Name 8, a value of its own.
        0x08 | 0x18 | 0x48 => {
            let (is_huffman, length) = (block[start + 1] & 0x80 != 0, usize::from(block[start + 1] & 0x7f));
            let value = &block[start + 2..start + 2 + length];
            let text = if is_huffman { digits(value) } else { String::from_utf8_lossy(value).into_owned() };
            text.parse().unwrap()
        }
        other => panic!("no status in {other:#x} of {block:?}"),
    }
}

/// Three digits in the code of RFC 7541, appendix B: `0` to `2` take 5 bits, the others 6.
fn digits(value: &[u8]) -> String {
    let bits: String = value.iter().map(|octet| format!("{octet:08b}")).collect();
    let (mut rest, mut text) = (bits.as_str(), String::new());
    while text.len() < 3 {
        let five = u8::from_str_radix(&rest[..5], 2).unwrap();
        let (digit, length) =
            if five < 3 { (five, 5) } else { (u8::from_str_radix(&rest[..6], 2).unwrap() - 0x19 + 3, 6) };
        text.push(char::from(b'0' + digit));
        rest = &rest[length..];
    }
    text
}

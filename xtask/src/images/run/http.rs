//! Requests as one would type them; a connection for each.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than the proxy's budget.
const TIMEOUT: Duration = Duration::from_secs(40);

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The status line and the fields, their names in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ str| line.split_once(": ").is_some_and(|(found, _)| found == name);
        let line = self.head.lines().find(|line| of(line))?;
        line.split_once(": ").map(|(_, value)| value)
    }
}

/// Asks for a path, with these fields besides, each as `name: value`.
///
/// # Errors
///
/// When nobody listens there, or what comes is no answer.
pub(super) fn get(address: SocketAddr, path: &str, fields: &[&str]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{fields}\r\n")?;
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets)?;
    parsed(&octets).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no answer came"))
}

fn parsed(octets: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(octets);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let lower = |line: &str| match line.split_once(": ") {
        Some((name, value)) => format!("{}: {value}\n", name.to_ascii_lowercase()),
        None => format!("{line}\n"),
    };
    Some(Answer { status, head: head.lines().map(lower).collect(), body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_answer() {
        let answer = parsed(b"HTTP/1.1 304 Not Modified\r\nETag: \"a: b\"\r\n\r\nx\r\n\r\ny").unwrap();
        assert_eq!((answer.status, answer.field("etag")), (304, Some("\"a: b\"")));
        assert_eq!(answer.body, "x\r\n\r\ny");
        assert!(parsed(b"").is_none() && parsed(b"HTTP/1.1 200 OK\r\n").is_none());
    }
}

//! A keep-alive connection, as lean as can be: the load must not be what is measured.

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Room for a head with its body; it grows for larger ones.
const BUFFER_OCTETS: usize = 8 * 1024;
const MAX_FIELDS: usize = 32;

/// A request that is sent again and again.
pub(crate) fn request(method: &str, target: &str, body: &str) -> Vec<u8> {
    let length = match body.len() {
        0 => String::new(),
        octets => format!("content-type: application/json\r\ncontent-length: {octets}\r\n"),
    };
    format!("{method} {target} HTTP/1.1\r\nhost: bench\r\n{length}\r\n{body}").into_bytes()
}

pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Asks, and reads the answer to its end; the body. Anything but 2xx is an error.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.resize(BUFFER_OCTETS.max(self.buffer.len()), 0);
        let (mut filled, mut extent) = (0, None);
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the server closed a connection");
            filled += read;
            if extent.is_none() {
                extent = extent_of(&self.buffer[..filled])?;
            }
            match extent {
                Some((head, end)) if filled >= end => return Ok(&self.buffer[head..end]),
                Some((_, end)) => self.buffer.resize(end.max(self.buffer.len()), 0),
                None => ensure!(filled < self.buffer.len(), "the head of an answer is too large"),
            }
        }
    }

    /// Gives its buffer back, as an idle connection may.
    pub(crate) fn shrink(&mut self) {
        self.buffer = Vec::new();
    }
}

/// Where the body of an answer begins and ends, once its head is there.
fn extent_of(answer: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(answer)? else { return Ok(None) };
    let is_success = response.code.is_some_and(|code| (200..300).contains(&code));
    ensure!(is_success, "status {:?}: {}", response.code, String::from_utf8_lossy(answer));
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = std::str::from_utf8(length.context("no content-length")?.value)?.parse()?;
    Ok(Some((head, head + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_length_says() {
        assert_eq!(extent_of(b"HTTP/1.1 200 OK\r\nContent-").unwrap(), None);
        assert_eq!(
            extent_of(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nab").unwrap(),
            Some((43, 48))
        );
        assert!(extent_of(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_has_a_length_if_it_has_a_body() {
        let text = |body| String::from_utf8(request("POST", "/a", body)).unwrap();
        assert!(text("{}").ends_with("content-length: 2\r\n\r\n{}"));
        assert!(!text("").contains("content-length"));
    }
}

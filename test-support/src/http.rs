//! Raw HTTP/1.1, byte by byte: for what a well-behaved client library refuses to send, and for fields
//! that are not UTF-8.

mod parse;

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

/// How long [`raw_exchange`] and [`HttpClient`] wait for the next bytes of an answer: longer than the
/// default budget of a request.
pub const SILENCE: Duration = Duration::from_secs(40);

/// A response as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// The status code.
    pub status: u16,
    /// Each field line in order: name as sent, value as bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without its chunked framing.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// The first value of a field (name in any case), if it is UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_bytes(name).first().and_then(|value| str::from_utf8(value).ok())
    }

    /// All values of a field (name in any case), in order.
    #[must_use]
    pub fn header_bytes(&self, name: &str) -> Vec<&[u8]> {
        let lines = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| value.as_slice()).collect()
    }

    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON; the text tells what it is instead.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("not JSON ({error}), status {}: {}", self.status, self.text()),
        }
    }

    /// The first response in `bytes` and how many of them it takes, interim ones (1xx) too; `None` when more are needed,
    /// or when they are no HTTP. `head_only` when it answers a HEAD.
    #[must_use]
    pub fn parse_first(bytes: &[u8], head_only: bool) -> Option<(Self, usize)> {
        parse::response(bytes, head_only, false).ok().flatten()
    }

    /// Takes apart what [`raw_exchange`] returned: all complete responses in it, so that a test can
    /// count them.
    #[must_use]
    pub fn parse_all(mut bytes: &[u8]) -> Vec<Self> {
        let mut responses = Vec::new();
        while let Ok(Some((response, used))) = parse::response(bytes, false, true) {
            responses.push(response);
            bytes = &bytes[used..];
        }
        responses
    }
}

/// Sends `bytes` as they are and returns everything that comes back until the server closes, or is
/// silent for [`SILENCE`]: send `Connection: close` for a quick end. Our side is not shut down, since
/// a server may take that for a client that has gone.
///
/// # Errors
///
/// When no connection is possible. A reset is the end of the answer, not an error.
pub async fn raw_exchange(addr: impl ToSocketAddrs, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr).await?;
    // A server that refuses a head may close before it has read all of it.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    while let Ok(Ok(1..)) = timeout(SILENCE, stream.read_buf(&mut answer)).await {}
    Ok(answer)
}

/// One keep-alive connection to a server.
#[derive(Debug)]
pub struct HttpClient {
    stream: TcpStream,
    /// What has come of the next response.
    unread: Vec<u8>,
    host: String,
}

impl HttpClient {
    /// Opens the connection.
    ///
    /// # Errors
    ///
    /// When the server does not accept it.
    pub async fn connect(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let host = stream.peer_addr()?.to_string();
        Ok(Self { stream, unread: Vec::new(), host })
    }

    /// Sends a request and reads its response. `method`, `target` and the fields go out as they are;
    /// `Host` and `Content-Length` are added unless given (no length with `Transfer-Encoding`, nor for
    /// an empty body of a GET, HEAD, OPTIONS or DELETE). Interim responses (1xx) are skipped.
    ///
    /// ```
    /// # use test_support::HttpClient;
    /// # async fn example() -> std::io::Result<()> {
    /// let mut client = HttpClient::connect("127.0.0.1:8080").await?;
    /// let response = client.request("GET", "/users", &[("x-name", b"J\xf6rg")], b"").await?;
    /// assert_eq!(response.status, 200);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the connection breaks, the answer is no HTTP, or nothing comes for [`SILENCE`].
    pub async fn request<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        method: &str,
        target: impl AsRef<[u8]>,
        headers: &[(N, V)],
        body: impl AsRef<[u8]>,
    ) -> io::Result<RawResponse> {
        let head = self.head(method, target.as_ref(), headers, body.as_ref());
        self.send(&head).await?;
        self.send(body.as_ref()).await?;
        self.response(method == "HEAD").await
    }

    /// `GET target` without further fields.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub async fn get(&mut self, target: &str) -> io::Result<RawResponse> {
        self.request::<&str, &[u8]>("GET", target, &[], b"").await
    }

    /// Sends bytes as they are: a part of a request, several, or what is none.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads the next response; `head_only` when it answers a HEAD.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub async fn response(&mut self, head_only: bool) -> io::Result<RawResponse> {
        let mut closed = false;
        loop {
            if let Some((response, used)) = parse::response(&self.unread, head_only, closed)? {
                self.unread.drain(..used);
                if response.status >= 200 {
                    return Ok(response);
                }
                continue;
            }
            if closed {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            closed = timeout(SILENCE, self.stream.read_buf(&mut self.unread)).await?? == 0;
        }
    }

    /// The socket, for a test that wants to shut it down or see its address.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    fn head<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        method: &str,
        target: &[u8],
        headers: &[(N, V)],
        body: &[u8],
    ) -> Vec<u8> {
        let given =
            |name: &str| headers.iter().any(|(n, _)| n.as_ref().eq_ignore_ascii_case(name.as_bytes()));
        let mut head = Vec::with_capacity(256);
        head.extend_from_slice(method.as_bytes());
        head.push(b' ');
        head.extend_from_slice(target);
        head.extend_from_slice(b" HTTP/1.1\r\n");
        if !given("host") {
            head.extend_from_slice(format!("Host: {}\r\n", self.host).as_bytes());
        }
        let bodyless = body.is_empty() && matches!(method, "GET" | "HEAD" | "OPTIONS" | "DELETE");
        if !bodyless && !given("content-length") && !given("transfer-encoding") {
            head.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        for (name, value) in headers {
            head.extend_from_slice(name.as_ref());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_ref());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}

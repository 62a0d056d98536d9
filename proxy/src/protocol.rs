//! Which protocol a connection speaks: HTTP/1.1, or HTTP/2 with prior knowledge, on one port.

use std::{io, time::Duration};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto,
};
use tokio::net::TcpStream;

/// HTTP/2 streams that a client may have open on one connection.
const MAX_STREAMS: u32 = 256;
/// Largest header list that HTTP/2 decodes, in octets; what exceeds the wire format's limit gets 431.
const MAX_HEADER_LIST: u32 = 64 << 10;
/// Octets that a client may send ahead on an HTTP/2 connection, and on each of its streams: more than this is never
/// kept of bodies that are not counted as in flight yet.
const CONNECTION_WINDOW: u32 = 1 << 20;
const STREAM_WINDOW: u32 = 256 << 10;
/// HTTP/2 streams that a client may reset before we have seen their requests; then the connection is closed.
const MAX_PENDING_RESETS: usize = 20;
/// HTTP/2 streams that we may reset for a client's errors; then the connection is closed.
const MAX_ERROR_RESETS: usize = 256;
/// Octets that are read ahead on an HTTP/1.1 connection. A head up to this that exceeds the wire format's limit gets a
/// problem, one of more than twice as much the HTTP library's bare 431; in between it depends on how it arrives.
const MAX_HEAD: usize = 128 << 10;
/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);

/// Serves HTTP/1.1. The connection's watch bounds the time of a head, and of all else.
pub(crate) fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.header_read_timeout(None).max_buf_size(MAX_HEAD);
    builder
}

/// Reads on until it knows which of both it serves. What it has read by then makes the buffer of an HTTP/1.1 connection
/// twice as large for as long as it lives, so [`http1()`] is for those that cannot be the other.
pub(crate) fn either() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_ERROR_RESETS)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

/// Waits for the first octets, which stay in the socket: whether they may begin the preface of HTTP/2 (RFC 9113 §3.4).
///
/// # Errors
/// When the socket fails.
pub(crate) async fn may_be_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; 3];
    let count = stream.peek(&mut first).await?;
    Ok(b"PRI".starts_with(&first[..count]))
}

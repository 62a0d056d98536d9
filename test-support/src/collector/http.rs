//! OTLP over HTTP/1.1, with protobuf and without compression: as much of HTTP as exporters speak.

use std::io;

use opentelemetry_proto::tonic::collector::{
    metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Kept;

/// The fields of a head that are read.
const MAX_FIELDS: usize = 64;

pub(super) async fn serve(listener: TcpListener, kept: Kept) {
    // They end with it.
    let mut clients = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        clients.spawn(attend(client, kept.clone()));
    }
}

/// One connection, request by request.
async fn attend(mut client: TcpStream, kept: Kept) -> io::Result<()> {
    let mut unread = Vec::new();
    loop {
        let Some(request) = next(&mut client, &mut unread).await? else { return Ok(()) };
        let status = answer(&request, &kept).await;
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n");
        client.write_all(head.as_bytes()).await?;
    }
}

struct Request {
    target: String,
    body: Vec<u8>,
}

/// The status with which a request is answered. The body of a success may be empty: a message without members.
async fn answer(request: &Request, kept: &Kept) -> &'static str {
    let (spans, metrics) = match request.target.as_str() {
        "/v1/traces" => (ExportTraceServiceRequest::decode(&request.body[..]).ok(), None),
        "/v1/metrics" => (None, ExportMetricsServiceRequest::decode(&request.body[..]).ok()),
        _ => return "404 Not Found",
    };
    if spans.is_none() && metrics.is_none() {
        return "400 Bad Request";
    }
    if !kept.admit().await {
        return "503 Service Unavailable";
    }
    spans.into_iter().for_each(|spans| kept.keep_spans(spans));
    metrics.into_iter().for_each(|metrics| kept.keep_metrics(metrics));
    "200 OK"
}

/// The next request; `None` when the client has closed.
async fn next(client: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some((request, used)) = parsed(unread)? {
            unread.drain(..used);
            return Ok(Some(request));
        }
        if client.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

/// A request at the start of `bytes` and how many of them it takes; `None` when more are needed.
fn parsed(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let invalid = |error: &str| io::Error::new(io::ErrorKind::InvalidData, error.to_owned());
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let start = match head.parse(bytes).map_err(|error| invalid(&error.to_string()))? {
        httparse::Status::Complete(start) => start,
        httparse::Status::Partial => return Ok(None),
    };
    let length = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|field| str::from_utf8(field.value).ok()?.trim().parse::<usize>().ok());
    let length = length.ok_or_else(|| invalid("a request without a length"))?;
    let Some(body) = bytes.get(start..start + length) else { return Ok(None) };
    let target = head.path.unwrap_or_default().to_owned();
    Ok(Some((Request { target, body: body.to_vec() }, start + length)))
}

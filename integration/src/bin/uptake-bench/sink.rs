//! A collector of traces and metrics (OTLP over HTTP) that counts the spans which it is sent, and drops them. It is a process
//! of its own, and decodes no more than it needs: it must not be what is measured.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    routing::{get, post},
};
use tokio::net::TcpListener;

use crate::{
    load::client::{Client, request},
    program::Program,
    stage::Stage,
};

/// Larger than any batch.
const MAX_BODY_OCTETS: usize = 64 << 20;

/// The path of the number of spans so far.
const SPANS: &str = "/spans";

/// A running one, and where it listens.
pub(crate) struct Sink {
    _program: Program,
    address: String,
}

impl Sink {
    pub(crate) async fn start(stage: &Stage) -> anyhow::Result<Self> {
        let (program, address) = stage.sink().await?;
        Ok(Self { _program: program, address })
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Spans that have arrived so far.
    pub(crate) async fn spans(&self) -> anyhow::Result<f64> {
        let mut client = Client::connect(&self.address).await?;
        let count = client.ask(&request("GET", SPANS, "")).await?;
        std::str::from_utf8(count)?.parse().context("no number of spans")
    }
}

/// The process itself.
pub(crate) async fn run() -> anyhow::Result<()> {
    let count = |State(spans): State<Arc<AtomicU64>>, body: Bytes| async move {
        spans.fetch_add(spans_in(&body), Ordering::Relaxed);
    };
    let tell = |State(spans): State<Arc<AtomicU64>>| async move { spans.load(Ordering::Relaxed).to_string() };
    let router = Router::new()
        .route("/v1/traces", post(count))
        .route("/v1/metrics", post(|_: Bytes| async {}))
        .route(SPANS, get(tell))
        .layer(DefaultBodyLimit::max(MAX_BODY_OCTETS))
        .with_state(Arc::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("collecting address={}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// An `ExportTraceServiceRequest` has `resource_spans`, 1; these have `scope_spans`, 2; and these `spans`, 2.
fn spans_in(export: &[u8]) -> u64 {
    let inner = |message, number| Fields(message).filter(move |field| field.0 == number).map(|field| field.1);
    let resources = inner(export, 1);
    resources.flat_map(|resource| inner(resource, 2)).flat_map(|scope| inner(scope, 2)).count() as u64
}

/// The fields of a protobuf message that have a length (<https://protobuf.dev/programming-guides/encoding/>), by number; it
/// ends at the first of another kind but a number.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (octet, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let tag = self.varint()?;
            match tag & 7 {
                0 => drop(self.varint()?),
                2 => {
                    let length = usize::try_from(self.varint()?).ok()?;
                    let (field, rest) = self.0.split_at_checked(length)?;
                    self.0 = rest;
                    return Some((tag >> 3, field));
                }
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    #[test]
    fn counts_the_spans_of_all_scopes_and_resources() {
        let resource = field(1, b"who");
        // What a span holds does not count, be it of the same form.
        let span = field(2, &field(2, b"x"));
        let scope = field(2, &[&field(1, b"scope")[..], &span, &span].concat());
        let one = field(1, &[&resource[..], &scope, &scope].concat());
        let export = [&one[..], &field(1, &resource), &one].concat();
        assert_eq!(spans_in(&export), 8);
        assert_eq!(spans_in(b""), 0);
        assert_eq!(spans_in(&export[..export.len() - 1]), 4, "the last part is cut");
    }
}

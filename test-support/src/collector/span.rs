//! A span, as tests want to read it.

use std::collections::BTreeMap;
use std::fmt;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1 as proto,
};
use serde_json::Value;

/// The part that a span has in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A part of one's own work.
    Internal,
    /// A request that one answers.
    Server,
    /// A request that one makes.
    Client,
    /// A message that one publishes.
    Producer,
    /// A message that one processes.
    Consumer,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Internal => "INTERNAL",
            Self::Server => "SERVER",
            Self::Client => "CLIENT",
            Self::Producer => "PRODUCER",
            Self::Consumer => "CONSUMER",
        })
    }
}

/// How what a span tells of has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing is said of it.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// Badly, and why.
    Error(String),
}

/// Another span that this one has to do with.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// What is said of it.
    pub attributes: BTreeMap<String, Value>,
}

/// What happened while a span lasted.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `exception`, for example.
    pub name: String,
    /// Nanoseconds since 1970.
    pub time: u64,
    /// What is said of it.
    pub attributes: BTreeMap<String, Value>,
}

/// A span that was exported.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits; empty where it has no parent.
    pub parent_id: String,
    /// What `tracestate` said.
    pub trace_state: String,
    /// `service.name` of who has exported it.
    pub service: String,
    /// What is said of who has exported it.
    pub resource: BTreeMap<String, Value>,
    /// Its name.
    pub name: String,
    /// Its part.
    pub kind: Kind,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
    /// What is said of it.
    pub attributes: BTreeMap<String, Value>,
    /// In their order.
    pub events: Vec<Event>,
    /// In their order.
    pub links: Vec<Link>,
    /// How it has ended.
    pub status: Status,
}

impl Span {
    /// An attribute as text, without quotation marks; `None` where there is none.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }
}

/// The spans of an export.
pub(super) fn all(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for of_resource in request.resource_spans {
        let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
        let exported = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.extend(exported.map(|span| read(span, &resource)));
    }
    spans
}

fn read(span: proto::Span, resource: &BTreeMap<String, Value>) -> Span {
    let service = resource.get("service.name").and_then(Value::as_str).unwrap_or_default().to_owned();
    Span {
        kind: kind(span.kind()),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_id: hex(&span.parent_span_id),
        trace_state: span.trace_state,
        service,
        resource: resource.clone(),
        name: span.name,
        start: span.start_time_unix_nano,
        end: span.end_time_unix_nano,
        attributes: attributes(span.attributes),
        events: span.events.into_iter().map(event).collect(),
        links: span.links.into_iter().map(link).collect(),
        status: span.status.map(status).unwrap_or_default(),
    }
}

fn kind(kind: proto::span::SpanKind) -> Kind {
    use proto::span::SpanKind;
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => Kind::Internal,
        SpanKind::Server => Kind::Server,
        SpanKind::Client => Kind::Client,
        SpanKind::Producer => Kind::Producer,
        SpanKind::Consumer => Kind::Consumer,
    }
}

fn status(status: proto::Status) -> Status {
    match status.code() {
        proto::status::StatusCode::Unset => Status::Unset,
        proto::status::StatusCode::Ok => Status::Ok,
        proto::status::StatusCode::Error => Status::Error(status.message),
    }
}

fn event(event: proto::span::Event) -> Event {
    Event { name: event.name, time: event.time_unix_nano, attributes: attributes(event.attributes) }
}

fn link(link: proto::span::Link) -> Link {
    Link {
        trace_id: hex(&link.trace_id),
        span_id: hex(&link.span_id),
        attributes: attributes(link.attributes),
    }
}

fn attributes(pairs: Vec<KeyValue>) -> BTreeMap<String, Value> {
    pairs.into_iter().map(|pair| (pair.key, value(pair.value.unwrap_or_default()))).collect()
}

fn value(any: AnyValue) -> Value {
    match any.value {
        Some(any_value::Value::StringValue(text)) => text.into(),
        Some(any_value::Value::BoolValue(truth)) => truth.into(),
        Some(any_value::Value::IntValue(number)) => number.into(),
        Some(any_value::Value::DoubleValue(number)) => number.into(),
        Some(any_value::Value::ArrayValue(array)) => array.values.into_iter().map(value).collect(),
        Some(any_value::Value::KvlistValue(list)) => {
            attributes(list.values).into_iter().collect::<serde_json::Map<_, _>>().into()
        }
        Some(any_value::Value::BytesValue(bytes)) => hex(&bytes).into(),
        _ => Value::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

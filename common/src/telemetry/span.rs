//! The spans of the platform: nothing where a request is not sampled.
//!
//! A span is made by hand, not by a tracer: what is not sampled then costs a look at a flag, and what is sampled has an id
//! that others can work out (see [`Place::of_delivery`]).

use std::{borrow::Cow, time::SystemTime};

use opentelemetry::{
    InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId, Value,
    trace::{Event, Link, SpanContext, Status, TraceContextExt as _, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::{Request, names, pipeline};
use crate::wire::TraceContext;

pub use opentelemetry::trace::SpanKind;

/// A place in a trace that is sampled: under it spans are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    trace: TraceId,
    span: SpanId,
}

impl Place {
    /// Where a trace context says that its request is; `None` if it is not sampled, or this process does not trace.
    #[must_use]
    pub fn of(context: &TraceContext) -> Option<Self> {
        if !pipeline::is_on() || !context.is_sampled() {
            return None;
        }
        Self::read(context)
    }

    /// Where the OpenTelemetry context of this task is, if that is sampled: a span of the service's own code.
    #[must_use]
    pub fn current() -> Option<Self> {
        if !pipeline::is_on() {
            return None;
        }
        opentelemetry::Context::map_current(|context| {
            let span = context.span();
            let context = span.span_context();
            let is_one = context.is_valid() && context.is_sampled();
            is_one.then(|| Self { trace: context.trace_id(), span: context.span_id() })
        })
    }

    /// The place of the request that this task is about (see [`Request`]), if that is sampled.
    #[must_use]
    pub fn here() -> Option<Self> {
        if !pipeline::is_on() {
            return None;
        }
        let request = Request::current();
        let (ids, flags) = request.traceparent()?.get(3..)?.rsplit_once('-')?;
        let (trace, span) = ids.split_once('-').filter(|_| flags == "01")?;
        Some(Self { trace: TraceId::from_hex(trace).ok()?, span: SpanId::from_hex(span).ok()? })
    }

    /// Whether another place is in the same trace.
    pub(crate) fn is_beside(self, other: Self) -> bool {
        self.trace == other.trace
    }

    /// The place that a delivery's span has: who gets a message again knows it of the delivery before.
    #[must_use]
    pub fn of_delivery(self, stream: &str, sequence: u64, delivery: u64) -> Self {
        let parts =
            [&self.trace.to_bytes()[..], stream.as_bytes(), &sequence.to_be_bytes(), &delivery.to_be_bytes()];
        // FNV-1a, then mixed, for its high bits hardly differ from one delivery to the next.
        let octets = parts.into_iter().flatten();
        let hash = octets.fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
        });
        let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self { span: SpanId::from((mixed ^ (mixed >> 31)).max(1)), ..self }
    }

    /// As it travels (W3C Trace Context §3.2.2).
    #[must_use]
    pub fn traceparent(self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }

    /// As the spans of a service's own code see it.
    pub(crate) fn context(self) -> opentelemetry::Context {
        opentelemetry::Context::new().with_remote_span_context(self.span_context())
    }

    fn span_context(self) -> SpanContext {
        SpanContext::new(self.trace, self.span, TraceFlags::SAMPLED, false, TraceState::NONE)
    }

    fn read(context: &TraceContext) -> Option<Self> {
        let (trace, span) = context.ids()?;
        Some(Self { trace: TraceId::from_hex(trace).ok()?, span: SpanId::from_hex(span).ok()? })
    }

    /// Another place in the same trace.
    fn next(self) -> Self {
        Self { span: SpanId::from(rand::random::<u64>().max(1)), ..self }
    }
}

/// A span that has begun, or nothing. It ends when it is dropped.
#[derive(Debug, Default)]
pub struct Span(Option<Box<SpanData>>);

impl Span {
    /// The first span of a request in this process, which decides whether it is traced. Its place is written into the
    /// context; a context without a trace becomes one of a new trace in any case.
    pub fn entry(
        context: &mut TraceContext,
        kind: SpanKind,
        name: impl FnOnce() -> Cow<'static, str>,
    ) -> Self {
        let parent = Place::read(context);
        if parent.is_none() {
            context.traceparent = TraceContext::generate().traceparent;
        }
        let Some(tracing) = pipeline::get() else { return Self::default() };
        let sent_sampled = parent.is_some().then(|| context.is_sampled());
        let Some(here) = parent.or_else(|| Place::read(context)) else { return Self::default() };
        if !tracing.samples(here.trace, sent_sampled) {
            context.clear_sampled();
            return Self::default();
        }
        let span = Self::begin(here.next(), parent.map(|parent| (parent, true)), kind, name());
        context.traceparent = span.place().map(Place::traceparent);
        span
    }

    /// A span below a place, if there is one.
    #[must_use]
    pub fn below(parent: Option<Place>, kind: SpanKind, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        match parent {
            Some(parent) => Self::begin(parent.next(), Some((parent, false)), kind, name()),
            None => Self::default(),
        }
    }

    /// A span at a place of its own below another process's.
    #[must_use]
    pub fn at(place: Place, parent: Place, kind: SpanKind, name: Cow<'static, str>) -> Self {
        Self::begin(place, Some((parent, true)), kind, name)
    }

    fn begin(
        place: Place,
        parent: Option<(Place, bool)>,
        span_kind: SpanKind,
        name: Cow<'static, str>,
    ) -> Self {
        let now = SystemTime::now();
        Self(Some(Box::new(SpanData {
            span_context: place.span_context(),
            parent_span_id: parent.map_or(SpanId::INVALID, |(parent, _)| parent.span),
            parent_span_is_remote: parent.is_some_and(|(_, is_remote)| is_remote),
            span_kind,
            name,
            start_time: now,
            end_time: now,
            attributes: Vec::with_capacity(8),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: scope(),
        })))
    }

    /// Where it is, if it is one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.0
            .as_ref()
            .map(|span| Place { trace: span.span_context.trace_id(), span: span.span_context.span_id() })
    }

    /// Whether it is one: spares the making of what it would not take.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.0.is_some()
    }

    /// Sets an attribute.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.attributes.push(KeyValue::new(key, value));
        }
    }

    /// Sets an attribute whose value takes some making.
    pub fn set_with<V: Into<Value>>(&mut self, key: &'static str, value: impl FnOnce() -> V) {
        if self.is_one() {
            self.set(key, value());
        }
    }

    /// Gives it another name.
    pub fn rename(&mut self, name: impl FnOnce() -> Cow<'static, str>) {
        if let Some(span) = &mut self.0 {
            span.name = name();
        }
    }

    /// When it began, if not just now.
    pub fn began(&mut self, at: SystemTime) {
        if let Some(span) = &mut self.0 {
            span.start_time = at;
        }
    }

    /// Points to another place that it has to do with.
    pub fn link(&mut self, to: Place) {
        if let Some(span) = &mut self.0 {
            span.links.links.push(Link::with_context(to.span_context()));
        }
    }

    /// Says that it has failed with an error that arose elsewhere.
    pub fn fail(&mut self, error_type: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.status = Status::error("");
            span.attributes.push(KeyValue::new(names::ERROR_TYPE, error_type));
        }
    }

    /// Says that it has failed with an error that arose here: once in a trace.
    pub fn fail_here(&mut self, error_type: impl Into<Value>, message: impl Into<Value>) {
        let error_type = error_type.into();
        self.fail(error_type.clone());
        if let Some(span) = &mut self.0 {
            let attributes = vec![
                KeyValue::new(names::EXCEPTION_TYPE, error_type),
                KeyValue::new(names::EXCEPTION_MESSAGE, message),
            ];
            span.events.events.push(Event::new(names::EXCEPTION, SystemTime::now(), attributes, 0));
        }
    }

    /// Ends it at a time that has passed.
    pub fn end_at(mut self, at: SystemTime) {
        if let Some(span) = self.0.take() {
            // Clocks may be set back meanwhile.
            let end_time = at.max(span.start_time);
            pipeline::export(SpanData { end_time, ..*span });
        }
    }

    /// Forgets it.
    pub fn discard(mut self) {
        self.0 = None;
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if self.is_one() {
            std::mem::take(self).end_at(SystemTime::now());
        }
    }
}

/// Who makes these spans.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("uptake").with_version(env!("CARGO_PKG_VERSION")).build()
}

#[cfg(test)]
mod tests;

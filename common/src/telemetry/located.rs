//! `trace_id` and `span_id` on each line of the log that is about a request.

use std::{fmt, future::Future};

use opentelemetry::trace::TraceContextExt as _;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use super::span::Place;
use crate::wire::TraceContext;

tokio::task_local! {
    static REQUEST: Request;
}

/// The request that a task is about, traced or not: its `traceparent`.
#[derive(Clone, Copy, Debug)]
pub struct Request(Option<[u8; 55]>);

impl Request {
    /// The request that has this context.
    #[must_use]
    pub fn of(context: &TraceContext) -> Self {
        Self(context.traceparent.as_ref().and_then(|text| text.as_bytes().try_into().ok()))
    }

    /// The request that this task is about.
    pub(super) fn current() -> Self {
        REQUEST.try_with(|request| *request).unwrap_or(Self(None))
    }

    /// As it travels.
    pub(super) fn traceparent(&self) -> Option<&str> {
        std::str::from_utf8(self.0.as_ref()?).ok()
    }

    /// The request that has a span as its place, else this context.
    #[must_use]
    pub fn at(place: Option<Place>, context: &TraceContext) -> Self {
        match place {
            Some(place) => Self(place.traceparent().as_bytes().try_into().ok()),
            None => Self::of(context),
        }
    }

    /// Runs a future all of whose lines in the log tell this request.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        REQUEST.scope(self, future)
    }

    fn ids(&self) -> Option<(&str, &str)> {
        let text = self.traceparent()?;
        Some((text.get(3..35)?, text.get(36..52)?))
    }
}

/// Writes a line as another format does, and the two ids at its end.
pub(super) struct Located<F> {
    format: F,
    /// What comes before them and between them, and what ends the line.
    marks: [&'static str; 3],
}

impl<F> Located<F> {
    pub(super) fn text(format: F) -> Self {
        Self { format, marks: [" trace_id=", " span_id=", "\n"] }
    }

    pub(super) fn json(format: F) -> Self {
        Self { format, marks: [",\"trace_id\":\"", "\",\"span_id\":\"", "\"}\n"] }
    }

    fn write(&self, writer: &mut Writer<'_>, line: &str, trace: &str, span: &str) -> fmt::Result {
        let [before, between, end] = self.marks;
        // What ends the line of an object is its last brace, too.
        let line = line.trim_end_matches('\n');
        let line = if end.contains('}') { line.strip_suffix('}').unwrap_or(line) } else { line };
        write!(writer, "{line}{before}{trace}{between}{span}{end}")
    }
}

impl<S, N, F> FormatEvent<S, N> for Located<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // The span of the service's own code that this is in, if there is one, else the request's.
        let own = opentelemetry::Context::map_current(|context| {
            let span = context.span();
            let context = span.span_context();
            context.is_valid().then(|| (context.trace_id(), context.span_id()))
        });
        let request = Request::current();
        let (trace, span);
        let (trace, span) = match (own, request.ids()) {
            (Some((own_trace, own_span)), _) => {
                (trace, span) = (own_trace.to_string(), own_span.to_string());
                (trace.as_str(), span.as_str())
            }
            (None, Some(ids)) => ids,
            (None, None) => return self.format.format_event(context, writer, event),
        };
        let mut line = String::new();
        self.format.format_event(context, Writer::new(&mut line), event)?;
        self.write(&mut writer, &line, trace, span)
    }
}

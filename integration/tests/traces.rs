//! What one trace shows of a request's whole way, as a collector gets it: every span, its parent and kind, and no other.

mod calls;
mod collectors;
mod errors;
mod hostile;
mod jobs;
mod redelivery;
mod rotel;
mod sampling;

use integration::{Builder, Platform};
use test_support::{
    RawResponse,
    collector::{Span, Status, Trace},
};

/// A platform behind the prefix of `rating-service`, without a worker.
fn behind_api() -> Builder {
    Platform::builder().workers(0).proxy_args(&["--strip-prefix", "/api"])
}

/// Asserts attributes, as text.
fn assert_attributes(span: &Span, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(span.attribute(name).as_deref(), Some(*value), "{name} of {span:#?}");
    }
}

/// Asserts that a span has one link, to this span of the same trace.
fn assert_linked(span: &Span, to: &Span) {
    let linked: Vec<_> = span.links.iter().map(|link| (&link.trace_id, &link.span_id)).collect();
    assert_eq!(linked, [(&to.trace_id, &to.span_id)], "{span:#?}");
}

/// Asserts that a trace is this tree: a line for each span, two spaces deeper than its parent.
fn assert_tree(trace: &Trace, lines: &[&str]) {
    assert_eq!(trace.outline().lines().collect::<Vec<_>>(), lines, "{}", trace.outline());
    for span in trace.spans() {
        assert!(span.start <= span.end, "{span:#?}");
    }
}

/// Asserts that no span tells of an error.
fn assert_well(trace: &Trace) {
    for span in trace.spans() {
        assert!(!matches!(span.status, Status::Error(_)), "{span:#?}");
        assert!(span.events.is_empty() && span.attribute("error.type").is_none(), "{span:#?}");
    }
}

/// The id of what was made.
fn made(answer: &RawResponse) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

//! What has gone wrong is told once in a trace, where it arose.

use integration::{Platform, Traced};
use test_support::collector::{Span, Status, Trace};

/// Asserts that one span alone has an exception, and returns it.
fn only_exception(trace: &Trace) -> &Span {
    let with: Vec<_> = trace.spans().iter().filter(|span| !span.events.is_empty()).collect();
    let [span] = with[..] else { panic!("{} spans have events:\n{with:#?}", with.len()) };
    let [event] = &span.events[..] else { panic!("{span:#?}") };
    assert_eq!(event.name, "exception");
    span
}

fn is_error(span: &Span) -> bool {
    matches!(span.status, Status::Error(_))
}

#[tokio::test]
async fn an_error_is_recorded_once_where_it_arose() {
    let stage = Traced::start(Platform::builder()).await;
    assert_eq!(stage.ask("panics", "GET", "/hello/panic", &[], "").await.status, 500);
    assert_eq!(stage.ask("fails", "POST", "/hello/jobs/fail?times=9&status=503", &[], "").await.status, 503);
    assert_eq!(stage.ask("nowhere", "GET", "/nowhere", &[], "").await.status, 404);
    let ended = stage.end().await;

    for (id, arose, kind) in [("panics", "handle", "handler-panicked"), ("fails", "handle", "503")] {
        let trace = ended.trace_of(id);
        let span = only_exception(&trace);
        assert!(span.name.starts_with(arose) && is_error(span), "{id}: {span:#?}");
        assert_eq!(span.attribute("error.type").as_deref(), Some(kind), "{id}");
        let server = trace.roots()[0];
        assert!(is_error(server), "{id}: {server:#?}");
    }
    // A client's mistake is no error of the server.
    let trace = ended.trace_of("nowhere");
    let server = trace.roots()[0];
    assert!(!is_error(server) && server.events.is_empty(), "{server:#?}");
    assert_eq!(server.attribute("error.type").as_deref(), Some("no-route"));
}

#[tokio::test]
async fn a_request_whose_handler_takes_too_long_is_told_of_by_who_gives_it_up_first() {
    let stage = Traced::start(Platform::builder().proxy_args(&["--budget", "2"])).await;
    assert_eq!(stage.ask("late", "GET", "/hello/work?ms=60000", &[], "").await.status, 504);
    let trace = stage.end().await.trace_of("late");
    let span = only_exception(&trace);
    assert!(span.name.starts_with("publish") && is_error(span), "{span:#?}");
    assert_eq!(span.attribute("error.type").as_deref(), Some("outcome-unknown"));
    assert!(is_error(trace.roots()[0]) && is_error(trace.only("handle")));
}

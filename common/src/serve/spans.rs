//! The spans of a delivery: its wait, its processing with the handler in it, and the answer. Nothing where it is not traced.

use std::{borrow::Cow, time::SystemTime};

use async_nats::jetstream::publish::PublishAck;
use bytes::Bytes;
use http::{Method, Response};

use super::{
    adapter::End,
    delivery::{Info, Settlement},
    shared::Shared,
};
use crate::{
    Fault,
    telemetry::{
        names,
        span::{Place, Span, SpanKind},
    },
    wire::{JobId, Record, Route, TraceContext},
};

/// Begins the span of a delivery, from when it came, and tells the wait before.
pub(super) fn process(shared: &Shared, trace: &TraceContext, info: &Info) -> Span {
    let Some(origin) = Place::of(trace) else { return Span::default() };
    let (age, here_for) = info.waited();
    let came = SystemTime::now().checked_sub(here_for).unwrap_or(SystemTime::UNIX_EPOCH);
    let stream = &shared.stream;
    let mut wait = Span::below(Some(origin), SpanKind::Internal, || Cow::Owned(format!("wait in {stream}")));
    wait.began(came.checked_sub(age).unwrap_or(came));
    wait.end_at(came);
    let delivery = u64::try_from(info.delivered).unwrap_or(1);
    let at = |delivery| origin.of_delivery(stream, info.sequence, delivery);
    let mut span =
        Span::at(at(delivery), origin, SpanKind::Consumer, Cow::Owned(format!("process {stream}")));
    span.began(came);
    message(&mut span, "process", "process");
    span.set(names::MESSAGING_DESTINATION_NAME, stream.clone());
    span.set(names::MESSAGING_CONSUMER_GROUP_NAME, shared.config.consumer.clone());
    span.set(names::MESSAGING_MESSAGE_ID, info.sequence.to_string());
    span.set(names::DELIVERY_COUNT, info.delivered);
    span.set(names::WORKER, shared.instance.clone());
    if delivery > 1 {
        span.link(at(delivery - 1));
    }
    span
}

/// Begins the span of a handler, below this task's delivery; the context that the handler is given names it then.
pub(super) fn handle(trace: &mut TraceContext, method: &Method) -> Span {
    let mut span = Span::below(Place::here(), SpanKind::Internal, || Cow::Owned(format!("handle {method}")));
    if let Some(place) = span.place() {
        trace.traceparent = Some(place.traceparent());
        span.set(names::HTTP_REQUEST_METHOD, method.to_string());
    }
    span
}

/// Ends the span of a handler. By now it is known which route the service has taken, if it tells.
pub(super) fn handled(mut span: Span, method: &Method, outcome: &Result<Response<Bytes>, End>) {
    match outcome {
        Ok(response) => {
            if let Some(route) = response.extensions().get::<Route>() {
                span.rename(|| Cow::Owned(format!("handle {method} {}", route.as_str())));
                span.set_with(names::HTTP_ROUTE, || route.as_str().to_owned());
            }
            let status = response.status();
            span.set(names::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
            if status.is_server_error() && span.is_one() {
                span.fail_here(status.as_str().to_owned(), status.canonical_reason().unwrap_or_default());
            }
        }
        Err(End::Fault(fault)) => span.fail_here(fault.slug(), fault.texts().1),
        Err(End::Cancelled) => span.fail("cancelled"),
        // Its asker has given up, and tells so itself.
        Err(End::OutOfBudget) => span.fail("out-of-budget"),
    }
}

/// Ends the span of a job's attempt. That its time is up arises here: no asker tells it.
pub(super) fn attempted(mut span: Span, method: &Method, outcome: &Result<Response<Bytes>, End>) {
    match outcome {
        Err(End::OutOfBudget) => span.fail_here(Fault::JobTimeout.slug(), Fault::JobTimeout.texts().1),
        _ => handled(span, method, outcome),
    }
}

/// Says that the platform decides in the service's place, before it runs anything.
pub(super) fn refused(span: &mut Span, fault: Fault) {
    span.fail_here(fault.slug(), fault.texts().1);
}

/// Says what a delivery is of.
pub(super) fn of_job(span: &mut Span, id: &JobId, run: u32) {
    span.set_with(names::JOB_ID, || id.to_string());
    span.set(names::JOB_RUN, i64::from(run));
}

/// Ends the span of a job's delivery. One that comes again tells when.
pub(super) fn settled(mut span: Span, how: Option<Settlement>) {
    if let Some(Settlement::Nak(pause)) = how {
        span.set(names::JOB_PAUSE, pause.as_secs_f64());
    }
}

/// Begins the span of a step of a job's record.
pub(super) fn record(next: &Record) -> Span {
    let mut span = Span::below(Place::here(), SpanKind::Internal, || {
        Cow::Owned(format!("record {}", next.state.as_str()))
    });
    span.set(names::JOB_STATE, next.state.as_str());
    span.set(names::JOB_ATTEMPT, i64::from(next.attempts));
    span
}

/// Begins the span of an answer.
pub(super) fn reply() -> Span {
    let mut span = Span::below(Place::here(), SpanKind::Producer, || Cow::Borrowed("reply"));
    message(&mut span, "reply", "send");
    span.set(names::MESSAGING_DESTINATION_TEMPORARY, true);
    span
}

/// Begins the span of the publish of a dead letter.
pub(super) fn dead_letter(cause: &'static str) -> Span {
    let mut span = Span::below(Place::here(), SpanKind::Producer, || Cow::Borrowed("publish dead letter"));
    message(&mut span, "publish", "send");
    span.set(names::CAUSE, cause);
    span
}

/// Ends the span of a dead letter.
pub(super) fn kept(mut span: Span, ack: &PublishAck) {
    if span.is_one() {
        span.rename(|| Cow::Owned(format!("publish {}", ack.stream)));
        span.set(names::MESSAGING_DESTINATION_NAME, ack.stream.clone());
        span.set(names::MESSAGING_MESSAGE_ID, ack.sequence.to_string());
    }
}

fn message(span: &mut Span, name: &'static str, kind: &'static str) {
    span.set(names::MESSAGING_SYSTEM, "nats");
    span.set(names::MESSAGING_OPERATION_NAME, name);
    span.set(names::MESSAGING_OPERATION_TYPE, kind);
}

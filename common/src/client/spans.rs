//! The spans of who asks: the publish of a request, and a call as its caller sees it.

use std::borrow::Cow;

use async_nats::jetstream::publish::PublishAck;
use http::{Method, Uri};

use super::{Failure, inbox::Receipt};
use crate::{
    telemetry::{
        names,
        span::{Place, Span, SpanKind},
    },
    wire::{Answer, Class, Envelope, JobId},
};

/// Begins the publish of a request, below the place that its envelope has.
pub(super) fn publish(envelope: &Envelope, class: Class) -> Span {
    let mut span = Span::below(Place::of(&envelope.trace), SpanKind::Producer, || {
        Cow::Owned(format!("publish {}", class.as_str()))
    });
    span.set(names::MESSAGING_SYSTEM, "nats");
    span.set(names::MESSAGING_OPERATION_NAME, "publish");
    span.set(names::MESSAGING_OPERATION_TYPE, "send");
    span
}

/// The envelope with a span as its place: the message's receiver is below it.
pub(crate) fn below<'e>(envelope: &'e Envelope, span: &Span) -> Cow<'e, Envelope> {
    match span.place() {
        None => Cow::Borrowed(envelope),
        Some(place) => {
            let mut below = envelope.clone();
            below.trace.traceparent = Some(place.traceparent());
            Cow::Owned(below)
        }
    }
}

/// Where the message was stored.
pub(super) fn stored(span: &mut Span, stream: &str, sequence: u64) {
    if span.is_one() {
        span.rename(|| Cow::Owned(format!("publish {stream}")));
        span.set(names::MESSAGING_DESTINATION_NAME, stream.to_owned());
        span.set(names::MESSAGING_MESSAGE_ID, sequence.to_string());
    }
}

/// Ends a publish: when the stream confirmed it, else now. `failure` arose here, not in a worker.
pub(super) fn published(mut span: Span, receipt: Option<Receipt>, failure: Option<&Failure>) {
    if let Some(failure) = failure {
        refused(&mut span, failure);
    }
    let Some(receipt) = receipt.filter(|_| span.is_one()) else { return };
    if let Some((stream, sequence)) = receipt.place() {
        stored(&mut span, &stream, sequence);
    }
    match (receipt.at, failure) {
        (Some(at), None) => span.end_at(at),
        _ => drop(span),
    }
}

/// Says why nothing was stored, or no answer came. A mistake of the client is no error of ours.
fn refused(span: &mut Span, &Failure { fault, .. }: &Failure) {
    match fault.status().is_client_error() {
        true => span.set(names::ERROR_TYPE, fault.slug()),
        false => span.fail_here(fault.slug(), fault.texts().1),
    }
}

/// Begins the publish of a run of a job.
pub(super) fn publish_job(envelope: &Envelope, id: &JobId, run: u32) -> Span {
    let mut span = publish(envelope, Class::Job);
    of_job(&mut span, id, run);
    span
}

/// Begins the publish of a redrive: in the trace of the run before it, which it points to.
pub(crate) fn redrive(envelope: &Envelope, id: &JobId, run: u32) -> Span {
    let mut span = publish_job(envelope, id, run);
    if let Some(before) = Place::of(&envelope.trace) {
        span.link(before);
    }
    span
}

fn of_job(span: &mut Span, id: &JobId, run: u32) {
    span.set_with(names::JOB_ID, || id.to_string());
    span.set(names::JOB_RUN, i64::from(run));
}

/// Ends the publish of a job.
pub(crate) fn job_published(mut span: Span, published: Result<PublishAck, Failure>) -> Result<(), Failure> {
    match published {
        Ok(ack) => {
            stored(&mut span, &ack.stream, ack.sequence);
            Ok(())
        }
        Err(failure) => {
            refused(&mut span, &failure);
            Err(failure)
        }
    }
}

/// Begins a call as its caller sees it; the envelope names it then.
pub(super) fn call(envelope: &mut Envelope, is_in_handler: bool, method: &Method, uri: &Uri) -> Span {
    // Paths hold ids, which no name should.
    let name = || Cow::Owned(method.to_string());
    let mut span = if is_in_handler {
        let asked = Place::of(&envelope.trace);
        let own = Place::current().filter(|own| asked.is_some_and(|asked| asked.is_beside(*own)));
        let span = Span::below(own.or(asked), SpanKind::Client, name);
        if let Some(place) = span.place() {
            envelope.trace.traceparent = Some(place.traceparent());
        }
        span
    } else {
        Span::entry(&mut envelope.trace, SpanKind::Client, name)
    };
    if span.is_one() {
        span.set(names::HTTP_REQUEST_METHOD, method.to_string());
        span.set(names::URL_PATH, uri.path().to_owned());
        span.set(names::REQUEST_ID, envelope.request_id.clone());
    }
    span
}

/// Ends a call. What went wrong arose below it.
pub(super) fn called(mut span: Span, answer: &Result<Answer, Failure>) {
    match answer {
        Ok(answer) => {
            let status = answer.response.status();
            span.set(names::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
            if span.is_one() && (status.is_client_error() || status.is_server_error()) {
                span.fail(status.as_str().to_owned());
            }
        }
        Err(failure) => span.fail(failure.fault.slug()),
    }
}

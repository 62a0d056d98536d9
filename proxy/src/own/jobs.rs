//! What has become of a job, its answer, and its cancel.

use http::{HeaderValue, Method, Response, header};
use tokio::time::Instant;
use uptake::{
    Fault,
    client::{Dispatcher, Failure, outcome},
    wire::{JobId, Record},
};

use super::Asked;
use crate::{
    answer::Body,
    connection::Ticket,
    error::Refusal,
    events::{Course, EVENT_STREAM, Events},
    gateway::Gateway,
    job::{ASK_AGAIN, document},
    limits::Admitted,
    prefer::APPLIED,
};

/// The document of a job, or the events that tell of it.
///
/// # Errors
/// When there is no such job for this tenant, or it is not known at the moment.
pub(super) async fn show<D: Dispatcher>(
    gateway: &Gateway<D>,
    id: &JobId,
    asked: &Asked,
    admitted: Admitted,
    ticket: Option<Ticket>,
) -> Result<Response<Body>, Refusal> {
    match asked.events_after {
        Some(last_id) => Ok(events(gateway, id, asked, last_id, admitted, ticket).await?),
        None => {
            let record = wait(gateway, id, asked).await?;
            let mut response = told(&record, gateway);
            if asked.preferences.wait.is_some() {
                let wait = asked.preferences.wait_within(gateway.settings().limits.max_wait);
                let applied = HeaderValue::try_from(format!("wait={}", wait.as_secs()));
                response.headers_mut().extend(applied.ok().map(|applied| (APPLIED, applied)));
            }
            Ok(response)
        }
    }
}

/// The answer of a job's service, as it gave it.
///
/// # Errors
/// When there is none (yet), or no such job for this tenant, or it is not known at the moment.
pub(super) async fn response<D: Dispatcher>(
    gateway: &Gateway<D>,
    id: &JobId,
    asked: &Asked,
    ticket: Option<Ticket>,
) -> Result<Response<Body>, Refusal> {
    let record = wait(gateway, id, asked).await?;
    let Some(outcome) = outcome(&record) else {
        let failure = Failure { fault: Fault::JobNotFinished, retry_after: Some(ASK_AGAIN) };
        let location = document::location(id, &gateway.settings().routing.strip_prefix);
        return Err(Refusal::from(failure).with(header::LOCATION, location));
    };
    let mut answer = outcome?;
    let octets = answer.response.body().len();
    let headers = answer.response.headers_mut();
    if asked.method == Method::HEAD && octets > 0 {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(octets));
    }
    // Whether a GET may be cached its service had no reason to say.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    Ok(gateway.respond(answer, asked.method == Method::HEAD, ticket)?)
}

/// Cancels a job: queued, it never runs; running, it is given up.
///
/// # Errors
/// When it has ended, or there is no such job for this tenant, or it is not known at the moment.
pub(super) async fn cancel<D: Dispatcher>(
    gateway: &Gateway<D>,
    id: &JobId,
    asked: &Asked,
) -> Result<Response<Body>, Refusal> {
    let record = Box::pin(gateway.dispatcher().cancel_job(id, &asked.tenant)).await?;
    Ok(told(&record, gateway))
}

/// The record, final if it becomes so while its client waits. Nobody waits longer for it when this process is about to
/// end.
async fn wait<D: Dispatcher>(gateway: &Gateway<D>, id: &JobId, asked: &Asked) -> Result<Record, Failure> {
    let until = asked.arrived + asked.preferences.wait_within(gateway.settings().limits.max_wait);
    tokio::select! {
        biased;
        // Boxed: see `Gateway::submit`.
        record = Box::pin(gateway.dispatcher().job(id, &asked.tenant, until)) => return record,
        () = gateway.drain().cancelled() => {}
    }
    Box::pin(gateway.dispatcher().job(id, &asked.tenant, Instant::now())).await
}

async fn events<D: Dispatcher>(
    gateway: &Gateway<D>,
    id: &JobId,
    asked: &Asked,
    last_id: u64,
    admitted: Admitted,
    ticket: Option<Ticket>,
) -> Result<Response<Body>, Failure> {
    let records = Box::pin(gateway.dispatcher().follow(id, &asked.tenant)).await?;
    let course = Course {
        records,
        prefix: gateway.settings().routing.strip_prefix.clone(),
        last_id,
        until: asked.arrived + gateway.settings().limits.max_event_stream,
        drain: gateway.drain().clone(),
    };
    let mut response = Response::new(Body::Events(Events::new(course, admitted, ticket)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, EVENT_STREAM);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn told<D: Dispatcher>(record: &Record, gateway: &Gateway<D>) -> Response<Body> {
    let mut response = super::json(document::json(record, &gateway.settings().routing.strip_prefix));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

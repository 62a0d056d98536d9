//! Requests that are to be jobs: executed once they are accepted, whatever becomes of their client and of this process.

pub(crate) mod document;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use tokio::time::{Instant, timeout_at};
use uptake::{
    Fault,
    client::{Dispatcher, Failure, NewJob, Submitted},
    job::Tenant,
    wire::{Envelope, JobId},
};

use crate::{
    answer::Body,
    config::LimitConfig,
    connection::Ticket,
    error::Refusal,
    gateway::Gateway,
    key::{IDEMPOTENCY_KEY, idempotency_key},
    prefer::{APPLIED, Preferences},
};

/// The methods that may have an effect (RFC 9110 §9.2.1).
const UNSAFE: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
/// Tells that an answer is of an execution which an earlier request has started.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// When to ask for a job that has not ended.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How a request is to be executed as a job.
#[derive(Debug)]
pub(crate) struct Order {
    key: Option<String>,
    respond_async: bool,
    /// How long its client waits, whole seconds; `None` for as long as its budget.
    wait: Option<Duration>,
    arrived: Instant,
}

impl Order {
    /// When the client is told that the job has not ended.
    fn wait_until(&self, limits: &LimitConfig) -> Instant {
        let longest = if self.respond_async { Duration::ZERO } else { limits.budget };
        self.arrived + self.wait.unwrap_or(longest)
    }

    /// The preferences that were followed, if it is told that the job was accepted.
    fn applied(&self) -> HeaderValue {
        match self.wait {
            Some(wait) => HeaderValue::try_from(format!("respond-async, wait={}", wait.as_secs())),
            None => Ok(HeaderValue::from_static("respond-async")),
        }
        // Letters and digits.
        .unwrap_or(HeaderValue::from_static("respond-async"))
    }
}

impl<D: Dispatcher> Gateway<D> {
    /// Whether a request is to be a job: its client wishes it so, and its service takes jobs. Else the wish is ignored
    /// (RFC 7240 §2), and a key is an ordinary field.
    ///
    /// # Errors
    /// When a key is malformed, or there must be one and is none, or it is not known whether the service takes jobs.
    pub(crate) async fn order(
        &self,
        parts: &Parts,
        preferences: Preferences,
        arrived: Instant,
    ) -> Result<Option<Order>, Refusal> {
        if !UNSAFE.contains(&parts.method) {
            return Ok(None);
        }
        let path = parts.uri.path();
        let is_required = self.settings().routing.requires_key(path);
        if is_required && idempotency_key(&parts.headers)?.is_none() {
            return Err(Fault::IdempotencyKeyRequired.into());
        }
        if !preferences.respond_async && !parts.headers.contains_key(IDEMPOTENCY_KEY) {
            return Ok(None);
        }
        let limits = &self.settings().limits;
        let takes_jobs = self.dispatcher().takes_jobs(&parts.method, path);
        let unknown = || Err(Failure { fault: Fault::StreamUnavailable, retry_after: Some(ASK_AGAIN) });
        if !timeout_at(arrived + limits.budget, takes_jobs).await.unwrap_or_else(|_| unknown())? {
            return Ok(None);
        }
        let wait = preferences.wait.map(|wait| wait.min(limits.max_wait).min(limits.budget));
        let respond_async = preferences.respond_async;
        Ok(Some(Order { key: idempotency_key(&parts.headers)?, respond_async, wait, arrived }))
    }

    /// Has a request executed as a job, and answers what its client waits for.
    pub(crate) async fn submit(
        &self,
        order: Order,
        request: Request<Bytes>,
        envelope: Envelope,
        ticket: Option<Ticket>,
    ) -> Result<Response<Body>, Refusal> {
        let limits = &self.settings().limits;
        let tenant = Tenant::of(envelope.identity.as_ref(), request.headers());
        let job = NewJob {
            request,
            envelope,
            tenant: tenant.clone(),
            key: order.key.clone(),
            accept_by: order.arrived + limits.budget,
            wait_until: order.wait_until(limits),
        };
        // Boxed, as is all that waits: one future has the room of the largest that it may ever wait for.
        let Submitted { id, replayed, answer } = Box::pin(self.dispatcher().submit(job)).await?;
        let location = document::location(&id, &self.settings().routing.strip_prefix);
        let answered = match answer {
            Some(Ok(answer)) => self.respond(answer, false, ticket).map_err(Refusal::from),
            Some(Err(failure)) => Err(Refusal::from(failure).with(header::LOCATION, location)),
            None if order.respond_async => {
                let mut accepted = Box::pin(self.accepted(&id, &tenant, location)).await;
                accepted.headers_mut().insert(APPLIED, order.applied());
                Ok(accepted)
            }
            None => Err(Refusal::from(Fault::JobStillRunning).with(header::LOCATION, location)),
        };
        let answered = match answered {
            Ok(mut response) => {
                response.extensions_mut().insert(id);
                Ok(response)
            }
            Err(refusal) => Err(refusal.about(id)),
        };
        if !replayed {
            return answered;
        }
        const TRUE: HeaderValue = HeaderValue::from_static("true");
        match answered {
            Ok(mut response) => {
                response.headers_mut().insert(REPLAYED, TRUE);
                Ok(response)
            }
            Err(refusal) => Err(refusal.with(REPLAYED, TRUE)),
        }
    }

    /// The answer that tells only that a job was accepted, and where to ask for it.
    async fn accepted(&self, id: &JobId, tenant: &Tenant, location: HeaderValue) -> Response<Body> {
        // It is accepted, whether or not its record can be read just now.
        let document = match self.dispatcher().job(id, tenant, Instant::now()).await {
            Ok(record) => document::json(&record, &self.settings().routing.strip_prefix),
            Err(_) => document::accepted_json(id),
        };
        let mut response = Response::new(Body::from(document));
        *response.status_mut() = StatusCode::ACCEPTED;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::LOCATION, location);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(ASK_AGAIN.as_secs()));
        response
    }
}

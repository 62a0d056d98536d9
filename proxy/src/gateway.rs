//! The gateway: from an HTTP request to a dispatched call or job, and back.

use std::{
    convert::Infallible,
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header, request::Parts,
    uri::PathAndQuery,
};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tower::Service;
use uptake::{
    Fault, Identity,
    client::{Call, Dispatcher, Failure},
    wire::{Answer, Envelope, METHODS},
};

use crate::{
    answer::Body,
    auth::Auth,
    body::{self, RequestBody},
    config::{Config, LimitConfig, RoutingConfig},
    connection::{Connection, Ticket},
    error::{self, Refusal, Rejection},
    head,
    limits::{Admitted, Limits},
    own,
    prefer::Preferences,
    relocate::relocate,
    route::Target,
    ui::Ui,
};

/// After these nobody knows where the next request begins, or for whom it is.
const AMBIGUOUS: [Fault; 2] = [Fault::BadFraming, Fault::BadHost];

/// A request that was taken up.
pub(crate) struct Taken {
    pub(crate) arrived: Instant,
    /// So long as this is there, the request is one of those in flight.
    pub(crate) admitted: Admitted,
    pub(crate) ticket: Option<Ticket>,
}

/// What the answer to a request depends on, whatever is answered.
struct Asked {
    request_id: String,
    is_head: bool,
    /// Whether the connection can be closed behind the answer.
    closable: bool,
}

/// Dispatches requests. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Gateway<D> {
    dispatcher: D,
    auth: Option<Auth>,
    settings: Arc<Settings>,
    limits: Limits,
    drain: CancellationToken,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) routing: RoutingConfig,
    pub(crate) limits: LimitConfig,
    pub(crate) ui: Option<Ui>,
}

impl Settings {
    pub(crate) fn new(config: &Config, ui: Option<Ui>) -> Self {
        Self { routing: config.routing.clone(), limits: config.limits.clone(), ui }
    }
}

impl<D: Dispatcher> Gateway<D> {
    pub(crate) fn new(
        dispatcher: D,
        settings: Settings,
        auth: Option<Auth>,
        limits: Limits,
        drain: CancellationToken,
    ) -> Self {
        Self { dispatcher, auth, settings: Arc::new(settings), limits, drain }
    }

    pub(crate) fn dispatcher(&self) -> &D {
        &self.dispatcher
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Set when this process is about to end.
    pub(crate) fn drain(&self) -> &CancellationToken {
        &self.drain
    }

    /// Takes a request up, and tells whose it is to answer.
    fn take_up(&self, parts: &mut Parts) -> Result<(Taken, Target), Refusal> {
        let Settings { routing, limits, ui } = &*self.settings;
        let arrived = Instant::now();
        let ticket = parts.extensions.remove::<Connection>().map(|connection| connection.begin());
        let mut admitted = self.limits.admit()?;
        head::check(parts)?;
        admitted.grow(head::octets(parts))?;
        let taken = Taken { arrived, admitted, ticket };
        if parts.method == Method::OPTIONS && parts.uri.path() == "*" {
            return Ok((taken, Target::Server));
        }
        if !METHODS.contains(&parts.method) {
            return Err(Fault::MethodNotSupported.into());
        }
        Ok((taken, routing.route(&parts.uri, limits.max_target_bytes as usize, ui.as_ref())?))
    }

    /// Has a service answer.
    async fn forward<B: RequestBody>(
        &self,
        mut parts: Parts,
        target: PathAndQuery,
        incoming: &mut B,
        mut envelope: Envelope,
        taken: Taken,
        unread: &mut bool,
    ) -> Result<Response<Body>, Refusal> {
        let Taken { arrived, mut admitted, ticket } = taken;
        let limits = &self.settings.limits;
        // Before the body: who may not ask sends none.
        envelope.identity = self.identify(&parts.headers, target.path(), arrived).await?;
        parts.uri = Uri::from(target);
        let preferences = Preferences::of(&parts.headers);
        let order = self.order(&parts, preferences, arrived).await?;
        let wait = preferences.wait.filter(|wait| order.is_none() && !wait.is_zero());
        let deadline = arrived + wait.unwrap_or(limits.budget).min(limits.budget);
        let max_octets = limits.max_body_bytes as usize;
        // Not longer than the budget: what is dispatched behind its end would be told as perhaps run.
        let body_timeout = limits.body_timeout.min(deadline.saturating_duration_since(Instant::now()));
        let body = body::collect(incoming, max_octets, body_timeout, &mut admitted).await?;
        *unread = false;
        let is_head = parts.method == Method::HEAD;
        let request = Request::from_parts(parts, body);
        envelope.prefix.clone_from(&self.settings.routing.strip_prefix);
        if let Some(order) = order {
            return self.submit(order, request, envelope, ticket).await;
        }
        let answer = self.dispatcher.dispatch(Call { request, envelope, deadline }).await?;
        Ok(self.respond(answer, is_head, ticket)?)
    }

    /// Answers with what is at a path of the page. Nobody is asked who they are: they could not say so before they have it.
    fn page(&self, parts: &Parts, path: &str, taken: Taken) -> Result<Response<Body>, Refusal> {
        let ui = self.settings.ui.as_ref().ok_or(Fault::NoRoute)?;
        let (head, octets) = ui.find(&parts.method, path, &parts.headers)?.into_parts();
        let octets = if parts.method == Method::HEAD { Bytes::new() } else { octets };
        Ok(Response::from_parts(head, Body::from(self.limits.hold(octets, taken.ticket)?)))
    }

    /// Who calls, if anybody looks at that. `path` is what whoever answers sees.
    pub(crate) async fn identify(
        &self,
        fields: &HeaderMap,
        path: &str,
        arrived: Instant,
    ) -> Result<Option<Identity>, Failure> {
        let Some(auth) = &self.auth else { return Ok(None) };
        let identified = auth.identify(fields, path);
        let late = Failure { fault: Fault::IdentityUnavailable, retry_after: Some(Duration::from_secs(1)) };
        timeout_at(arrived + self.settings.limits.budget, identified).await.unwrap_or(Err(late))
    }

    /// What the client sees of what came out.
    fn finish<B: RequestBody>(
        &self,
        answered: Result<Response<Body>, Refusal>,
        asked: Asked,
        unread: Option<B>,
    ) -> Response<Body> {
        let Asked { request_id, is_head, closable } = asked;
        let ambiguous = answered.as_ref().is_err_and(|refusal| AMBIGUOUS.contains(&refusal.failure.fault));
        let mut response =
            answered.unwrap_or_else(|refusal| error::rescue(Rejection { refusal, request_id, is_head }));
        if closable && (unread.is_some() || ambiguous) {
            // What follows might be taken for the next request. HTTP/2 has frames for that.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(body) = unread {
            let limits = &self.settings.limits;
            let (octets, time) = (limits.max_discard_bytes as usize, limits.discard_timeout);
            // Beside the answer, which is not held up by it; the connection stays open meanwhile.
            tokio::spawn(body::discard(body, octets, time));
        }
        response
    }

    /// The answer that the client sees.
    ///
    /// # Errors
    /// When as many octets of answers are unread as may be.
    pub(crate) fn respond(
        &self,
        answer: Answer,
        is_head: bool,
        ticket: Option<Ticket>,
    ) -> Result<Response<Body>, Fault> {
        let Answer { mut response, timing, .. } = answer;
        let without_content =
            is_head || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&response.status());
        if without_content {
            *response.body_mut() = Bytes::new();
        }
        if !is_head && response.status() != StatusCode::NOT_MODIFIED {
            // Counted anew: a worker's word for it would break the framing where it is wrong.
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        relocate(response.headers_mut(), &self.settings.routing.strip_prefix);
        response.extensions_mut().insert(timing);
        let (parts, body) = response.into_parts();
        Ok(Response::from_parts(parts, Body::from(self.limits.hold(body, ticket)?)))
    }
}

/// The answer to `OPTIONS *`: what this server can do at all (RFC 9110 §9.3.7).
fn capabilities() -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let allow = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

impl<D: Dispatcher, B: RequestBody> Service<Request<B>> for Gateway<D> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let gateway = self.clone();
        let envelope = request.extensions_mut().remove::<Envelope>().unwrap_or_default();
        let asked = Asked {
            request_id: envelope.request_id.clone(),
            is_head: request.method() == Method::HEAD,
            closable: request.version() <= Version::HTTP_11,
        };
        let (mut parts, mut body) = request.into_parts();
        let mut unread = !body.is_end_stream();
        // A future for each kind of answer: thousands may wait for a job, and one future for all would have the room that
        // a call takes.
        match gateway.take_up(&mut parts) {
            Ok((taken, Target::Service(target))) => Box::pin(async move {
                let mut answered =
                    gateway.forward(parts, target, &mut body, envelope, taken, &mut unread).await;
                if let Ok(response) = &mut answered {
                    gateway.note_route(response);
                }
                Ok(gateway.finish(answered, asked, unread.then_some(body)))
            }),
            Ok((taken, Target::Own(path))) => Box::pin(async move {
                let answered = own::answer(&gateway, parts, &path, taken).await;
                Ok(gateway.finish(answered, asked, unread.then_some(body)))
            }),
            Ok((taken, Target::Page(path))) => {
                let answered = gateway.page(&parts, &path, taken);
                Box::pin(ready(Ok(gateway.finish(answered, asked, unread.then_some(body)))))
            }
            Ok((_, Target::Server)) => {
                Box::pin(ready(Ok(gateway.finish(Ok(capabilities()), asked, unread.then_some(body)))))
            }
            Err(refusal) => Box::pin(ready(Ok(gateway.finish(Err(refusal), asked, unread.then_some(body))))),
        }
    }
}

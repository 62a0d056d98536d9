//! From a decoded request to an answer: runs the service, bounded in time and size, and survives its panics.

use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};
use tower::ServiceExt as _;

use crate::{BoxError, Context, Fault, telemetry::span::Place};

/// What handlers get: a request whose body is at hand.
pub type RequestBody = Full<Bytes>;

/// A service that can be served: an axum `Router` is one.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Runs the service over one request and collects its answer.
    fn handle(
        self,
        request: Request<RequestBody>,
        max_octets: usize,
    ) -> impl Future<Output = Result<Response<Bytes>, Fault>> + Send;
}

impl<S, B> Handler for S
where
    S: tower::Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    async fn handle(
        self,
        request: Request<RequestBody>,
        max_octets: usize,
    ) -> Result<Response<Bytes>, Fault> {
        let response = self.oneshot(request).await.map_err(|error| {
            tracing::error!(error = error.into(), "the service failed");
            Fault::HandlerFailed
        })?;
        let (parts, body) = response.into_parts();
        if body.size_hint().lower() > max_octets as u64 {
            return Err(Fault::AnswerTooLarge);
        }
        let collected = Limited::new(body, max_octets).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                return Fault::AnswerTooLarge;
            }
            tracing::error!(error, "the body of an answer cannot be read");
            Fault::HandlerFailed
        })?;
        Ok(Response::from_parts(parts, collected.to_bytes()))
    }
}

/// How a handler ended without an answer of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The platform answers in its place.
    Fault(Fault),
    /// Nobody waits for an answer.
    Cancelled,
    /// Its budget ended first: the asker has given up by its own clock.
    OutOfBudget,
}

/// Runs a handler until it answers, panics, is cancelled, or its budget is used up.
pub(super) async fn run<H: Handler>(
    handler: H,
    mut request: Request<Bytes>,
    context: Context,
    cancelled: oneshot::Receiver<()>,
    max_octets: usize,
) -> Result<Response<Bytes>, End> {
    let deadline = context.deadline;
    if let Some(identity) = &context.identity {
        request.extensions_mut().insert(identity.clone());
    }
    if Place::of(&context.trace).is_some() {
        context.trace.write_to(request.headers_mut());
    }
    request.extensions_mut().insert(context.clone());
    let handled = context.scope(async move { handler.handle(request.map(Full::new), max_octets).await });
    let guarded = AssertUnwindSafe(handled).catch_unwind();
    tokio::select! {
        biased;
        Ok(()) = cancelled => Err(End::Cancelled),
        handled = guarded => match handled {
            // What a handler says because a call of its own ran out of the same budget comes too late.
            _ if Instant::now() >= deadline => Err(End::OutOfBudget),
            Ok(answer) => answer.map_err(End::Fault),
            Err(_panic) => Err(End::Fault(Fault::HandlerPanicked)),
        },
        () = sleep_until(deadline) => Err(End::OutOfBudget),
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use super::*;
    use crate::wire::TraceContext;

    #[tokio::test(start_paused = true)]
    async fn an_answer_at_the_end_of_the_budget_is_none() {
        let answer_after = async |delay: Duration| {
            let handler = tower::service_fn(move |_: Request<RequestBody>| async move {
                tokio::time::sleep(delay).await;
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("in time"))))
            });
            let deadline = Instant::now() + Duration::from_secs(2);
            let trace = TraceContext::generate();
            let context = Context {
                request_id: "1".to_owned(),
                trace,
                deadline,
                prefix: String::new(),
                inbox_key: String::new(),
                inbox_keep: Duration::ZERO,
                is_repeat: false,
                identity: None,
            };
            let (_asker, cancelled) = oneshot::channel();
            let answer = run(handler, Request::new(Bytes::new()), context, cancelled, 100).await;
            answer.map(Response::into_body)
        };
        assert_eq!(answer_after(Duration::from_millis(1_999)).await.unwrap(), "in time");
        assert_eq!(answer_after(Duration::from_secs(2)).await.unwrap_err(), End::OutOfBudget);
        assert_eq!(answer_after(Duration::from_secs(3)).await.unwrap_err(), End::OutOfBudget);
    }
}

//! `Client`: call another service through the queue.

use std::{
    future::Future,
    pin::Pin,
    task::{Context as TaskContext, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::time::Instant;

use super::{Call, Dispatcher, Failure, NatsDispatcher, spans};
use crate::{
    BoxError, Context, Fault,
    config::NatsConfig,
    connection::ConnectError,
    wire::{Envelope, MAX_INLINE_OCTETS, TraceContext},
};

/// Budget of a call that is made outside of a handler.
const DEFAULT_BUDGET: Duration = Duration::from_secs(30);

/// Why a call to another service has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The platform could not get one.
    #[error("{}: {}", .0.fault.slug(), .0.fault.texts().1)]
    Failed(Failure),
    /// The request's body could not be read.
    #[error("the body of the request cannot be read")]
    Body(#[source] BoxError),
}

/// Calls services by path, through the queue: a [`tower::Service`] from request to response.
///
/// Within a handler its calls have what is left of the handler's budget, belong to the same trace, and are made in the
/// name of the handler's own caller. Clones share one connection and one reply subscription.
///
/// ```no_run
/// # async fn example(client: uptake::Client) -> Result<(), uptake::ClientError> {
/// let request = http::Request::get("/users").body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
/// let response = client.send(request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client<D = NatsDispatcher> {
    dispatcher: D,
}

impl Client {
    /// Connects to NATS.
    ///
    /// # Errors
    /// When NATS cannot be reached.
    pub async fn connect(config: &NatsConfig) -> Result<Self, ConnectError> {
        Ok(Self::new(NatsDispatcher::connect(config, "client", None).await?))
    }
}

impl<D: Dispatcher> Client<D> {
    /// A client on a dispatcher of one's own, as in tests.
    pub fn new(dispatcher: D) -> Self {
        Self { dispatcher }
    }

    /// Calls the service that owns the request's path, and waits for its answer.
    ///
    /// # Errors
    /// When the platform could not get an answer. A service's own error is an answer.
    pub async fn send<B>(&self, request: Request<B>) -> Result<Response<Full<Bytes>>, ClientError>
    where
        B: http_body::Body<Data = Bytes> + Send,
        B::Error: Into<BoxError>,
    {
        let (mut parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_INLINE_OCTETS).collect().await;
        let body = body.map_err(|error| match error.downcast::<http_body_util::LengthLimitError>() {
            Ok(_) => ClientError::Failed(Fault::BodyTooLarge.into()),
            Err(error) => ClientError::Body(error),
        })?;
        let own_trace = TraceContext::take_from(&mut parts.headers);
        let current = Context::current();
        let is_in_handler = current.is_some();
        let (mut envelope, deadline) = match current {
            Some(Context { request_id, trace, deadline, identity, .. }) => {
                (Envelope { request_id, trace, identity, ..Envelope::default() }, deadline)
            }
            None => {
                let request_id = format!("{:032x}", rand::random::<u128>());
                (
                    Envelope { request_id, trace: own_trace, ..Envelope::default() },
                    Instant::now() + DEFAULT_BUDGET,
                )
            }
        };
        let request = Request::from_parts(parts, body.to_bytes());
        let span = spans::call(&mut envelope, is_in_handler, request.method(), request.uri());
        let answer = self.dispatcher.dispatch(Call { request, envelope, deadline }).await;
        spans::called(span, &answer);
        Ok(answer.map_err(ClientError::Failed)?.response.map(Full::new))
    }
}

impl<D, B> tower::Service<Request<B>> for Client<D>
where
    D: Dispatcher,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Full<Bytes>>;
    type Error = ClientError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let client = self.clone();
        Box::pin(async move { client.send(request).await })
    }
}

//! The stack: what happens to every request, outermost first.

use std::{convert::Infallible, sync::Arc};

use http::{Method, Request, Response, Uri};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceBuilder};
use uptake::client::Dispatcher;

use crate::{
    answer::Body, body::RequestBody, cors::Cors, figures::Figures, gateway::Gateway, observe::ObserveLayer,
};

/// Builds the stack.
pub(crate) fn stack<D: Dispatcher, B: RequestBody>(
    gateway: Gateway<D>,
    cors: Option<Cors>,
    figures: Arc<Figures>,
    drain: CancellationToken,
) -> impl Service<Request<B>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    let names = gateway.clone();
    let template = Arc::new(move |method: &Method, uri: &Uri| names.template(method, uri));
    ServiceBuilder::new()
        // Outermost, for it gives the request its identity, and tells the time and the outcome of all that follows.
        .layer(ObserveLayer { figures, template, drain })
        // Before the gateway: a preflight is about the proxy, not about a service, and is never published.
        .option_layer(cors)
        // Admits, collects, dispatches; whatever fails becomes an answer here and nowhere else.
        .service(gateway)
}

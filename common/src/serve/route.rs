//! Which of its routes a service has taken: an axum `Router` knows, and tells by a layer that is put around it unasked.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    response::Response,
};
use tower::{Service, layer::layer_fn};

use crate::wire::Route;

/// Has a service tell its routes, if it is a `Router`. One that is wrapped in something else is none.
pub(super) fn told<S: 'static>(mut service: S) -> S {
    let any: &mut dyn Any = &mut service;
    if let Some(router) = any.downcast_mut::<Router>() {
        *router = std::mem::take(router).layer(layer_fn(|inner| Telling { inner }));
    }
    service
}

/// Copies the template of the route into the extensions of the answer. What panics or is dropped tells none.
#[derive(Clone, Debug)]
struct Telling<S> {
    inner: S,
}

impl<S> Service<Request> for Telling<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let route = request.extensions().get::<MatchedPath>().and_then(|path| Route::new(path.as_str()));
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            if let Some(route) = route {
                response.extensions_mut().insert(route);
            }
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn route_of(path: &str) -> Option<String> {
        let inner = Router::new().route("/{id}", get(async || "one")).route("/", get(async || "all"));
        let router = Router::new()
            .route("/users/{id}", get(async || "user"))
            .nest("/services", inner)
            .fallback(async || "nothing");
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = told(router).oneshot(request).await.unwrap();
        response.extensions().get::<Route>().map(|route| route.as_str().to_owned())
    }

    #[tokio::test]
    async fn a_router_tells_its_routes_also_nested_ones() {
        assert_eq!(route_of("/users/7").await.as_deref(), Some("/users/{id}"));
        assert_eq!(route_of("/services/7").await.as_deref(), Some("/services/{id}"));
        assert_eq!(route_of("/services").await.as_deref(), Some("/services"));
        assert_eq!(route_of("/elsewhere").await, None, "the fallback is no route");
    }
}

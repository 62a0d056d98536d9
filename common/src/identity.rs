//! `Identity` as an extractor of axum.

use std::convert::Infallible;

use axum_core::{
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{header, request::Parts};

use crate::{Fault, Identity};

/// The answer to a request that shows nobody: 401 `unauthenticated`, with a challenge (RFC 6750 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unauthenticated;

impl IntoResponse for Unauthenticated {
    fn into_response(self) -> Response {
        let fault = Fault::Unauthenticated;
        let mut response = fault.problem().into_response().map(Body::new);
        response.headers_mut().extend(fault.challenge().map(|value| (header::WWW_AUTHENTICATE, value)));
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = Unauthenticated;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Unauthenticated> {
        parts.extensions.get().cloned().ok_or(Unauthenticated)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
    use http::{Request, StatusCode, header};
    use serde_json::json;
    use tower::ServiceExt as _;

    use crate::Identity;

    #[tokio::test]
    async fn a_handler_that_wants_an_identity_is_not_reached_without_one() {
        let router = Router::new()
            .route("/must", get(async |identity: Identity| identity.subject().to_owned()))
            .route("/may", get(async |identity: Option<Identity>| identity.is_some().to_string()));
        let ask = async |path: &str, identity: Option<Identity>| {
            let mut request = Request::get(path).body(Body::empty()).unwrap();
            if let Some(identity) = identity {
                request.extensions_mut().insert(identity);
            }
            let response = router.clone().oneshot(request).await.unwrap();
            let (status, headers) = (response.status(), response.headers());
            assert_eq!(status == StatusCode::UNAUTHORIZED, headers.contains_key(header::WWW_AUTHENTICATE));
            let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
            (status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
        };
        let ada = || Identity::new(json!({"sub": "ada"}).as_object().unwrap().clone()).ok();
        assert_eq!(ask("/must", ada()).await, (200, "ada".to_owned()));
        assert_eq!(ask("/may", ada()).await, (200, "true".to_owned()));
        assert_eq!(ask("/may", None).await, (200, "false".to_owned()));
        let (status, problem) = ask("/must", None).await;
        assert_eq!(status, 401);
        assert!(problem.contains("urn:uptake:problem:unauthenticated"), "{problem}");
    }
}

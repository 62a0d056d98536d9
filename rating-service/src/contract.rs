//! The contract: the OpenAPI document of all routes, made from the handlers that serve them.
//!
//! Each handler tells its parameters, bodies and successes; what follows from these, problems, fields and links
//! among the operations, is added here. A golden file has the whole: see `tests/contract.rs`.

mod complete;
pub(crate) mod examples;
mod problems;
pub(crate) mod schemas;

use std::sync::LazyLock;

use axum::response::Response;
use serde_json::Value;
use utoipa::OpenApi as _;

use crate::{conditions::Conditions, error::Error, reply, router};

/// The path of the document. The proxy lists it, for it has this form: `/openapi/<service>.json`.
pub const PATH: &str = "/openapi/rating-service.json";

/// What holds for all operations.
const DESCRIPTION: &str = "\
Users, services, and the ratings that users give services.

Paths that are not here answer 404 `not-found`, or `no-route` if no service owns them. HEAD is possible where GET is, \
OPTIONS everywhere; other methods than those named answer 405 `method-not-allowed` with `Allow`, or 501 \
`method-not-supported` where the platform does not carry them.

Every error is a problem document (RFC 9457). Match on its `type`: titles and details may change, and further types \
may come. Heads that the HTTP parser refuses get a bare 400, 414 or 431 and a closed connection.

Parameters of lists that are unknown or repeated, and members of bodies that are unknown or repeated, are refused.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "rating-service", license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")),
    servers((url = "/")),
    tags(
        (name = "users", description = "Those who rate"),
        (name = "services", description = "What is rated"),
        (name = "ratings", description = "What users think of services; at most one rating per user and service"),
        (name = "contract", description = "This document"),
    )
)]
struct Base;

/// What the document says besides its paths.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    let mut document = Base::openapi();
    document.info.description = Some(DESCRIPTION.to_owned());
    document
}

/// The whole document, in OpenAPI 3.1.
#[must_use]
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        // What utoipa makes always serializes; were it not so, an empty document would be the honest answer.
        let mut document = serde_json::to_value(router::routes().into_openapi()).unwrap_or_default();
        complete::complete(&mut document);
        document
    });
    &DOCUMENT
}

/// Get this document
///
/// OpenAPI 3.1. The proxy lists the documents of all services at `/-/openapi`.
#[utoipa::path(get, path = PATH, operation_id = "getContract", tag = "contract", params(Conditions),
    responses((status = 200, description = "The document", body = Object, example = json!({"openapi": "3.1.0"}))))]
pub(crate) async fn show(conditions: Conditions) -> Result<Response, Error> {
    let mut document = document().clone();
    // Tools look for the paths where the document is: behind the prefix that the proxy has stripped, if any. A path
    // is what they all read right; `..` would say it too, but some resolve it against the host.
    if let Some(prefix) = uptake::Context::current().map(|context| context.prefix).filter(|it| !it.is_empty())
    {
        document["servers"][0]["url"] = prefix.into();
    }
    reply::shown(&document, &conditions)
}

//! The routes.

use axum::{Router, extract::DefaultBodyLimit, routing::options};
use http::HeaderValue;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

use crate::{
    contract, db::Db, error::Error, extract::MAX_BODY_OCTETS, imports, ratings, reply, services, users,
};

/// All routes over one database. The result can be served on TCP and by [`uptake::Worker`] alike.
pub fn router(db: Db) -> Router {
    let router: Router<Db> = routes().into();
    router
        .fallback(|| async { Error::NoSuchPath })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(MAX_BODY_OCTETS))
        .with_state(db)
}

/// The one list of routes, from which the document is made too.
pub(crate) fn routes() -> OpenApiRouter<Db> {
    OpenApiRouter::with_openapi(contract::base())
        .routes(with_options(routes!(users::list, users::create)))
        .routes(with_options(routes!(users::show, users::change, users::remove)))
        .routes(with_options(routes!(services::list, services::create)))
        .routes(with_options(routes!(services::show, services::change, services::remove)))
        .routes(with_options(routes!(ratings::list, ratings::create, ratings::remove_several)))
        .routes(with_options(routes!(imports::create)))
        .routes(with_options(routes!(ratings::show, ratings::change, ratings::remove)))
        .routes(with_options(routes!(contract::show)))
}

/// Adds OPTIONS, which tells what a 405 would: a test compares the two.
fn with_options((schemas, paths, methods): UtoipaMethodRouter<Db>) -> UtoipaMethodRouter<Db> {
    let item = paths.paths.values().next().cloned().unwrap_or_default();
    let all = [
        ("GET,HEAD", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
        ("OPTIONS", true),
    ];
    let possible: Vec<_> =
        all.into_iter().filter_map(|(names, is_there)| is_there.then_some(names)).collect();
    // Names of methods and commas.
    let allow = HeaderValue::try_from(possible.join(",")).unwrap_or(HeaderValue::from_static("OPTIONS"));
    (schemas, paths, methods.merge(options(move || async move { reply::options(allow) })))
}

//! The routes.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{MethodRouter, get, options},
};

use crate::{db::Db, error::Error, extract::MAX_BODY_OCTETS, ratings, reply, services, users};

/// All routes over one database. The result can be served on TCP and by [`uptake::Worker`] alike.
pub fn router(db: Db) -> Router {
    Router::new()
        .route("/users", get(users::list).post(users::create).merge(allow("GET,HEAD,POST,OPTIONS")))
        .route("/users/{id}", get(users::show).patch(users::change).delete(users::remove).merge(item()))
        .route("/services", get(services::list).post(services::create).merge(allow("GET,HEAD,POST,OPTIONS")))
        .route(
            "/services/{id}",
            get(services::show).patch(services::change).delete(services::remove).merge(item()),
        )
        .route(
            "/ratings",
            get(ratings::list)
                .post(ratings::create)
                .delete(ratings::remove_several)
                .merge(allow("GET,HEAD,POST,DELETE,OPTIONS")),
        )
        .route(
            "/ratings/{id}",
            get(ratings::show).patch(ratings::change).delete(ratings::remove).merge(item()),
        )
        .fallback(|| async { Error::NoSuchPath })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(MAX_BODY_OCTETS))
        .with_state(db)
}

/// OPTIONS of one thing.
fn item() -> MethodRouter<Db> {
    allow("GET,HEAD,PATCH,DELETE,OPTIONS")
}

/// OPTIONS tells what a 405 would: a test compares the two.
fn allow(methods: &'static str) -> MethodRouter<Db> {
    options(move || async move { reply::options(methods) })
}

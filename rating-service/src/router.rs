//! The routes.

use axum::{Router, extract::DefaultBodyLimit, routing::get};

use crate::{db::Db, error::Error, extract::MAX_BODY_OCTETS, ratings, services, users};

/// All routes over one database. The result can be served on TCP and by [`uptake::Worker`] alike.
pub fn router(db: Db) -> Router {
    Router::new()
        .route("/users", get(users::list).post(users::create))
        .route("/users/{id}", get(users::show).patch(users::change).delete(users::remove))
        .route("/services", get(services::list).post(services::create))
        .route("/services/{id}", get(services::show).patch(services::change).delete(services::remove))
        .route("/ratings", get(ratings::list).post(ratings::create).delete(ratings::remove_several))
        .route("/ratings/{id}", get(ratings::show).patch(ratings::change).delete(ratings::remove))
        .fallback(|| async { Error::NoSuchPath })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(MAX_BODY_OCTETS))
        .with_state(db)
}

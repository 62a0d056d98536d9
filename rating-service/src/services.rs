//! `/services`: what is rated.

pub(crate) mod model;
pub(crate) mod store;

use axum::{Json, extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;

use crate::{
    db::Db,
    error::{Error, Noun},
    extract::{Body, Id, Query},
    fields::Limit,
    reply::{Items, created},
};
use model::{NewService, Service, ServicePatch};

const NOT_FOUND: Error = Error::NotFound(Noun::Service);

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    limit: Limit,
}

/// `GET /services`: by name.
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Items<Service>>, Error> {
    let items = store::list(&mut db.read().await?.connection(), query.limit).await?;
    Ok(Json(Items { items }))
}

/// `POST /services`.
pub(crate) async fn create(State(db): State<Db>, Body(new): Body<NewService>) -> Result<Response, Error> {
    let service = Service::new(new);
    let mut write = db.write().await?;
    store::insert(&mut write.connection(), &service).await?;
    write.commit().await?;
    Ok(created(&format!("/services/{}", service.id), &service))
}

/// `GET /services/{id}`.
pub(crate) async fn show(State(db): State<Db>, id: Option<Id>) -> Result<Json<Service>, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let service = store::get(&mut db.read().await?.connection(), id).await?;
    service.map(Json).ok_or(NOT_FOUND)
}

/// `PATCH /services/{id}`.
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    Body(patch): Body<ServicePatch>,
) -> Result<Json<Service>, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    let mut service = store::get_locked(&mut write.connection(), id).await?.ok_or(NOT_FOUND)?;
    service.apply(patch);
    store::update(&mut write.connection(), &service).await?;
    write.commit().await?;
    Ok(Json(service))
}

/// `DELETE /services/{id}`: with all its ratings.
pub(crate) async fn remove(State(db): State<Db>, id: Option<Id>) -> Result<StatusCode, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    if !store::delete(&mut write.connection(), id).await? {
        return Err(NOT_FOUND);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

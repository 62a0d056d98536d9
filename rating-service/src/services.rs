//! `/services`: what is rated.

pub(crate) mod model;
pub(crate) mod store;

use axum::{extract::State, response::Response};
use http::StatusCode;

use crate::{
    conditions::Conditions,
    db::Db,
    error::{Error, Noun},
    extract::{Body, Id, Query},
    page::ListQuery,
    reply,
};
use model::{NewService, Service, ServiceDetail, ServiceFilter, ServicePatch};

const NOT_FOUND: Error = Error::NotFound(Noun::Service);

/// `GET /services`: by name, unless told otherwise.
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery<ServiceFilter>>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let page = store::list(&mut db.read().await?.connection(), &query).await?;
    query.answer(&page, &conditions)
}

/// `POST /services`.
pub(crate) async fn create(
    State(db): State<Db>,
    conditions: Conditions,
    Body(new): Body<NewService>,
) -> Result<Response, Error> {
    conditions.permit(None)?;
    let service = ServiceDetail::of(Service::new(new));
    let mut write = db.write().await?;
    store::insert(&mut write.connection(), &service.service).await?;
    write.commit().await?;
    Ok(reply::created(&format!("/services/{}", service.service.id), &service))
}

/// `GET /services/{id}`.
pub(crate) async fn show(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let service = store::get(&mut db.read().await?.connection(), id).await?.ok_or(NOT_FOUND)?;
    reply::shown(&service, &conditions)
}

/// `PATCH /services/{id}`.
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
    Body(patch): Body<ServicePatch>,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    let mut service = store::get_locked(&mut write.connection(), id).await?.ok_or(NOT_FOUND)?;
    conditions.permit_change_of(&service)?;
    service.service.apply(patch);
    store::update(&mut write.connection(), &service.service).await?;
    write.commit().await?;
    Ok(reply::changed(&service))
}

/// `DELETE /services/{id}`: with all its ratings.
pub(crate) async fn remove(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<StatusCode, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    let service = store::get_locked(&mut write.connection(), id).await?.ok_or(NOT_FOUND)?;
    conditions.permit_change_of(&service)?;
    store::delete(&mut write.connection(), id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

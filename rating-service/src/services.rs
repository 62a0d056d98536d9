//! `/services`: what is rated.

pub(crate) mod model;
pub(crate) mod store;

use axum::{extract::State, response::Response};

use crate::{
    conditions::Conditions,
    contract::examples,
    db::Db,
    error::{Error, Noun},
    extract::{Body, Id, Query},
    page::{ListQuery, Page},
    reply,
};
use model::{ListedService, NewService, Service, ServiceDetail, ServiceFilter, ServicePatch};

const NOT_FOUND: Error = Error::NotFound(Noun::Service);

/// List services
///
/// By name, unless told otherwise; page by page. With the distributions of their scores where those are asked for.
#[utoipa::path(get, path = "/services", operation_id = "listServices", tag = "services",
    params(ListQuery<ServiceFilter>, Conditions),
    responses((status = 200, description = "One page", body = Page<ListedService>,
        example = json!({"items": [examples::service()], "nextCursor": null}))))]
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery<ServiceFilter>>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let page = store::list(&mut db.read().await?.connection(), &query).await?;
    query.answer(&page, &conditions)
}

/// Create a service
///
/// Names need not be unique.
#[utoipa::path(post, path = "/services", operation_id = "createService", tag = "services",
    params(Conditions), request_body = NewService,
    responses((status = 201, description = "The new service", body = ServiceDetail, example = json!(examples::service_detail()))))]
pub(crate) async fn create(
    State(db): State<Db>,
    conditions: Conditions,
    Body(new): Body<NewService>,
) -> Result<Response, Error> {
    conditions.permit(None)?;
    let service = ServiceDetail::of(Service::new(new));
    db.write(async |db| {
        store::insert(db, &service.service).await?;
        Ok(reply::created(&format!("/services/{}", service.service.id), &service))
    })
    .await
}

/// Get a service
///
/// With the distribution of its scores.
#[utoipa::path(get, path = "/services/{id}", operation_id = "getService", tag = "services", params(Id, Conditions),
    responses((status = 200, description = "The service", body = ServiceDetail, example = json!(examples::service_detail()))))]
pub(crate) async fn show(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let service = store::get(&mut db.read().await?.connection(), id).await?.ok_or(NOT_FOUND)?;
    reply::shown(&service, &conditions)
}

/// Change a service
///
/// A merge patch (RFC 7396): what it does not name stays.
#[utoipa::path(patch, path = "/services/{id}", operation_id = "changeService", tag = "services", params(Id, Conditions),
    request_body(content((ServicePatch = "application/merge-patch+json"), (ServicePatch = "application/json"))),
    responses((status = 200, description = "The service as it is now", body = ServiceDetail, example = json!(examples::service_detail()))))]
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
    Body(patch): Body<ServicePatch>,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    db.write(async |db| {
        let mut service = store::get_locked(db, id).await?.ok_or(NOT_FOUND)?;
        conditions.permit_change_of(&service)?;
        service.service.apply(patch);
        store::update(db, &service.service).await?;
        Ok(reply::changed(&service))
    })
    .await
}

/// Delete a service
///
/// With all its ratings.
#[utoipa::path(delete, path = "/services/{id}", operation_id = "deleteService", tag = "services", params(Id, Conditions),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    db.write(async |db| {
        let service = store::get_locked(db, id).await?.ok_or(NOT_FOUND)?;
        conditions.permit_change_of(&service)?;
        store::delete(db, id).await?;
        Ok(reply::no_content())
    })
    .await
}

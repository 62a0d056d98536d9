//! `/users`: those who rate.

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
use model::{NewUser, User, UserFilter, UserPatch};

const NOT_FOUND: Error = Error::NotFound(Noun::User);

/// `GET /users`: by name, unless told otherwise.
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery<UserFilter>>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let page = store::list(&mut db.read().await?.connection(), &query).await?;
    query.answer(&page, &conditions)
}

/// `POST /users`.
pub(crate) async fn create(
    State(db): State<Db>,
    conditions: Conditions,
    Body(new): Body<NewUser>,
) -> Result<Response, Error> {
    conditions.permit(None)?;
    let user = User::new(new);
    let mut write = db.write().await?;
    store::insert(&mut write.connection(), &user).await?;
    write.commit().await?;
    Ok(reply::created(&format!("/users/{}", user.id), &user))
}

/// `GET /users/{id}`.
pub(crate) async fn show(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let user = store::get(&mut db.read().await?.connection(), id).await?.ok_or(NOT_FOUND)?;
    reply::shown(&user, &conditions)
}

/// `PATCH /users/{id}`.
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
    Body(patch): Body<UserPatch>,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    let mut user = store::get_locked(&mut write.connection(), id).await?.ok_or(NOT_FOUND)?;
    conditions.permit_change_of(&user)?;
    user.apply(patch);
    store::update(&mut write.connection(), &user).await?;
    write.commit().await?;
    Ok(reply::changed(&user))
}

/// `DELETE /users/{id}`: with all ratings of this user.
pub(crate) async fn remove(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<StatusCode, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    let user = store::get_locked(&mut write.connection(), id).await?.ok_or(NOT_FOUND)?;
    conditions.permit_change_of(&user)?;
    store::delete(&mut write.connection(), id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

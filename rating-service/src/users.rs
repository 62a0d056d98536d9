//! `/users`: those who rate.

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
use model::{NewUser, User, UserPatch};

const NOT_FOUND: Error = Error::NotFound(Noun::User);

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    limit: Limit,
}

/// `GET /users`: by name.
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Items<User>>, Error> {
    let items = store::list(&mut db.read().await?.connection(), query.limit).await?;
    Ok(Json(Items { items }))
}

/// `POST /users`.
pub(crate) async fn create(State(db): State<Db>, Body(new): Body<NewUser>) -> Result<Response, Error> {
    let user = User::new(new);
    let mut write = db.write().await?;
    store::insert(&mut write.connection(), &user).await?;
    write.commit().await?;
    Ok(created(&format!("/users/{}", user.id), &user))
}

/// `GET /users/{id}`.
pub(crate) async fn show(State(db): State<Db>, id: Option<Id>) -> Result<Json<User>, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let user = store::get(&mut db.read().await?.connection(), id).await?;
    user.map(Json).ok_or(NOT_FOUND)
}

/// `PATCH /users/{id}`.
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    Body(patch): Body<UserPatch>,
) -> Result<Json<User>, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    let mut user = store::get_locked(&mut write.connection(), id).await?.ok_or(NOT_FOUND)?;
    user.apply(patch);
    store::update(&mut write.connection(), &user).await?;
    write.commit().await?;
    Ok(Json(user))
}

/// `DELETE /users/{id}`: with all ratings of this user.
pub(crate) async fn remove(State(db): State<Db>, id: Option<Id>) -> Result<StatusCode, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    if !store::delete(&mut write.connection(), id).await? {
        return Err(NOT_FOUND);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

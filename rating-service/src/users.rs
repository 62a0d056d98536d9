//! `/users`: those who rate.

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
use model::{NewUser, User, UserFilter, UserPatch};

const NOT_FOUND: Error = Error::NotFound(Noun::User);

/// List users
///
/// By name, unless told otherwise; page by page.
#[utoipa::path(get, path = "/users", operation_id = "listUsers", tag = "users",
    params(ListQuery<UserFilter>, Conditions),
    responses((status = 200, description = "One page", body = Page<User>,
        example = json!({"items": [examples::user()], "nextCursor": null}))))]
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery<UserFilter>>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let page = store::list(&mut db.read().await?.connection(), &query).await?;
    query.answer(&page, &conditions)
}

/// Create a user
///
/// Names need not be unique.
#[utoipa::path(post, path = "/users", operation_id = "createUser", tag = "users",
    params(Conditions), request_body = NewUser,
    responses((status = 201, description = "The new user", body = User, example = json!(examples::user()))))]
pub(crate) async fn create(
    State(db): State<Db>,
    conditions: Conditions,
    Body(new): Body<NewUser>,
) -> Result<Response, Error> {
    conditions.permit(None)?;
    let user = User::new(new);
    db.write(async |db| {
        store::insert(db, &user).await?;
        Ok(reply::created(&format!("/users/{}", user.id), &user))
    })
    .await
}

/// Get a user
///
/// With If-None-Match only if it has changed.
#[utoipa::path(get, path = "/users/{id}", operation_id = "getUser", tag = "users", params(Id, Conditions),
    responses((status = 200, description = "The user", body = User, example = json!(examples::user()))))]
pub(crate) async fn show(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let user = store::get(&mut db.read().await?.connection(), id).await?.ok_or(NOT_FOUND)?;
    reply::shown(&user, &conditions)
}

/// Change a user
///
/// A merge patch (RFC 7396): what it does not name stays.
#[utoipa::path(patch, path = "/users/{id}", operation_id = "changeUser", tag = "users", params(Id, Conditions),
    request_body(content((UserPatch = "application/merge-patch+json"), (UserPatch = "application/json"))),
    responses((status = 200, description = "The user as it is now", body = User, example = json!(examples::user()))))]
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
    Body(patch): Body<UserPatch>,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    db.write(async |db| {
        let mut user = store::get_locked(db, id).await?.ok_or(NOT_FOUND)?;
        conditions.permit_change_of(&user)?;
        user.apply(patch);
        store::update(db, &user).await?;
        Ok(reply::changed(&user))
    })
    .await
}

/// Delete a user
///
/// With all ratings of this user.
#[utoipa::path(delete, path = "/users/{id}", operation_id = "deleteUser", tag = "users", params(Id, Conditions),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    db.write(async |db| {
        let user = store::get_locked(db, id).await?.ok_or(NOT_FOUND)?;
        conditions.permit_change_of(&user)?;
        store::delete(db, id).await?;
        Ok(reply::no_content())
    })
    .await
}

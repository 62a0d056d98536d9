//! `/ratings`: what users think of services; at most one rating per user and service.

pub(crate) mod input;
pub(crate) mod model;
pub(crate) mod store;

use axum::{extract::State, response::Response};

use crate::{
    conditions::Conditions,
    contract::{examples, schemas::CreatedRatings},
    db::{Connection, Db},
    error::{Conflict, Error, Noun},
    extract::{Body, Id, Query},
    fault::Fault,
    page::{ListQuery, Page},
    reply,
};
use input::{NewRatings, RatingFilter, RemoveQuery};
use model::{Rating, RatingPatch};

const NOT_FOUND: Error = Error::NotFound(Noun::Rating);

/// List ratings
///
/// Newest first, unless told otherwise; page by page.
#[utoipa::path(get, path = "/ratings", operation_id = "listRatings", tag = "ratings",
    params(ListQuery<RatingFilter>, Conditions),
    responses((status = 200, description = "One page", body = Page<Rating>,
        example = json!({"items": [examples::rating()], "nextCursor": null}))))]
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery<RatingFilter>>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let page = store::list(&mut db.read().await?.connection(), &query).await?;
    query.answer(&page, &conditions)
}

/// Create ratings
///
/// One rating, or several as `{"items": […]}`, of which all are added or none. Several have no path of their own, so
/// `Location` is then the list of exactly them.
#[utoipa::path(post, path = "/ratings", operation_id = "createRatings", tag = "ratings",
    params(Conditions), request_body = NewRatings,
    responses((status = 201, description = "What was made", body = CreatedRatings, example = json!(examples::rating()))))]
pub(crate) async fn create(
    State(db): State<Db>,
    conditions: Conditions,
    Body(new): Body<NewRatings>,
) -> Result<Response, Error> {
    conditions.permit(None)?;
    match new {
        NewRatings::One(new) => {
            let rating = Rating::new(new);
            db.write(async |db| {
                add(db, &[(String::new(), &rating)]).await?;
                Ok(reply::created(&format!("/ratings/{}", rating.id), &rating))
            })
            .await
        }
        NewRatings::Several(new) => {
            let items: Vec<Rating> = new.into_iter().map(Rating::new).collect();
            let pointed = items.iter().enumerate();
            let pointed: Vec<_> =
                pointed.map(|(index, rating)| (format!("/items/{index}"), rating)).collect();
            let ids: Vec<String> = items.iter().map(|rating| rating.id.to_string()).collect();
            let location = format!("/ratings?ids={}&limit={}", ids.join(","), ids.len());
            db.write(async |db| {
                add(db, &pointed).await?;
                Ok(reply::created_several(&location, &items))
            })
            .await
        }
    }
}

/// Adds all of these ratings or none, each with the JSON pointer to it in the body.
async fn add(db: &mut Connection<'_>, ratings: &[(String, &Rating)]) -> Result<(), Error> {
    let new: Vec<&Rating> = ratings.iter().map(|(_, rating)| *rating).collect();
    store::lock(db, &new).await?;
    check(db, ratings).await?;
    for (_, rating) in ratings {
        store::insert(db, rating).await?;
    }
    Ok(())
}

/// Finds all that is in the way of these ratings.
async fn check(db: &mut Connection<'_>, ratings: &[(String, &Rating)]) -> Result<(), Error> {
    let mut unknown = Vec::new();
    let mut conflicts = Vec::new();
    for (pointer, rating) in ratings {
        let found = store::look_up(db, rating).await?;
        for (is_there, noun) in [(found.user, Noun::User), (found.service, Noun::Service)] {
            if !is_there {
                unknown.push(Fault::at(format!("{pointer}/{noun}Id"), format!("no {noun} has this id")));
            }
        }
        conflicts.extend(found.rating.map(|rating_id| Conflict { pointer: pointer.clone(), rating_id }));
    }
    if !unknown.is_empty() {
        return Err(Error::UnknownReference(unknown.into()));
    }
    if !conflicts.is_empty() {
        return Err(Error::RatingExists(conflicts));
    }
    Ok(())
}

/// Delete several ratings
///
/// Those of the named ratings that are there. Without `ids` it is refused: a forgotten parameter must not empty the table.
#[utoipa::path(delete, path = "/ratings", operation_id = "deleteRatings", tag = "ratings",
    params(RemoveQuery, Conditions),
    responses((status = 204, description = "None of them is there any more")))]
pub(crate) async fn remove_several(
    State(db): State<Db>,
    Query(RemoveQuery { ids }): Query<RemoveQuery>,
    conditions: Conditions,
) -> Result<Response, Error> {
    conditions.permit(None)?;
    db.write(async |db| {
        store::delete_several(db, &ids).await?;
        Ok(reply::no_content())
    })
    .await
}

/// Get a rating
///
/// With If-None-Match only if it has changed.
#[utoipa::path(get, path = "/ratings/{id}", operation_id = "getRating", tag = "ratings", params(Id, Conditions),
    responses((status = 200, description = "The rating", body = Rating, example = json!(examples::rating()))))]
pub(crate) async fn show(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let rating = store::get(&mut db.read().await?.connection(), id).await?.ok_or(NOT_FOUND)?;
    reply::shown(&rating, &conditions)
}

/// Change a rating
///
/// A merge patch (RFC 7396): what it does not name stays. Whose rating of what it is stays.
#[utoipa::path(patch, path = "/ratings/{id}", operation_id = "changeRating", tag = "ratings", params(Id, Conditions),
    request_body(content((RatingPatch = "application/merge-patch+json"), (RatingPatch = "application/json"))),
    responses((status = 200, description = "The rating as it is now", body = Rating, example = json!(examples::rating()))))]
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
    Body(patch): Body<RatingPatch>,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    db.write(async |db| {
        let mut rating = store::get_locked(db, id).await?.ok_or(NOT_FOUND)?;
        conditions.permit_change_of(&rating)?;
        if rating.apply(patch) {
            store::update(db, &rating).await?;
        }
        Ok(reply::changed(&rating))
    })
    .await
}

/// Delete a rating
///
/// Its service counts one less.
#[utoipa::path(delete, path = "/ratings/{id}", operation_id = "deleteRating", tag = "ratings", params(Id, Conditions),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove(
    State(db): State<Db>,
    id: Option<Id>,
    conditions: Conditions,
) -> Result<Response, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    db.write(async |db| {
        let rating = store::get_locked(db, id).await?.ok_or(NOT_FOUND)?;
        conditions.permit_change_of(&rating)?;
        store::delete(db, id).await?;
        Ok(reply::no_content())
    })
    .await
}

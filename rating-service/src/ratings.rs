//! `/ratings`: what users think of services; at most one rating per user and service.

pub(crate) mod model;
pub(crate) mod store;

use axum::{Json, extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;

use crate::{
    db::Db,
    error::{Error, Noun},
    extract::{self, Body, Id, Query},
    fields::{Ids, Limit},
    reply::{Items, created},
};
use model::{NewRatings, Rating, RatingPatch};

const NOT_FOUND: Error = Error::NotFound(Noun::Rating);

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    limit: Limit,
    ids: Option<Ids>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RemoveQuery {
    ids: Option<Ids>,
}

/// `GET /ratings`: newest first. With `ids`, those of the named ratings that are there, whatever the limit.
pub(crate) async fn list(
    State(db): State<Db>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Items<Rating>>, Error> {
    let mut read = db.read().await?;
    let db = &mut read.connection();
    let items = match query.ids {
        Some(ids) => store::get_several(db, &ids).await?,
        None => store::list(db, query.limit).await?,
    };
    Ok(Json(Items { items }))
}

/// `POST /ratings`: one rating, or `{"items": […]}` with several, of which all are added or none.
///
/// Several have no path of their own, so `Location` is then the list of exactly them.
pub(crate) async fn create(
    State(db): State<Db>,
    extract::Json(body): extract::Json,
) -> Result<Response, Error> {
    let NewRatings { items: new, several } = NewRatings::from_json(body)?;
    let items: Vec<Rating> = new.into_iter().map(Rating::new).collect();
    let mut write = db.write().await?;
    store::lock(&mut write.connection(), &items).await?;
    for (index, rating) in items.iter().enumerate() {
        let pointer = if several { format!("/items/{index}") } else { String::new() };
        store::insert(&mut write.connection(), rating, &pointer).await?;
    }
    write.commit().await?;
    Ok(match items.as_slice() {
        [rating] if !several => created(&format!("/ratings/{}", rating.id), rating),
        _ => {
            let ids: Vec<String> = items.iter().map(|rating| rating.id.to_string()).collect();
            created(&format!("/ratings?ids={}", ids.join(",")), &Items { items })
        }
    })
}

/// `DELETE /ratings?ids=…`: those of the named ratings that are there.
///
/// Without `ids` it is refused: a forgotten parameter must not empty the table.
pub(crate) async fn remove_several(
    State(db): State<Db>,
    Query(query): Query<RemoveQuery>,
) -> Result<StatusCode, Error> {
    let missing = || Error::InvalidQuery("ids must name the ratings to delete".to_owned());
    let ids = query.ids.ok_or_else(missing)?;
    let mut write = db.write().await?;
    store::delete_several(&mut write.connection(), &ids).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /ratings/{id}`.
pub(crate) async fn show(State(db): State<Db>, id: Option<Id>) -> Result<Json<Rating>, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let rating = store::get(&mut db.read().await?.connection(), id).await?;
    rating.map(Json).ok_or(NOT_FOUND)
}

/// `PATCH /ratings/{id}`: score and comment; whose rating of what it is stays.
pub(crate) async fn change(
    State(db): State<Db>,
    id: Option<Id>,
    Body(patch): Body<RatingPatch>,
) -> Result<Json<Rating>, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    let mut rating = store::get_locked(&mut write.connection(), id).await?.ok_or(NOT_FOUND)?;
    if rating.apply(patch) {
        store::update(&mut write.connection(), &rating).await?;
        write.commit().await?;
    }
    Ok(Json(rating))
}

/// `DELETE /ratings/{id}`.
pub(crate) async fn remove(State(db): State<Db>, id: Option<Id>) -> Result<StatusCode, Error> {
    let Id(id) = id.ok_or(NOT_FOUND)?;
    let mut write = db.write().await?;
    if !store::delete(&mut write.connection(), id).await? {
        return Err(NOT_FOUND);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Ratings in the database. Each write also changes the count and the sum of the service, by triggers.

use uuid::Uuid;

use super::{input::RatingFilter, model::Rating};
use crate::{
    db::{
        Connection,
        query::{Row, decode_error, query},
    },
    fields::{Ids, Score},
    page::{ListQuery, Page, fetch},
};

fn read(row: &Row) -> sqlx::Result<Rating> {
    let half_points: u8 = row.int("score")?;
    Ok(Rating {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        service_id: row.get("service_id")?,
        score: Score::from_half_points(half_points)
            .ok_or_else(|| decode_error("score", format!("{half_points} half points")))?,
        comment: row.get("comment")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// One page of ratings.
pub(crate) async fn list(
    db: &mut Connection<'_>,
    query: &ListQuery<RatingFilter>,
) -> sqlx::Result<Page<Rating>> {
    let select = "SELECT id, user_id, service_id, score, comment, created_at, updated_at FROM ratings";
    fetch(db, query, select, read).await
}

/// The rating with this id.
pub(crate) async fn get(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<Rating>> {
    let row = query(
        "SELECT id, user_id, service_id, score, comment, created_at, updated_at FROM ratings WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The rating with this id, which nobody else changes before the end of the transaction.
pub(crate) async fn get_locked(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<Rating>> {
    lock_services_of(db, &[id]).await?;
    get(db, id).await
}

/// What a new rating meets.
pub(crate) struct Found {
    /// Whether its user is there.
    pub(crate) user: bool,
    /// Whether its service is there.
    pub(crate) service: bool,
    /// The rating of this service by this user.
    pub(crate) rating: Option<Uuid>,
}

/// Looks up what a new rating meets. That stays so until it is [inserted](insert), if it is [locked](lock)
/// before.
pub(crate) async fn look_up(db: &mut Connection<'_>, new: &Rating) -> sqlx::Result<Found> {
    let found = query(
        "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1) AS has_user,
                EXISTS (SELECT 1 FROM services WHERE id = $2) AS has_service,
                (SELECT id FROM ratings WHERE user_id = $1 AND service_id = $2) AS rating",
    )
    .bind(new.user_id)
    .bind(new.service_id)
    .fetch_one(db)
    .await?;
    Ok(Found {
        user: found.get("has_user")?,
        service: found.get("has_service")?,
        rating: found.get("rating")?,
    })
}

/// Adds a rating.
pub(crate) async fn insert(db: &mut Connection<'_>, rating: &Rating) -> sqlx::Result<()> {
    query(
        "INSERT INTO ratings (id, user_id, service_id, score, comment, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(rating.id)
    .bind(rating.user_id)
    .bind(rating.service_id)
    .bind(rating.score.half_points())
    .bind(rating.comment.as_deref())
    .bind(rating.created_at)
    .bind(rating.updated_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what can change of a rating.
pub(crate) async fn update(db: &mut Connection<'_>, rating: &Rating) -> sqlx::Result<()> {
    query("UPDATE ratings SET score = $2, comment = $3, updated_at = $4 WHERE id = $1")
        .bind(rating.id)
        .bind(rating.score.half_points())
        .bind(rating.comment.as_deref())
        .bind(rating.updated_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a rating.
pub(crate) async fn delete(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<()> {
    lock_services_of(db, &[id]).await?;
    query("DELETE FROM ratings WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}

/// Removes those of the named ratings that are there.
pub(crate) async fn delete_several(db: &mut Connection<'_>, ids: &Ids) -> sqlx::Result<()> {
    lock_services_of(db, ids.as_slice()).await?;
    query("DELETE FROM ratings WHERE id IN ").push_ids(ids.as_slice()).execute(db).await?;
    Ok(())
}

/// Locks the users and services that these new ratings name, before they are [inserted](insert): none of
/// them goes meanwhile, and nobody else rates these services.
pub(crate) async fn lock(db: &mut Connection<'_>, new: &[&Rating]) -> sqlx::Result<()> {
    let users: Vec<_> = new.iter().map(|rating| rating.user_id).collect();
    let users = query("SELECT 1 FROM users WHERE id IN ").push_ids(&users);
    db.lock(users.push(" ORDER BY id FOR KEY SHARE")).await?;
    let services: Vec<_> = new.iter().map(|rating| rating.service_id).collect();
    let services = query("SELECT 1 FROM services WHERE id IN ").push_ids(&services);
    db.lock(services.push(" ORDER BY id FOR NO KEY UPDATE")).await
}

/// Locks the services of these ratings, and so the ratings.
async fn lock_services_of(db: &mut Connection<'_>, ratings: &[Uuid]) -> sqlx::Result<()> {
    let services = query("SELECT 1 FROM services WHERE id IN (SELECT service_id FROM ratings WHERE id IN ");
    db.lock(services.push_ids(ratings).push(") ORDER BY id FOR NO KEY UPDATE")).await
}

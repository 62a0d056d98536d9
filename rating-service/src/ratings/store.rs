//! Ratings in the database. Each write also changes the count and the sum of the service, by triggers.

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::model::Rating;
use crate::{
    db::timestamp,
    error::{Error, Noun},
    fields::{Ids, Limit, Score},
};

fn read(row: &SqliteRow) -> sqlx::Result<Rating> {
    let half_points: u8 = row.try_get("score")?;
    Ok(Rating {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        service_id: row.try_get("service_id")?,
        score: Score::from_half_points(half_points).ok_or_else(|| sqlx::Error::ColumnDecode {
            index: "score".to_owned(),
            source: format!("{half_points} half points").into(),
        })?,
        comment: row.try_get("comment")?,
        created_at: timestamp(row, "created_at")?,
        updated_at: timestamp(row, "updated_at")?,
    })
}

/// The newest ratings; ids are in the order of creation.
pub(crate) async fn list(db: &mut SqliteConnection, limit: Limit) -> sqlx::Result<Vec<Rating>> {
    let rows = sqlx::query(
        "SELECT id, user_id, service_id, score, comment, created_at, updated_at FROM ratings
          ORDER BY id DESC LIMIT ?1",
    )
    .bind(limit.get())
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// The rating with this id.
pub(crate) async fn get(db: &mut SqliteConnection, id: Uuid) -> sqlx::Result<Option<Rating>> {
    let row = sqlx::query(
        "SELECT id, user_id, service_id, score, comment, created_at, updated_at FROM ratings WHERE id = ?1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Those of the named ratings that are there, newest first.
pub(crate) async fn get_several(db: &mut SqliteConnection, ids: &Ids) -> sqlx::Result<Vec<Rating>> {
    let mut query = QueryBuilder::new(
        "SELECT id, user_id, service_id, score, comment, created_at, updated_at FROM ratings WHERE id IN ",
    );
    push_ids(&mut query, ids).push(" ORDER BY id DESC");
    let rows = query.build().persistent(false).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

/// Adds a rating. Must run in a write transaction: what it looks up must not change until it writes.
///
/// # Errors
/// When the user or the service is not there, or the user has rated the service already; `pointer` leads to
/// this rating in the body.
pub(crate) async fn insert(db: &mut SqliteConnection, rating: &Rating, pointer: &str) -> Result<(), Error> {
    let found = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1) AS user,
                EXISTS (SELECT 1 FROM services WHERE id = ?2) AS service,
                (SELECT id FROM ratings WHERE user_id = ?1 AND service_id = ?2) AS rating",
    )
    .bind(rating.user_id)
    .bind(rating.service_id)
    .fetch_one(&mut *db)
    .await?;
    for (column, noun) in [("user", Noun::User), ("service", Noun::Service)] {
        if !found.try_get::<bool, _>(column)? {
            return Err(Error::UnknownReference { noun, pointer: format!("{pointer}/{noun}Id") });
        }
    }
    if let Some(id) = found.try_get("rating")? {
        return Err(Error::RatingExists { id, pointer: pointer.to_owned() });
    }
    sqlx::query(
        "INSERT INTO ratings (id, user_id, service_id, score, comment, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(rating.id)
    .bind(rating.user_id)
    .bind(rating.service_id)
    .bind(rating.score.half_points())
    .bind(&rating.comment)
    .bind(rating.created_at.as_microsecond())
    .bind(rating.updated_at.as_microsecond())
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what can change of a rating.
pub(crate) async fn update(db: &mut SqliteConnection, rating: &Rating) -> sqlx::Result<()> {
    sqlx::query("UPDATE ratings SET score = ?2, comment = ?3, updated_at = ?4 WHERE id = ?1")
        .bind(rating.id)
        .bind(rating.score.half_points())
        .bind(&rating.comment)
        .bind(rating.updated_at.as_microsecond())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a rating; false when there is none.
pub(crate) async fn delete(db: &mut SqliteConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("DELETE FROM ratings WHERE id = ?1").bind(id).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

/// Removes those of the named ratings that are there.
pub(crate) async fn delete_several(db: &mut SqliteConnection, ids: &Ids) -> sqlx::Result<()> {
    let mut query = QueryBuilder::new("DELETE FROM ratings WHERE id IN ");
    push_ids(&mut query, ids).build().persistent(false).execute(db).await?;
    Ok(())
}

/// `(?, ?, …)`: the length of the list differs, so these statements are not kept prepared.
fn push_ids<'query>(query: &'query mut QueryBuilder<Sqlite>, ids: &Ids) -> &'query mut QueryBuilder<Sqlite> {
    let mut list = query.push("(").separated(", ");
    for id in ids.as_slice() {
        list.push_bind(*id);
    }
    list.push_unseparated(")");
    query
}

//! Services in the database. Their counts and sums are kept by triggers on the ratings: see `migrations/`.

use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::model::{Service, average_score};
use crate::{db::timestamp, fields::Limit};

fn read(row: &SqliteRow) -> sqlx::Result<Service> {
    let rating_count = row.try_get("rating_count")?;
    Ok(Service {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        created_at: timestamp(row, "created_at")?,
        rating_count,
        average_score: average_score(rating_count, row.try_get("score_sum")?),
    })
}

/// The first services by name.
pub(crate) async fn list(db: &mut SqliteConnection, limit: Limit) -> sqlx::Result<Vec<Service>> {
    let rows = sqlx::query(
        "SELECT id, name, description, created_at, rating_count, score_sum FROM services
          ORDER BY name COLLATE NOCASE, id LIMIT ?1",
    )
    .bind(limit.get())
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// The service with this id.
pub(crate) async fn get(db: &mut SqliteConnection, id: Uuid) -> sqlx::Result<Option<Service>> {
    let row = sqlx::query(
        "SELECT id, name, description, created_at, rating_count, score_sum FROM services WHERE id = ?1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Adds a service without ratings.
pub(crate) async fn insert(db: &mut SqliteConnection, service: &Service) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO services (id, name, description, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind(service.id)
        .bind(&service.name)
        .bind(&service.description)
        .bind(service.created_at.as_microsecond())
        .execute(db)
        .await?;
    Ok(())
}

/// Writes what can change of a service; its count and sum are not written here.
pub(crate) async fn update(db: &mut SqliteConnection, service: &Service) -> sqlx::Result<()> {
    sqlx::query("UPDATE services SET name = ?2, description = ?3 WHERE id = ?1")
        .bind(service.id)
        .bind(&service.name)
        .bind(&service.description)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a service and, by the foreign key, all its ratings; false when there is none.
pub(crate) async fn delete(db: &mut SqliteConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("DELETE FROM services WHERE id = ?1").bind(id).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

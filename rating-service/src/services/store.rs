//! Services in the database. Their counts and sums are kept by triggers on the ratings: see `migrations/`.

use uuid::Uuid;

use super::model::{Service, average_score};
use crate::{
    db::{
        Connection,
        query::{Row, query},
        sort_name,
    },
    fields::Limit,
};

fn read(row: &Row) -> sqlx::Result<Service> {
    let rating_count = row.int("rating_count")?;
    Ok(Service {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        created_at: row.time("created_at")?,
        rating_count,
        average_score: average_score(rating_count, row.int("score_sum")?),
    })
}

/// The first services by name.
pub(crate) async fn list(db: &mut Connection<'_>, limit: Limit) -> sqlx::Result<Vec<Service>> {
    let rows = query(
        "SELECT id, name, description, created_at, rating_count, score_sum FROM services
          ORDER BY sort_name, id LIMIT $1",
    )
    .bind(limit.get())
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// The service with this id.
pub(crate) async fn get(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<Service>> {
    let found = query(
        "SELECT id, name, description, created_at, rating_count, score_sum FROM services WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    found.as_ref().map(read).transpose()
}

/// The service with this id, which nobody else changes, nor its ratings, before the end of the transaction.
pub(crate) async fn get_locked(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<Service>> {
    db.lock(query("SELECT 1 FROM services WHERE id = $1 FOR NO KEY UPDATE").bind(id)).await?;
    get(db, id).await
}

/// Adds a service without ratings.
pub(crate) async fn insert(db: &mut Connection<'_>, service: &Service) -> sqlx::Result<()> {
    query("INSERT INTO services (id, name, sort_name, description, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(service.id)
        .bind(service.name.as_str())
        .bind(sort_name(&service.name).as_str())
        .bind(service.description.as_deref())
        .bind(service.created_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes what can change of a service; its count and sum are not written here.
pub(crate) async fn update(db: &mut Connection<'_>, service: &Service) -> sqlx::Result<()> {
    query("UPDATE services SET name = $2, sort_name = $3, description = $4 WHERE id = $1")
        .bind(service.id)
        .bind(service.name.as_str())
        .bind(sort_name(&service.name).as_str())
        .bind(service.description.as_deref())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a service and, by the foreign key, all its ratings; false when there is none.
pub(crate) async fn delete(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM services WHERE id = $1").bind(id).execute(db).await? > 0)
}

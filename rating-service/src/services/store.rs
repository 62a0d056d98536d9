//! Services in the database. Their counts and sums are kept by triggers on the ratings: see `migrations/`.

use uuid::Uuid;

use super::model::{Service, ServiceDetail, ServiceFilter, average_score};
use crate::{
    db::{
        Connection,
        query::{Row, query},
        sort_name,
    },
    page::{ListQuery, Page, fetch},
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

/// One page of services.
pub(crate) async fn list(
    db: &mut Connection<'_>,
    query: &ListQuery<ServiceFilter>,
) -> sqlx::Result<Page<Service>> {
    let select = "SELECT id, name, sort_name, description, created_at, rating_count, score_sum, sort_average
                    FROM services";
    fetch(db, query, select, read).await
}

/// The service with this id, and how its ratings are distributed. One statement, so that count, average and
/// distribution are of the same moment.
pub(crate) async fn get(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<ServiceDetail>> {
    let rows = query(
        "SELECT services.id, name, description, services.created_at, rating_count, score_sum,
                coalesce(score, -1) AS half_points, count(score) AS of_score
           FROM services LEFT JOIN ratings ON service_id = services.id
          WHERE services.id = $1
          GROUP BY services.id, name, description, services.created_at, rating_count, score_sum, score",
    )
    .bind(id)
    .fetch_all(db)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut detail = ServiceDetail::of(read(first)?);
    for row in &rows {
        // A service without ratings has one row, of no score.
        let half_points = usize::try_from(row.int::<i64>("half_points")?).ok();
        if let Some(entry) = half_points.and_then(|score| detail.distribution.get_mut(score)) {
            entry.count = row.int("of_score")?;
        }
    }
    Ok(Some(detail))
}

/// The service with this id, which nobody else changes, nor its ratings, before the end of the transaction.
pub(crate) async fn get_locked(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<ServiceDetail>> {
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

/// Removes a service and, by the foreign key, all its ratings.
pub(crate) async fn delete(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<()> {
    query("DELETE FROM services WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}

//! Services in the database. Their counts and sums are kept by triggers on the ratings: see `migrations/`.

use uuid::Uuid;

use super::model::{
    ListedService, ScoreCount, Service, ServiceDetail, ServiceFilter, average_score, no_ratings,
};
use crate::{
    db::{
        Connection,
        query::{Row, decode_error, query},
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
) -> sqlx::Result<Page<ListedService>> {
    if !query.filter.has_distribution() {
        let select =
            "SELECT id, name, sort_name, description, created_at, rating_count, score_sum, sort_average
                        FROM services";
        return fetch(db, query, select, |row| Ok(ListedService { service: read(row)?, distribution: None }))
            .await;
    }
    // One statement, so that count, average and distribution are of the same moment. `string_agg` is what both databases
    // know; the scores of a service are counted in an index of theirs.
    let select = "SELECT id, name, sort_name, description, created_at, rating_count, score_sum, sort_average,
                         (SELECT string_agg(score || ':' || of_score, ',')
                            FROM (SELECT score, count(*) AS of_score FROM ratings
                                   WHERE service_id = services.id GROUP BY score) AS counts) AS distribution
                    FROM services";
    fetch(db, query, select, |row| {
        Ok(ListedService { service: read(row)?, distribution: Some(read_distribution(row)?) })
    })
    .await
}

/// Reads half points and how many ratings have them: `9:2,10:1`.
fn read_distribution(row: &Row) -> sqlx::Result<Vec<ScoreCount>> {
    let text: Option<String> = row.get("distribution")?;
    let mut distribution = no_ratings();
    for pair in text.iter().flat_map(|text| text.split(',')) {
        let entry = pair.split_once(':').and_then(|(half_points, count)| {
            Some((distribution.get_mut(half_points.parse::<usize>().ok()?)?, count.parse().ok()?))
        });
        let (entry, count) = entry.ok_or_else(|| decode_error("distribution", pair.to_owned()))?;
        entry.count = count;
    }
    Ok(distribution)
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

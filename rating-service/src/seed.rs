//! Example data, so that a first look at the service shows something.

mod data;

use jiff::{SignedDuration, Timestamp};
use uuid::{NoContext, Uuid};

use crate::{
    db::{self, Connection, Db, query::query},
    error::Error,
    fields::Score,
    ratings::{self, model::Rating},
    services::{self, model::Service},
    users::{self, model::User},
};
use data::{RATINGS, SERVICES, USERS};

/// Time between two ratings of the example.
const STEP: SignedDuration = SignedDuration::from_mins(11 * 60 + 17);

/// Fills an empty database with a dozen users, six services and some forty ratings of the last weeks; one that
/// holds anything is left as it is. Several instances may do so at the same time: one of them fills it.
///
/// # Errors
/// When the database fails or is busy for too long; then nothing was added.
pub async fn seed_example_data(db: &Db) -> Result<(), Error> {
    let mut write = db.begin().await?;
    write.connection().lock(query("LOCK TABLE users, services IN SHARE ROW EXCLUSIVE MODE")).await?;
    if !is_empty(&mut write.connection()).await? {
        tracing::info!("the database is not empty: no example data added");
        return Ok(());
    }
    fill(&mut write.connection(), db::now()).await?;
    write.commit().await?;
    tracing::info!(
        users = USERS.len(),
        services = SERVICES.len(),
        ratings = RATINGS.len(),
        "example data added"
    );
    Ok(())
}

async fn is_empty(db: &mut Connection<'_>) -> sqlx::Result<bool> {
    // No rating is without its user.
    query("SELECT NOT EXISTS (SELECT 1 FROM users) AND NOT EXISTS (SELECT 1 FROM services) AS is_empty")
        .fetch_one(db)
        .await?
        .get("is_empty")
}

async fn fill(db: &mut Connection<'_>, now: Timestamp) -> Result<(), Error> {
    // Users and services first, then one rating at each step, the last one step ago.
    let ago = |steps: usize| now - STEP * i32::try_from(steps).unwrap_or(i32::MAX);
    let began = ago(RATINGS.len() + 1);
    let mut user_ids = Vec::with_capacity(USERS.len());
    for name in USERS {
        let user = User { id: id_of(began), name: (*name).to_owned(), created_at: began };
        users::store::insert(db, &user).await?;
        user_ids.push(user.id);
    }
    let mut service_ids = Vec::with_capacity(SERVICES.len());
    for (name, description) in SERVICES {
        let service = Service {
            id: id_of(began),
            name: (*name).to_owned(),
            description: Some((*description).to_owned()),
            created_at: began,
            rating_count: 0,
            average_score: None,
        };
        services::store::insert(db, &service).await?;
        service_ids.push(service.id);
    }
    for (index, example) in RATINGS.iter().enumerate() {
        let created_at = ago(RATINGS.len() - index);
        let (Some(&user_id), Some(&service_id), Some(score)) = (
            user_ids.get(example.user),
            service_ids.get(example.service),
            Score::from_half_points(example.half_points),
        ) else {
            continue; // a test sees to it that there is no such example
        };
        let rating = Rating {
            id: id_of(created_at),
            user_id,
            service_id,
            score,
            comment: (!example.comment.is_empty()).then(|| example.comment.to_owned()),
            created_at,
            updated_at: created_at,
        };
        ratings::store::insert(db, &rating).await?;
    }
    Ok(())
}

/// An id as it would have been given at that time.
fn id_of(time: Timestamp) -> Uuid {
    let seconds = u64::try_from(time.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(time.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}

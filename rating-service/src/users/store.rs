//! Users in the database.

use uuid::Uuid;

use super::model::{User, UserFilter};
use crate::{
    db::{
        Connection,
        query::{Row, query},
        sort_name,
    },
    page::{ListQuery, Page, fetch},
};

fn read(row: &Row) -> sqlx::Result<User> {
    Ok(User { id: row.get("id")?, name: row.get("name")?, created_at: row.time("created_at")? })
}

/// One page of users.
pub(crate) async fn list(db: &mut Connection<'_>, query: &ListQuery<UserFilter>) -> sqlx::Result<Page<User>> {
    fetch(db, query, "SELECT id, name, sort_name, created_at FROM users", read).await
}

/// The user with this id.
pub(crate) async fn get(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<User>> {
    let found =
        query("SELECT id, name, created_at FROM users WHERE id = $1").bind(id).fetch_optional(db).await?;
    found.as_ref().map(read).transpose()
}

/// The user with this id, which nobody else changes before the end of the transaction.
pub(crate) async fn get_locked(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<Option<User>> {
    db.lock(query("SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE").bind(id)).await?;
    get(db, id).await
}

/// Adds a user.
pub(crate) async fn insert(db: &mut Connection<'_>, user: &User) -> sqlx::Result<()> {
    query("INSERT INTO users (id, name, sort_name, created_at) VALUES ($1, $2, $3, $4)")
        .bind(user.id)
        .bind(user.name.as_str())
        .bind(sort_name(&user.name).as_str())
        .bind(user.created_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes what can change of a user.
pub(crate) async fn update(db: &mut Connection<'_>, user: &User) -> sqlx::Result<()> {
    query("UPDATE users SET name = $2, sort_name = $3 WHERE id = $1")
        .bind(user.id)
        .bind(user.name.as_str())
        .bind(sort_name(&user.name).as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a user and, by the foreign key, all ratings of this user.
pub(crate) async fn delete(db: &mut Connection<'_>, id: Uuid) -> sqlx::Result<()> {
    // Nobody can add a rating of this user any more when the services of those that are there get locked.
    db.lock(query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE").bind(id)).await?;
    let rated = "SELECT 1 FROM services WHERE id IN (SELECT service_id FROM ratings WHERE user_id = $1)
                  ORDER BY id FOR NO KEY UPDATE";
    db.lock(query(rated).bind(id)).await?;
    query("DELETE FROM users WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}

//! Users in the database.

use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::model::User;
use crate::{db::timestamp, fields::Limit};

fn read(row: &SqliteRow) -> sqlx::Result<User> {
    Ok(User { id: row.try_get("id")?, name: row.try_get("name")?, created_at: timestamp(row, "created_at")? })
}

/// The first users by name.
pub(crate) async fn list(db: &mut SqliteConnection, limit: Limit) -> sqlx::Result<Vec<User>> {
    let rows =
        sqlx::query("SELECT id, name, created_at FROM users ORDER BY name COLLATE NOCASE, id LIMIT ?1")
            .bind(limit.get())
            .fetch_all(db)
            .await?;
    rows.iter().map(read).collect()
}

/// The user with this id.
pub(crate) async fn get(db: &mut SqliteConnection, id: Uuid) -> sqlx::Result<Option<User>> {
    let row = sqlx::query("SELECT id, name, created_at FROM users WHERE id = ?1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Adds a user.
pub(crate) async fn insert(db: &mut SqliteConnection, user: &User) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO users (id, name, created_at) VALUES (?1, ?2, ?3)")
        .bind(user.id)
        .bind(&user.name)
        .bind(user.created_at.as_microsecond())
        .execute(db)
        .await?;
    Ok(())
}

/// Writes what can change of a user.
pub(crate) async fn update(db: &mut SqliteConnection, user: &User) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET name = ?2 WHERE id = ?1")
        .bind(user.id)
        .bind(&user.name)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a user and, by the foreign key, all ratings of this user; false when there is none.
pub(crate) async fn delete(db: &mut SqliteConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("DELETE FROM users WHERE id = ?1").bind(id).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

//! PostgreSQL.

use std::str::FromStr as _;

use sqlx::{
    PgPool,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{OpenError, migrator};
use crate::config::DatabaseConfig;

/// Key of the advisory lock that one instance holds while it migrates: any number that nobody else uses.
const MIGRATION_LOCK: i64 = 0x7570_7461_6b65; // "uptake"

pub(super) async fn open(config: &DatabaseConfig) -> Result<PgPool, OpenError> {
    let options = PgConnectOptions::from_str(&config.database_url)
        .map_err(|source| OpenError::Open { url: "postgres://…".to_owned(), source })?
        .application_name("rating-service");
    let url = shown(&options);
    let pool = PgPoolOptions::new()
        .max_connections(config.database_connections)
        .acquire_timeout(config.database_timeout)
        .connect_with(options)
        .await
        .map_err(|source| OpenError::Open { url: url.clone(), source })?;
    migrate(&pool).await.map_err(|source| OpenError::Migrate { url, source })?;
    Ok(pool)
}

/// The address without the password.
fn shown(options: &PgConnectOptions) -> String {
    let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
    format!("postgres://{user}@{host}:{port}/{}", options.get_database().unwrap_or(user))
}

/// All migrations in one transaction, whose lock ends with it: sqlx's own lock is the connection's, which a
/// pooler in between may share out anew after each transaction.
async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    let sql = include_str!("../../migrations/postgres/0001_users_services_ratings.sql");
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *transaction).await?;
    migrator(sql).set_locking(false).run_direct(None, &mut *transaction, false).await?;
    Ok(transaction.commit().await?)
}

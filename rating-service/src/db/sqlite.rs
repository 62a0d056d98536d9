//! SQLite: one file in WAL mode.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};
use tokio::time::{Instant, sleep};

use super::{OpenError, is_passing, migrator};
use crate::config::DatabaseConfig;

/// It holds the write lock from its start: one that began by reading could not get it later without failing when another
/// process wrote in between.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
/// Pause between two tries to open a file that another process is just setting up.
const OPEN_PAUSE: Duration = Duration::from_millis(25);

pub(super) async fn open(config: &DatabaseConfig) -> Result<SqlitePool, OpenError> {
    let url = config.database_url.clone();
    let open_error = |source| OpenError::Open { url: url.clone(), source };
    // Synchronous stays at SQLite's default, FULL: what was answered survives a power failure.
    let options = SqliteConnectOptions::from_str(&url)
        .map_err(open_error)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(config.database_timeout);
    let pool = SqlitePoolOptions::new()
        .max_connections(config.database_connections)
        .acquire_timeout(config.database_timeout)
        .test_before_acquire(false)
        .max_lifetime(None);

    // The busy timeout does not cover the switch to WAL, for which two new processes may contend.
    let deadline = Instant::now() + config.database_connect_timeout;
    let pool = loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_passing(&error) && Instant::now() < deadline => sleep(OPEN_PAUSE).await,
            result => break result.map_err(open_error)?,
        }
    };
    migrate(&pool).await.map_err(|source| OpenError::Migrate { url, source })?;
    Ok(pool)
}

/// All migrations in one transaction: sqlx has no lock of its own for SQLite, and whoever comes second must
/// find them done.
async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    let scripts = [
        include_str!("../../migrations/sqlite/0001_users_services_ratings.sql"),
        include_str!("../../migrations/sqlite/0002_uptake_inbox.sql"),
    ];
    let mut transaction = pool.begin_with(BEGIN).await?;
    // Not `run`: over a borrowed connection its future cannot be spawned (`Acquire` is not general enough).
    migrator(scripts).run_direct(None, &mut *transaction, false).await?;
    Ok(transaction.commit().await?)
}

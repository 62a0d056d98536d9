//! SQLite: one file in WAL mode.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};
use tokio::time::{Instant, sleep};

use super::{
    OpenError, is_passing,
    migrations::{self, Applied},
};
use crate::config::{DatabaseConfig, Migrations};

/// It holds the write lock from its start: one that began by reading could not get it later without failing when another
/// process wrote in between.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
/// The migrations, in their order.
const SCRIPTS: [&str; 2] = [
    include_str!("../../migrations/sqlite/0001_users_services_ratings.sql"),
    include_str!("../../migrations/sqlite/0002_uptake_inbox.sql"),
];
/// Pause between two tries to open a file that another process is just setting up.
const OPEN_PAUSE: Duration = Duration::from_millis(25);

pub(super) async fn open(config: &DatabaseConfig) -> Result<SqlitePool, OpenError> {
    let url = config.database_url.clone();
    let open_error = |source| OpenError::Open { url: url.clone(), source };
    // Synchronous stays at SQLite's default, FULL: what was answered survives a power failure.
    let options = SqliteConnectOptions::from_str(&url)
        .map_err(open_error)?
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(config.database_timeout);
    let migrator = migrations::migrator(SCRIPTS, config.migrations);
    let waits = config.migrations == Migrations::Wait;
    if waits {
        migrations::wait(config, &url, &migrator, || look(&options, &url)).await?;
    }
    let options = options.create_if_missing(!waits).journal_mode(SqliteJournalMode::Wal);
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
    if !waits {
        migrate(&pool, &migrator).await.map_err(|source| OpenError::Migrate { url, source })?;
    }
    Ok(pool)
}

/// What was migrated, as a connection of its own finds it; nothing, if the file is missing.
async fn look(options: &SqliteConnectOptions, url: &str) -> Result<Applied, OpenError> {
    if !options.get_filename().exists() {
        return Ok(Applied::default());
    }
    let open_error = |source| OpenError::Open { url: url.to_owned(), source };
    let mut connection = options.connect().await.map_err(open_error)?;
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1)")
        .bind(migrations::TABLE)
        .fetch_one(&mut connection)
        .await
        .map_err(open_error)?;
    let applied = if there {
        let applied = migrations::applied(&mut connection).await;
        applied.map_err(|source| OpenError::Migrate { url: url.to_owned(), source })?
    } else {
        Applied::default()
    };
    connection.close().await.map_err(open_error)?;
    Ok(applied)
}

/// All migrations in one transaction: sqlx has no lock of its own for SQLite, and whoever comes second must
/// find them done.
async fn migrate(pool: &SqlitePool, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut transaction = pool.begin_with(BEGIN).await?;
    migrations::run(&mut *transaction, migrator).await?;
    Ok(transaction.commit().await?)
}

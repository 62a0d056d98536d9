//! The database: one SQLite file in WAL mode, which several processes may share.

use std::{str::FromStr as _, sync::Arc, time::Duration};

use jiff::Timestamp;
use sqlx::{
    Row as _, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    pool::PoolConnection,
    sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow},
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, sleep, timeout},
};

use crate::{config::DatabaseConfig, error::Error};

/// Pause between two tries to open a file that another process is just setting up.
const OPEN_PAUSE: Duration = Duration::from_millis(25);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no SQLite file.
    #[error(
        "{0:?} is no database URL of this service: use sqlite://<path of a file> (--database-url or DATABASE_URL)"
    )]
    Url(String),
    /// The file cannot be opened, created, or read as a database.
    #[error("cannot open the database {url}")]
    Open {
        /// As configured.
        url: String,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The tables cannot be brought up to date, for example because a newer version made them.
    #[error("cannot migrate the database {url}")]
    Migrate {
        /// As configured.
        url: String,
        /// Which migration failed, and why.
        source: MigrateError,
    },
}

/// A handle on the database; clones share one pool.
#[derive(Clone, Debug)]
pub struct Db {
    pool: SqlitePool,
    /// SQLite has one writer at a time. To wait for it here is fair and holds no connection; SQLite itself
    /// lets writers sleep and try again, which is left for those of other processes.
    turn: Arc<Mutex<()>>,
    timeout: Duration,
}

impl Db {
    /// Opens the database, created where it is missing, and brings its tables up to date. Any number of
    /// processes may do so at the same time.
    ///
    /// # Errors
    /// When the file cannot be opened within the timeout, or holds something else.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, OpenError> {
        let url = config.database_url.clone();
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        if !url.starts_with("sqlite:") || in_memory {
            // Only the scheme is shown: other databases' URLs hold passwords.
            let shown = if in_memory { url } else { url.split(':').next().unwrap_or_default().to_owned() };
            return Err(OpenError::Url(shown));
        }
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
            .max_lifetime(None);

        // The busy timeout does not cover the switch to WAL, for which two new processes may contend.
        let deadline = Instant::now() + config.database_timeout;
        let pool = loop {
            match pool.clone().connect_with(options.clone()).await {
                Err(error) if is_busy(&error) && Instant::now() < deadline => sleep(OPEN_PAUSE).await,
                result => break result.map_err(open_error)?,
            }
        };
        let db = Self { pool, turn: Arc::default(), timeout: config.database_timeout };
        db.migrate().await.map_err(|source| OpenError::Migrate { url, source })?;
        Ok(db)
    }

    /// All migrations in one transaction: sqlx has no lock of its own for SQLite, and whoever comes second
    /// must find them done.
    async fn migrate(&self) -> Result<(), MigrateError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        // Not `run`: over a borrowed connection its future cannot be spawned (`Acquire` is not general enough).
        migrator().run_direct(None, &mut *transaction, false).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none is free within the timeout.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, Error> {
        Ok(self.pool.acquire().await?)
    }

    /// Begins a transaction that holds the write lock from its start: one that began by reading could not
    /// get it later without failing when another process wrote in between.
    ///
    /// # Errors
    /// When the turn does not come within the timeout.
    pub(crate) async fn write(&self) -> Result<Write, Error> {
        let turn = timeout(self.timeout, Arc::clone(&self.turn).lock_owned())
            .await
            .map_err(|_| Error::Busy(sqlx::Error::PoolTimedOut))?;
        Ok(Write { transaction: self.pool.begin_with("BEGIN IMMEDIATE").await?, _turn: turn })
    }

    /// Closes all connections, the last of which writes the log back into the database file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A write transaction. It is rolled back unless it is committed.
pub(crate) struct Write {
    transaction: Transaction<'static, Sqlite>,
    /// Given back after the transaction: fields are dropped in this order.
    _turn: OwnedMutexGuard<()>,
}

impl Write {
    /// The connection of the transaction.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// Makes all of it durable and visible.
    ///
    /// # Errors
    /// When the database cannot.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }
}

fn migrator() -> Migrator {
    use sqlx::SqlSafeStr as _;
    let sql = include_str!("../migrations/0001_users_services_ratings.sql").into_sql_str();
    Migrator::with_migrations(vec![Migration::new(
        1,
        "users services ratings".into(),
        MigrationType::Simple,
        sql,
        false,
    )])
}

/// Whether another connection is in the way: `SQLITE_BUSY` or `SQLITE_LOCKED`, whatever their extension.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    matches!(error, sqlx::Error::PoolTimedOut) || code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// The time now, as exact as the database keeps it: to the microsecond.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// Reads a column of microseconds.
pub(crate) fn timestamp(row: &SqliteRow, column: &str) -> sqlx::Result<Timestamp> {
    Timestamp::from_microsecond(row.try_get(column)?)
        .map_err(|error| sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() })
}

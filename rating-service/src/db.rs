//! The database: an SQLite file, which several processes may share, or a PostgreSQL server.

mod failure;
mod inbox;
mod measure;
mod migrations;
mod postgres;
pub(crate) mod query;
mod sqlite;
mod write;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use sqlx::{
    PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, migrate::MigrateError,
    pool::PoolConnection,
};
use tokio::sync::Mutex;
use unicode_normalization::UnicodeNormalization as _;
use uptake::telemetry::{
    span::Span,
    sql::{self, Database},
};

use crate::{config::DatabaseConfig, error::Error};
pub(crate) use failure::is_passing;
use query::Query;

/// All tables but that of the inbox. No column has the name of one.
const TABLES: &[&str] = &["users", "services", "ratings"];

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names neither an SQLite file nor a PostgreSQL database.
    #[error(
        "{0:?} is no database URL of this service: use sqlite://<path of a file> or \
         postgres://<user>@<host>/<database> (--database-url or DATABASE_URL)"
    )]
    Url(String),
    /// The database cannot be reached, created, or read.
    #[error("cannot open the database {url}")]
    Open {
        /// As configured, without the password.
        url: String,
        /// What the database says.
        source: sqlx::Error,
    },
    /// The tables cannot be brought up to date, for example because a newer version made them.
    #[error("cannot migrate the database {url}{}", hint(source))]
    Migrate {
        /// As configured, without the password.
        url: String,
        /// Which migration failed, and why.
        source: MigrateError,
    },
    /// Somebody else is to bring the tables up to date, and has not done so.
    #[error(
        "the database {url} has {applied} of {known} migrations, and this instance does not run the others \
         (RATING_MIGRATIONS=wait): whoever is to run them does so by --migrations=only"
    )]
    NotMigrated {
        /// As configured, without the password.
        url: String,
        /// How many of this build's migrations are applied.
        applied: usize,
        /// How many this build has.
        known: usize,
    },
}

/// What to do about it, where sqlx does not say it.
fn hint(error: &MigrateError) -> &'static str {
    match error {
        MigrateError::VersionMismatch(_) => {
            ": it was made by a version before the first release; remove it, or choose another one"
        }
        MigrateError::VersionMissing(_) => ": a newer version of this service made it",
        _ => "",
    }
}

/// A handle on the database; clones share one pool.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool,
    timeout: Duration,
    /// Whether the answers of writes are kept.
    inbox: bool,
}

#[derive(Clone, Debug)]
enum Pool {
    /// SQLite has one writer at a time. To wait for the turn here is fair and holds no connection; SQLite
    /// itself lets writers sleep and try again, which is left for those of other processes.
    Sqlite(SqlitePool, Arc<Mutex<()>>),
    Postgres(PgPool),
}

impl Pool {
    /// Connections that are open, and how many of them are idle.
    fn connections(&self) -> (usize, usize) {
        match self {
            Self::Sqlite(pool, _) => (pool.size() as usize, pool.num_idle()),
            Self::Postgres(pool) => (pool.size() as usize, pool.num_idle()),
        }
    }
}

impl Db {
    /// Opens the database and brings its tables up to date, or waits until somebody else has
    /// ([`Migrations`](crate::config::Migrations)). Any number of processes may do so at the same time. An SQLite file is
    /// created where it is missing, unless that is left to somebody else; a PostgreSQL database is not.
    ///
    /// # Errors
    /// When it cannot be opened within the timeout, or holds something else.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, OpenError> {
        let url = config.database_url.as_str();
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        // SQLite makes a database without a name anew for each connection, and forgets it with that.
        let nameless = url.split('?').next().is_some_and(|url| ["sqlite:", "sqlite://"].contains(&url));
        let pool = match url.split(':').next() {
            Some("sqlite") if in_memory || nameless => return Err(OpenError::Url(url.to_owned())),
            Some("sqlite") => Pool::Sqlite(sqlite::open(config).await?, Arc::default()),
            Some("postgres" | "postgresql") => Pool::Postgres(postgres::open(config).await?),
            // Only the scheme is shown: other databases' URLs hold passwords.
            scheme => return Err(OpenError::Url(scheme.unwrap_or_default().to_owned())),
        };
        measure::measure(&pool, config.database_connections);
        Ok(Self { pool, timeout: config.database_timeout, inbox: config.inbox })
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none is free within the timeout.
    pub(crate) async fn read(&self) -> Result<Read, Error> {
        Ok(match &self.pool {
            Pool::Sqlite(pool, _) => Read::Sqlite(pool.acquire().await?),
            Pool::Postgres(pool) => Read::Postgres(pool.acquire().await?),
        })
    }

    /// Closes all connections. The last one of an SQLite file writes the log back into it.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool, _) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

/// A connection for reading. Each statement sees what is committed when it begins.
pub(crate) enum Read {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Read {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }
}

/// What a [`Query`] runs on.
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Connection<'_> {
    /// The span of a statement that runs on it.
    fn span(&self, sql: &str) -> Span {
        let database = match self {
            Self::Sqlite(_) => Database::Sqlite,
            Self::Postgres(_) => Database::Postgres,
        };
        sql::span(database, sql, TABLES)
    }

    /// Runs a `SELECT … FOR UPDATE` or its like, so that nobody else changes these rows before the end of the
    /// transaction. For SQLite it is not run: there is nobody else who writes.
    ///
    /// All transactions lock in one order, lest two wait for each other: the row of the inbox, users, services, each
    /// kind by id. A service's row stands for all its ratings.
    pub(crate) async fn lock(&mut self, rows: Query) -> sqlx::Result<()> {
        if let Self::Postgres(_) = self {
            rows.fetch_all(self).await?;
        }
        Ok(())
    }
}

/// The time now, as exact as the database keeps it: to the microsecond.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// What names are ordered and found by: lower case, in NFC. Databases compare it by octets, each in the same way.
///
/// Letter by letter, for `str::to_lowercase` writes the sigma at the end of a word differently: the beginning of a
/// name would end like a word, and not be found. Both sigmas are one here.
pub(crate) fn sort_name(name: &str) -> String {
    let lower = name.chars().flat_map(char::to_lowercase);
    lower.map(|letter| if letter == 'ς' { 'σ' } else { letter }).nfc().collect()
}

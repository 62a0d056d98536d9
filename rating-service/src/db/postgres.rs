//! PostgreSQL.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres, Transaction,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    OpenError,
    failure::is_passing,
    migrations::{self, Applied},
};
use crate::config::{DatabaseConfig, Migrations};

/// As the server shows us, in `pg_stat_activity` for example.
const APPLICATION_NAME: &str = "rating-service";
/// Key of the advisory lock that one instance holds while it migrates: any number that nobody else uses.
const MIGRATION_LOCK: i64 = 0x7570_7461_6b65; // "uptake"
/// The migrations, in their order.
const SCRIPTS: [&str; 2] = [
    include_str!("../../migrations/postgres/0001_users_services_ratings.sql"),
    include_str!("../../migrations/postgres/0002_uptake_inbox.sql"),
];
/// Pause between two tries to reach a server that is not there yet.
const CONNECT_PAUSE: Duration = Duration::from_millis(500);
/// A connection that has been idle for so long is tried out before it is used: the server may have been
/// restarted meanwhile. One that was in use just now is not: that would double the way of a short request.
const TRY_OUT_AFTER: Duration = Duration::from_millis(100);
/// Each statement sees what is committed when it begins, whatever the server's default is: the stores lock what they must
/// not see changed.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// How often a transaction is begun anew because its connection turns out to be dead.
const BEGIN_ATTEMPTS: usize = 3;

pub(super) async fn open(config: &DatabaseConfig) -> Result<PgPool, OpenError> {
    let options = PgConnectOptions::from_str(&config.database_url)
        // The text of the URL is not shown: it may hold a password.
        .map_err(|source| OpenError::Open { url: "postgres://…".to_owned(), source })?
        .application_name(APPLICATION_NAME)
        .options(time_limits(config));
    let url = shown(&options);
    // sqlx's lock is left out: see `migrate`.
    let mut migrator = migrations::migrator(SCRIPTS, config.migrations);
    migrator.set_locking(false);
    if config.migrations == Migrations::Wait {
        migrations::wait(config, &url, &migrator, || look(&options, &url)).await?;
    } else {
        let connection = wait_for_server(config, &options).await;
        let connection = connection.map_err(|source| OpenError::Open { url: url.clone(), source })?;
        migrate(connection, &migrator).await.map_err(|source| OpenError::Migrate { url, source })?;
    }
    let pool = PgPoolOptions::new()
        .max_connections(config.database_connections)
        .acquire_timeout(config.database_timeout)
        .idle_timeout(config.database_connection_lifetime)
        .max_lifetime(config.database_connection_lifetime)
        .test_before_acquire(false)
        .before_acquire(|connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for >= TRY_OUT_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    Ok(pool)
}

/// What the server shall not wait for longer, in milliseconds.
fn time_limits(config: &DatabaseConfig) -> [(&'static str, String); 3] {
    let milliseconds = |time: Duration| time.as_millis().max(1).to_string();
    [
        ("lock_timeout", milliseconds(config.database_timeout)),
        ("statement_timeout", milliseconds(config.database_statement_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(config.database_statement_timeout)),
    ]
}

/// The address without the password.
fn shown(options: &PgConnectOptions) -> String {
    let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
    format!("postgres://{user}@{host}:{port}/{}", options.get_database().unwrap_or(user))
}

/// The first connection, as soon as the server takes it.
async fn wait_for_server(config: &DatabaseConfig, options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    let deadline = Instant::now() + config.database_connect_timeout;
    loop {
        let error = match timeout_at(deadline, options.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) if is_passing(&error) => error,
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        };
        if Instant::now() + CONNECT_PAUSE >= deadline {
            return Err(error);
        }
        tracing::warn!(url = shown(options), %error, "waiting for the database");
        sleep(CONNECT_PAUSE).await;
    }
}

/// What was migrated, as a connection of its own finds it.
async fn look(options: &PgConnectOptions, url: &str) -> Result<Applied, OpenError> {
    let open_error = |source| OpenError::Open { url: url.to_owned(), source };
    let mut connection = options.connect().await.map_err(open_error)?;
    let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
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

/// All migrations in one transaction, whose lock ends with it: sqlx's own lock is the connection's, which a
/// pooler in between may share out anew after each transaction.
async fn migrate(mut connection: PgConnection, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut transaction = connection.begin().await?;
    // It takes as long as it takes, here and in another instance for which this one waits.
    // And it is no news that the table of migrations is there already.
    let local = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL client_min_messages = warning";
    sqlx::raw_sql(local).execute(&mut *transaction).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *transaction).await?;
    migrations::run(&mut *transaction, migrator).await?;
    transaction.commit().await?;
    Ok(connection.close().await?)
}

/// Begins a transaction as [`BEGIN`] says.
pub(super) async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut attempt = 1;
    loop {
        match pool.begin_with(BEGIN).await {
            // Nothing was done yet. To wait for a connection has already taken all the time there is.
            Err(error)
                if is_passing(&error)
                    && !matches!(error, sqlx::Error::PoolTimedOut)
                    && attempt < BEGIN_ATTEMPTS =>
            {
                attempt += 1;
            }
            result => return result,
        }
    }
}

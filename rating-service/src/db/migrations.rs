//! How the tables stand to what this build knows, and the wait for whoever brings them up to date.

use std::{collections::BTreeMap, time::Duration};

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use tokio::time::{Instant, sleep, timeout_at};
use uptake::telemetry::causes;

use super::{OpenError, is_passing};
use crate::config::{DatabaseConfig, Migrations};

/// Where sqlx keeps which migrations were applied.
pub(super) const TABLE: &str = "_sqlx_migrations";
/// Pause between two looks at the tables.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// How often the log tells that this instance still waits.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// How the tables stand to what this build knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Some of its migrations are missing; so many are applied.
    Behind { applied: usize },
    /// They are what it knows.
    Current,
    /// All of its migrations are applied, and those of a later release, up to this one.
    Ahead { newest: i64 },
}

/// The migrations of one database, in their order.
pub(super) fn migrator(scripts: [&'static str; 2], who: Migrations) -> Migrator {
    use sqlx::SqlSafeStr as _;
    let migrations = (1..).zip(["users services ratings", "uptake inbox"]).zip(scripts);
    let migrations = migrations.map(|((version, description), sql)| {
        Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.set_ignore_missing(who != Migrations::Run);
    migrator
}

/// Brings the tables up to date, within the transaction of the caller.
pub(super) async fn run<C: Migrate>(connection: &mut C, migrator: &Migrator) -> Result<(), MigrateError> {
    // Not `Migrator::run`: over a borrowed connection its future cannot be spawned (`Acquire` is not general enough).
    migrator.run_direct(None, connection, false).await?;
    if let Standing::Ahead { newest } = standing(&applied(connection).await?, migrator)? {
        tracing::warn!(newest, "a later release has migrated the database: nothing to do");
    }
    Ok(())
}

/// Which migrations were applied, by their versions, with the checksums of their scripts.
pub(super) async fn applied<C: Migrate>(connection: &mut C) -> Result<Applied, MigrateError> {
    let applied = connection.list_applied_migrations(TABLE).await?;
    Ok(applied.into_iter().map(|migration| (migration.version, migration.checksum.into_owned())).collect())
}

/// Versions and checksums.
pub(super) type Applied = BTreeMap<i64, Vec<u8>>;

/// Compares what was applied with what this build has.
fn standing(applied: &Applied, known: &Migrator) -> Result<Standing, MigrateError> {
    let mut found = 0;
    for migration in known.iter() {
        match applied.get(&migration.version) {
            Some(checksum) if checksum[..] == migration.checksum[..] => found += 1,
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version)),
            None => {}
        }
    }
    let newest = applied.keys().next_back().copied().filter(|newest| !known.version_exists(*newest));
    Ok(match newest {
        _ if found < known.iter().count() => Standing::Behind { applied: found },
        Some(newest) => Standing::Ahead { newest },
        None => Standing::Current,
    })
}

/// Waits until `look` finds all migrations of this build, for `--migrations-timeout` at the most. A database that is not
/// there yet is waited for, too.
pub(super) async fn wait<Look>(
    config: &DatabaseConfig,
    url: &str,
    known: &Migrator,
    look: impl Fn() -> Look,
) -> Result<(), OpenError>
where
    Look: Future<Output = Result<Applied, OpenError>>,
{
    let deadline = Instant::now() + config.migrations_timeout;
    let mut told: Option<Instant> = None;
    loop {
        let seen = match timeout_at(deadline, look()).await {
            Ok(seen) => seen.and_then(|applied| {
                standing(&applied, known).map_err(|source| OpenError::Migrate { url: url.to_owned(), source })
            }),
            Err(_) => Err(OpenError::Open { url: url.to_owned(), source: sqlx::Error::PoolTimedOut }),
        };
        let why = match seen {
            Ok(Standing::Current) => return Ok(()),
            Ok(Standing::Ahead { newest }) => {
                tracing::warn!(url, newest, "a later release has migrated the database: served as it is");
                return Ok(());
            }
            Ok(Standing::Behind { applied }) => {
                OpenError::NotMigrated { url: url.to_owned(), applied, known: known.iter().count() }
            }
            Err(error) if passes(&error) => error,
            Err(error) => return Err(error),
        };
        if Instant::now() + LOOK_PAUSE >= deadline {
            return Err(why);
        }
        if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            tracing::info!(why = causes(&why), "waiting for the database to be migrated");
            told = Some(Instant::now());
        }
        sleep(LOOK_PAUSE).await;
    }
}

/// Whether a look failed for a reason that may be gone a moment later.
fn passes(error: &OpenError) -> bool {
    match error {
        OpenError::Open { source, .. } => is_passing(source),
        OpenError::Migrate { source: MigrateError::Execute(source), .. } => is_passing(source),
        OpenError::Migrate { .. } | OpenError::NotMigrated { .. } | OpenError::Url(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Migrator {
        migrator(["CREATE TABLE a (b)", "CREATE TABLE c (d)"], Migrations::Wait)
    }

    #[test]
    fn tells_older_tables_from_newer_ones_and_from_those_of_somebody_else() {
        let known = known();
        let of = |versions: &[i64]| -> Applied {
            let checksum = |version: &i64| {
                known.iter().find(|known| known.version == *version).map(|known| known.checksum.to_vec())
            };
            versions.iter().map(|version| (*version, checksum(version).unwrap_or_default())).collect()
        };
        assert_eq!(standing(&of(&[]), &known).unwrap(), Standing::Behind { applied: 0 });
        assert_eq!(standing(&of(&[1]), &known).unwrap(), Standing::Behind { applied: 1 });
        assert_eq!(standing(&of(&[1, 2]), &known).unwrap(), Standing::Current);
        assert_eq!(standing(&of(&[1, 2, 3, 7]), &known).unwrap(), Standing::Ahead { newest: 7 });
        assert_eq!(
            standing(&of(&[1, 7]), &known).unwrap(),
            Standing::Behind { applied: 1 },
            "what it needs is missing, whatever came later"
        );
        let foreign: Applied = [(1, vec![0]), (2, vec![0])].into();
        assert!(matches!(standing(&foreign, &known), Err(MigrateError::VersionMismatch(1))));
    }
}

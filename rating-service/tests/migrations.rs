//! Who brings the tables up to date, and who waits for it.

use std::time::Duration;

use rating_service::{
    Db, OpenError,
    config::{DatabaseConfig, Migrations},
    seed_example_data,
};
use test_support::eventually;

use crate::support::{Sql, empty_database};

const SOON: Duration = Duration::from_secs(30);
/// A release after this one has migrated.
const LATER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (9999, 'from the future', TRUE, '', 0)";

fn by(config: &DatabaseConfig, migrations: Migrations) -> DatabaseConfig {
    DatabaseConfig { migrations, ..config.clone() }
}

/// It is told as little time as makes it look once.
fn impatient(config: &DatabaseConfig) -> DatabaseConfig {
    DatabaseConfig { migrations_timeout: Duration::from_millis(900), ..by(config, Migrations::Wait) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_wait_serve_when_somebody_else_has_migrated() {
    let (config, _directory) = empty_database().await;
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let config = by(&config, Migrations::Wait);
            tokio::spawn(async move { Db::open(&config).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()), "there is nothing to serve");

    let job = Db::open(&by(&config, Migrations::Only)).await.unwrap();
    seed_example_data(&job).await.unwrap();
    job.close().await;
    for waiting in waiting {
        waiting.await.unwrap().unwrap().close().await;
    }
    let mut sql = Sql::connect(&config.database_url).await;
    assert_eq!(sql.number("SELECT count(*) FROM users").await, 12);
}

#[tokio::test]
async fn who_waits_changes_nothing_and_says_in_the_end_what_is_missing() {
    let (config, _directory) = empty_database().await;
    let error = Db::open(&impatient(&config)).await.unwrap_err();
    assert!(matches!(error, OpenError::NotMigrated { applied: 0, known: 2, .. }), "{error:?}");
    assert!(error.to_string().contains("has 0 of 2 migrations"), "{error}");
    if let Some(file) = config.database_url.strip_prefix("sqlite://") {
        assert!(!std::path::Path::new(file).exists(), "it made the file");
    } else {
        let mut sql = Sql::connect(&config.database_url).await;
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
        assert_eq!(sql.number(tables).await, 0, "it made a table");
    }

    Db::open(&config).await.unwrap().close().await;
    let mut sql = Sql::connect(&config.database_url).await;
    sql.run("DELETE FROM _sqlx_migrations WHERE version = 2; DROP TABLE uptake_inbox").await;
    let error = Db::open(&impatient(&config)).await.unwrap_err();
    assert!(matches!(error, OpenError::NotMigrated { applied: 1, known: 2, .. }), "{error:?}");
    assert_eq!(sql.number("SELECT count(*) FROM _sqlx_migrations").await, 1);
}

#[tokio::test]
async fn tables_of_a_later_release_are_served_by_who_waits_and_left_alone_by_the_job() {
    let (config, _directory) = empty_database().await;
    Db::open(&config).await.unwrap().close().await;
    let mut sql = Sql::connect(&config.database_url).await;
    sql.run(LATER).await;
    for who in [Migrations::Wait, Migrations::Only] {
        Db::open(&by(&config, who)).await.unwrap().close().await;
    }
    assert_eq!(sql.number("SELECT max(version) FROM _sqlx_migrations").await, 9999);
}

#[tokio::test]
async fn tables_that_are_newer_and_lack_what_this_release_needs_are_waited_for() {
    let (config, _directory) = empty_database().await;
    Db::open(&config).await.unwrap().close().await;
    let mut sql = Sql::connect(&config.database_url).await;
    sql.run(LATER).await;
    sql.run("DELETE FROM _sqlx_migrations WHERE version = 2").await;
    let error = Db::open(&impatient(&config)).await.unwrap_err();
    assert!(matches!(error, OpenError::NotMigrated { applied: 1, .. }), "{error:?}");
}

#[tokio::test]
async fn tables_of_an_unreleased_version_are_refused_at_once_whoever_migrates() {
    let (config, _directory) = empty_database().await;
    Db::open(&config).await.unwrap().close().await;
    Sql::connect(&config.database_url).await.run("UPDATE _sqlx_migrations SET checksum = ''").await;
    for who in [Migrations::Run, Migrations::Wait, Migrations::Only] {
        let error = Db::open(&by(&config, who)).await.unwrap_err();
        assert!(error.to_string().ends_with("remove it, or choose another one"), "{who:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_migrates_and_instances_that_wait_may_all_start_at_once() {
    let (config, _directory) = empty_database().await;
    let starts = [Migrations::Wait, Migrations::Only, Migrations::Wait, Migrations::Only, Migrations::Run];
    let mut starts: Vec<_> = starts
        .map(|who| {
            let config = by(&config, who);
            tokio::spawn(async move { Db::open(&config).await.unwrap().close().await })
        })
        .into();
    let all = eventually(SOON, async || starts.iter().all(tokio::task::JoinHandle::is_finished));
    assert!(all.await);
    for start in &mut starts {
        start.await.unwrap();
    }
}

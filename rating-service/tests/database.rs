//! Opening, migrating and filling the database.

use std::time::Duration;

use rating_service::{Db, OpenError, router, seed_example_data};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use tokio::task::JoinSet;

use crate::support::{App, config};

#[tokio::test]
async fn keeps_the_data_in_wal_mode_over_a_restart() {
    let app = App::start().await;
    let id = app.user("Ann").await;
    app.db.close().await;
    let mut connection = app.connection().await;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    assert_eq!(mode, "wal");
    let again = crate::support::send(
        app.another_router().await,
        crate::support::request(http::Method::GET, &format!("/users/{id}"), None),
    )
    .await;
    assert_eq!(again.ok()["name"], "Ann");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instances_that_start_at_once_migrate_and_seed_once() {
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let config = config(&directory.path().join("new.db"));
        let mut starts = JoinSet::new();
        for _ in 0..6 {
            let config = config.clone();
            starts.spawn(async move {
                let db = Db::open(&config).await.unwrap();
                seed_example_data(&db).await.unwrap();
            });
        }
        starts.join_all().await;
        let mut connection = SqliteConnection::connect(&config.database_url).await.unwrap();
        let counts: (i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM services), (SELECT count(*) FROM ratings)",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(counts, (12, 6, 41));
    }
}

#[tokio::test]
async fn the_example_data_looks_like_weeks_of_use() {
    let app = App::start().await;
    seed_example_data(&app.db).await.unwrap();
    app.assert_counts().await;
    for count in app.get("/services").await.items("ratingCount") {
        assert!(count.as_u64() >= Some(3), "each service has some ratings");
    }
    let times: Vec<String> = app
        .get("/ratings")
        .await
        .items("createdAt")
        .iter()
        .map(|time| time.as_str().unwrap().to_owned())
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer > older), "newest first by id and by time");
    let span: jiff::Timestamp = times[times.len() - 1].parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(span).as_hours() > 14 * 24);
}

#[tokio::test]
async fn a_database_that_holds_anything_gets_no_example_data() {
    let app = App::start().await;
    app.service("Mine").await;
    seed_example_data(&app.db).await.unwrap();
    assert_eq!(app.get("/services").await.items("name"), ["Mine"]);
    assert_eq!(app.get("/users").await.items("name").len(), 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.txt");
    std::fs::write(&file, "Dear Sir or Madam, ".repeat(500)).unwrap();
    let error = Db::open(&config(&file)).await.unwrap_err();
    assert!(matches!(error, OpenError::Open { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let app = App::start().await;
    let mut connection = app.connection().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let error = Db::open(&app.config()).await.unwrap_err();
    assert!(matches!(error, OpenError::Migrate { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_an_unreleased_version_is_refused_with_what_to_do() {
    let app = App::start().await;
    let mut connection = app.connection().await;
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&mut connection).await.unwrap();
    let error = Db::open(&app.config()).await.unwrap_err();
    assert!(error.to_string().ends_with("remove it, or choose another one"), "{error}");
}

#[tokio::test]
async fn urls_of_other_databases_are_refused_without_their_passwords() {
    let directory = tempfile::tempdir().unwrap();
    for url in ["mysql://me:secret@host/db", "sqlite::memory:", "sqlite://x.db?mode=memory", "x.db", ""] {
        let mut config = config(&directory.path().join("x.db"));
        config.database_url = url.to_owned();
        let error = Db::open(&config).await.unwrap_err();
        assert!(matches!(error, OpenError::Url(_)), "{url}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_writer_whose_turn_does_not_come_is_refused_with_503_and_readers_are_not() {
    let app = App::start().await;
    let user = app.user("Ann").await;
    let mut config = app.config();
    config.database_timeout = Duration::from_millis(100);
    let impatient = router(Db::open(&config).await.unwrap());

    let mut other = app.connection().await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let post = crate::support::request(http::Method::POST, "/users", Some(json!({"name": "Bea"})));
    let answer = crate::support::send(impatient.clone(), post).await;
    assert_eq!(answer.headers[http::header::RETRY_AFTER], "1");
    answer.problem(503, "database-busy");
    let get = crate::support::request(http::Method::GET, &format!("/users/{user}"), None);
    crate::support::send(impatient.clone(), get).await.ok();

    held.rollback().await.unwrap();
    let post = crate::support::request(http::Method::POST, "/users", Some(json!({"name": "Bea"})));
    crate::support::send(impatient, post).await.created();
}

#[tokio::test]
async fn a_failing_database_is_500_and_tells_nothing_of_itself() {
    let app = App::start().await;
    sqlx::query("DROP TABLE users").execute(&mut app.connection().await).await.unwrap();
    let problem = app.get("/users").await.problem(500, "internal");
    assert_eq!(problem.as_object().unwrap().len(), 3, "type, title, status: {problem}");
}

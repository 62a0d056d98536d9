//! What is true of SQLite alone.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, header};
use rating_service::{Db, OpenError, router};
use serde_json::json;

use crate::support::{App, Sql, config, request, send};

fn post_user() -> Request<Body> {
    request(Method::POST, "/users", Some(json!({"name": "Bea"})))
}

#[tokio::test]
async fn the_file_is_in_wal_mode() {
    let app = App::start().await;
    let Sql::Sqlite(mut connection) = app.sql().await else { unreachable!() };
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("letter.txt");
    std::fs::write(&file, "Dear Sir or Madam, ".repeat(500)).unwrap();
    let error = Db::open(&config(format!("sqlite://{}", file.display()))).await.unwrap_err();
    assert!(matches!(error, OpenError::Open { .. }), "{error:?}");
}

#[tokio::test]
async fn a_writer_whose_turn_does_not_come_is_refused_with_503_and_readers_are_not() {
    let app = App::start().await;
    let user = app.user("Ann").await;
    let mut config = app.config();
    config.database_timeout = Duration::from_millis(100);
    let impatient = router(Db::open(&config).await.unwrap());

    let mut other = app.sql().await;
    other.run("BEGIN IMMEDIATE").await;
    let answer = send(impatient.clone(), post_user()).await;
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    answer.problem(503, "database-busy");
    send(impatient.clone(), request(Method::GET, &format!("/users/{user}"), None)).await.ok();

    other.run("ROLLBACK").await;
    send(impatient, post_user()).await.created();
}

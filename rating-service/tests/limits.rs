//! PostgreSQL when others are in the way, or when it is not there.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, header};
use rating_service::{Db, OpenError, router};
use serde_json::json;
use test_support::eventually;

use crate::support::{App, config, empty_database, execute, import_request, request, send};

const SOON: Duration = Duration::from_secs(30);

fn patch(path: &str) -> Request<Body> {
    request(Method::PATCH, path, Some(json!({"name": "Bea"})))
}

#[tokio::test]
async fn a_writer_whose_lock_does_not_come_is_refused_with_503_and_others_are_not() {
    let app = App::start().await;
    let (ann, other) = (app.user("Ann").await, app.user("Other").await);
    let mut config = app.config();
    config.database_timeout = Duration::from_secs(1);
    let impatient = router(Db::open(&config).await.unwrap());

    let mut holder = app.sql().await;
    holder.run("BEGIN; SELECT 1 FROM users WHERE name = 'Ann' FOR UPDATE").await;
    let answer = send(impatient.clone(), patch(&format!("/users/{ann}"))).await;
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    answer.problem(503, "database-busy");
    send(impatient.clone(), request(Method::GET, &format!("/users/{ann}"), None)).await.ok();
    send(impatient.clone(), patch(&format!("/users/{other}"))).await.ok();

    holder.run("ROLLBACK").await;
    send(impatient, patch(&format!("/users/{ann}"))).await.ok();
}

#[tokio::test]
async fn an_import_of_which_a_part_is_committed_does_not_say_that_nothing_was_done() {
    let app = App::start().await;
    for name in ["Bakery", "Books"] {
        app.service(name).await;
    }
    let mut lines = String::new();
    for number in 0..50 {
        app.user(&format!("User {number}")).await;
        lines += &format!("Bakery,User {number},1\n");
    }
    let mut config = app.config();
    config.database_timeout = Duration::from_secs(1);
    let impatient = router(Db::open(&config).await.unwrap());
    let import = |lines: &str| {
        let import = import_request(format!("service,user,score\n{lines}Books,User 1,1\n"));
        send(impatient.clone(), import)
    };
    let mut holder = app.sql().await;
    holder.run("BEGIN; SELECT 1 FROM services WHERE name = 'Books' FOR UPDATE").await;
    import("").await.problem(503, "database-busy");
    assert_eq!(app.count_ratings().await, 0);
    import(&lines).await.problem(504, "outcome-unknown");
    assert_eq!(app.count_ratings().await, 50, "the first batch");
    holder.run("ROLLBACK").await;
    let report = import(&lines).await.ok();
    assert_eq!((&report["added"], &report["unchanged"]), (&json!(1), &json!(50)));
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_refused_with_503() {
    let app = App::start().await;
    let mut config = app.config();
    config.database_statement_timeout = Duration::from_millis(100);
    let impatient = router(Db::open(&config).await.unwrap());
    app.sql()
        .await
        .run(
            "ALTER TABLE users RENAME TO people; CREATE VIEW users AS
        SELECT people.* FROM people, pg_sleep(30)",
        )
        .await;
    app.sql()
        .await
        .run(
            "INSERT INTO people (id, name, sort_name, created_at)
        VALUES ('01900000-0000-7000-8000-000000000000', 'x', 'x', now())",
        )
        .await;
    let get = request(Method::GET, "/users/01900000-0000-7000-8000-000000000000", None);
    send(impatient, get).await.problem(503, "database-busy");
}

#[tokio::test]
async fn connections_that_the_server_does_not_have_are_waited_for_and_then_refused_with_503() {
    let app = App::start().await;
    let ann = app.user("Ann").await;
    let few = "CREATE ROLE uptake_few LOGIN CONNECTION LIMIT 1 PASSWORD 'few';
        GRANT uptake TO uptake_few";
    app.sql().await.run(few).await;
    let mut config = app.config();
    let at = config.database_url.rfind('@').unwrap();
    config.database_url = format!("postgres://uptake_few:few{}", &config.database_url[at..]);
    config.database_timeout = Duration::from_secs(1);
    let limited = router(Db::open(&config).await.unwrap());

    // One of these has the only connection and waits for the lock, the others wait for a connection.
    let mut holder = app.sql().await;
    holder.run("BEGIN; LOCK TABLE users").await;
    let get = || request(Method::GET, &format!("/users/{ann}"), None);
    let (one, two) = (send(limited.clone(), get()), send(limited.clone(), get()));
    let (one, two) = tokio::join!(one, two);
    one.problem(503, "database-busy");
    two.problem(503, "database-busy");
    holder.run("ROLLBACK").await;
    assert!(eventually(SOON, async || send(limited.clone(), get()).await.status == 200).await);

    // It keeps that connection, so there is none for another instance.
    config.database_connect_timeout = Duration::from_millis(100);
    let error = Db::open(&config).await.unwrap_err();
    assert!(matches!(error, OpenError::Open { .. }), "{error:?}");
    assert!(!error.to_string().contains(":few@"), "{error}");
}

#[tokio::test]
async fn sessions_carry_our_name_and_limits() {
    let app = App::start().await;
    app.user("Ann").await;
    let mut config = app.config();
    config.database_timeout = Duration::from_secs(1);
    let impatient = router(Db::open(&config).await.unwrap());
    let mut other = app.sql().await;
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rating-service'";
    assert!(other.number(ours).await > 0);
    // A table that another session has locked is not waited for longer.
    other.run("BEGIN; LOCK TABLE users").await;
    send(impatient, request(Method::GET, "/users", None)).await.problem(503, "database-busy");
}

#[tokio::test]
async fn a_database_that_does_not_exist_and_a_wrong_password_end_the_start_at_once() {
    let (good, _directory) = empty_database().await;
    let (server, _) = good.database_url.rsplit_once('/').unwrap();
    let (_, address) = good.database_url.split_once('@').unwrap();
    let (address, _) = address.split_once('?').unwrap();
    for (url, cause) in [
        (format!("{server}/no_such_database"), "does not exist"),
        (format!("postgres://uptake:secret@{address}"), "password authentication failed"),
        (format!("postgres://uptake:secret@{address}?sslmode=require"), "TLS"),
    ] {
        let error = anyhow::Error::from(Db::open(&config(url)).await.unwrap_err());
        assert!(format!("{error:#}").contains(cause), "{error:#}");
        assert!(!format!("{error:#}").contains("secret"), "{error:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_outcome_is_unknown_is_resolved_by_a_repeat() {
    let app = App::start().await;
    let mut sql = app.sql().await;
    sql.run(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION dawdle()",
    )
    .await;
    let post = || request(Method::POST, "/users", Some(json!({"name": "Ann"})));
    let router = app.router();
    let first = tokio::spawn(async move { execute(router, "a", post()).await.status() });
    let break_commit = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE query = 'COMMIT' AND wait_event = 'PgSleep'";
    assert!(eventually(SOON, async || sql.number(break_commit).await > 0).await);
    assert_eq!(first.await.unwrap(), 504);

    sql.run("DROP TRIGGER dawdle ON users").await;
    for _ in 0..2 {
        assert_eq!(execute(app.router(), "a", post()).await.status(), 201);
    }
    assert_eq!(sql.number("SELECT count(*) FROM users").await, 1);
}

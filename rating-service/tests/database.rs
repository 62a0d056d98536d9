//! Opening, migrating and filling the database.

use http::Method;
use rating_service::{Db, OpenError, seed_example_data};
use tokio::task::JoinSet;

use crate::support::{App, Sql, config, empty_database, request, send};

#[tokio::test]
async fn keeps_the_data_over_a_restart_of_the_service() {
    let app = App::start().await;
    let id = app.user("Ann").await;
    app.db.close().await;
    let get = request(Method::GET, &format!("/users/{id}"), None);
    assert_eq!(send(app.another_router().await, get).await.ok()["name"], "Ann");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instances_that_start_at_once_migrate_and_seed_once() {
    for _ in 0..3 {
        let (config, _directory) = empty_database().await;
        let mut starts = JoinSet::new();
        for _ in 0..8 {
            let config = config.clone();
            starts.spawn(async move {
                let db = Db::open(&config).await.unwrap();
                seed_example_data(&db).await.unwrap();
                db.close().await;
            });
        }
        starts.join_all().await;
        let mut sql = Sql::connect(&config.database_url).await;
        assert_eq!(sql.number("SELECT count(*) FROM users").await, 12);
        assert_eq!(sql.number("SELECT count(*) FROM services").await, 6);
        assert_eq!(sql.number("SELECT count(*) FROM ratings").await, 41);
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
async fn a_database_of_a_newer_version_is_refused() {
    let app = App::start().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'from the future', TRUE, '', 0)";
    app.sql().await.run(newer).await;
    let error = Db::open(&app.config()).await.unwrap_err();
    assert!(matches!(error, OpenError::Migrate { .. }), "{error:?}");
    assert!(error.to_string().ends_with("a newer version of this service made it"), "{error}");
}

#[tokio::test]
async fn a_database_of_an_unreleased_version_is_refused_with_what_to_do() {
    let app = App::start().await;
    app.sql().await.run("UPDATE _sqlx_migrations SET checksum = ''").await;
    let error = Db::open(&app.config()).await.unwrap_err();
    assert!(error.to_string().ends_with("remove it, or choose another one"), "{error}");
}

#[tokio::test]
async fn a_failing_database_is_500_and_tells_nothing_of_itself() {
    let app = App::start().await;
    app.sql().await.run("DROP TABLE ratings; DROP TABLE users").await;
    let problem = app.get("/users").await.problem(500, "internal");
    assert_eq!(problem.as_object().unwrap().len(), 3, "type, title, status: {problem}");
}

#[tokio::test]
async fn urls_of_other_databases_are_refused_without_their_passwords() {
    for url in [
        "mysql://me:secret@host/db",
        "sqlite::memory:",
        "sqlite://x.db?mode=memory",
        "sqlite:",
        "sqlite://",
        "sqlite://?mode=rwc",
        "x.db",
        "",
    ] {
        let error = Db::open(&config(url.to_owned())).await.unwrap_err();
        assert!(matches!(error, OpenError::Url(_)), "{url}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

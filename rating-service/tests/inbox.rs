//! Requests that are executed more than once.

use std::{collections::BTreeSet, time::Duration};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use rating_service::{Db, router};
use serde_json::{Value, json};
use test_support::eventually;
use uptake::{
    Context,
    inbox::{Claim, postgres, sqlite},
};

use crate::support::{
    App, NOBODY, Sql, context, empty_database, execute, import_request, read, request, send,
};

const HOUR: Duration = Duration::from_secs(3_600);
const SOON: Duration = Duration::from_secs(30);
const ROWS: &str = "SELECT count(*) FROM uptake_inbox";
const USERS: &str = "SELECT count(*) FROM users";

fn post_user() -> Request<Body> {
    request(Method::POST, "/users", Some(json!({"name": "Ann"})))
}

/// Octets and fields of an answer, in order to compare it with another one.
async fn whole(response: Response<Body>) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, axum::body::to_bytes(body, usize::MAX).await.unwrap())
}

async fn executed(router: &Router, key: &str, request: Request<Body>) -> Response<Bytes> {
    whole(execute(router.clone(), key, request).await).await
}

fn assert_same(first: &Response<Bytes>, second: &Response<Bytes>) {
    assert_eq!(first.status(), second.status());
    assert_eq!(first.headers(), second.headers());
    assert_eq!(first.body(), second.body());
}

/// The inbox as a service without `rating_service::Db` would use it.
impl Sql {
    async fn claim(&mut self, key: &str, keep: Duration) -> sqlx::Result<Claim> {
        match self {
            Self::Sqlite(connection) => sqlite::claim(connection, key, keep).await,
            Self::Postgres(connection) => postgres::claim(connection, key, keep).await,
        }
    }

    async fn store(&mut self, key: &str, response: &Response<Bytes>) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlite::store(connection, key, response).await,
            Self::Postgres(connection) => postgres::store(connection, key, response).await,
        }
    }

    async fn purge(&mut self, limit: u32) -> u64 {
        match self {
            Self::Sqlite(connection) => sqlite::purge(connection, limit).await.unwrap(),
            Self::Postgres(connection) => postgres::purge(connection, limit).await.unwrap(),
        }
    }

    /// Begins a transaction that writes.
    async fn begin(&mut self) {
        self.run(if matches!(self, Self::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" }).await;
    }
}

/// One request for each write, and one that changes what the first is about before it is repeated.
async fn writes(app: &App) -> Vec<(&'static str, Request<Body>, Request<Body>)> {
    let (ann, bakery) = (app.user("Ann").await, app.service("Bakery").await);
    let (bea, books) = (app.user("Bea").await, app.service("Books").await);
    let rating = app.rating(&ann, &bakery, 1.0).await;
    let rating_of = |user: &str, service: &str| json!({"userId": user, "serviceId": service, "score": 5});
    let patch = |path: String, body: Value| request(Method::PATCH, &path, Some(body));
    let post = |path: &str, body: Value| request(Method::POST, path, Some(body));
    let delete = |path: String| request(Method::DELETE, &path, None);
    let named = |name: &str| json!({"name": name});
    let rename = |name: &str| patch(format!("/users/{bea}"), named(name));
    vec![
        ("post /users", post("/users", named("New")), rename("1")),
        ("post /services", post("/services", named("New")), rename("2")),
        ("post /ratings", post("/ratings", rating_of(&bea, &bakery)), rename("3")),
        ("post /ratings", post("/ratings", json!({"items": [rating_of(&bea, &books)]})), rename("4")),
        (
            "post /ratings/import",
            import_request(format!("service,user,score\n{bakery},{bea},0\n{books},Nobody,1\n")),
            rename("Nobody"),
        ),
        ("patch /users/{id}", rename("Before"), rename("After")),
        (
            "patch /services/{id}",
            patch(format!("/services/{books}"), named("Before")),
            patch(format!("/services/{books}"), named("After")),
        ),
        // This changes nothing. All the same, its repeat must not see what somebody else has changed meanwhile.
        (
            "patch /ratings/{id}",
            patch(format!("/ratings/{rating}"), json!({})),
            patch(format!("/ratings/{rating}"), json!({"score": 2})),
        ),
        (
            "patch /ratings/{id}",
            patch(format!("/ratings/{rating}"), json!({"score": 3})),
            patch(format!("/ratings/{rating}"), json!({"score": 4})),
        ),
        ("delete /ratings", delete(format!("/ratings?ids={rating}")), rename("5")),
        (
            "delete /ratings/{id}",
            delete(format!("/ratings/{}", app.rating(&ann, &books, 2.0).await)),
            rename("6"),
        ),
        ("delete /users/{id}", delete(format!("/users/{ann}")), rename("7")),
        ("delete /services/{id}", delete(format!("/services/{books}")), rename("8")),
    ]
}

/// A request once more: requests cannot be cloned with their bodies.
async fn twice(request: Request<Body>) -> [Request<Body>; 2] {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    [(); 2].map(|()| Request::from_parts(parts.clone(), Body::from(body.clone())))
}

#[tokio::test]
async fn a_write_that_is_repeated_is_answered_with_the_same_octets_and_done_once() {
    let app = App::start().await;
    let mut tried = BTreeSet::new();
    let writes = writes(&app).await;
    let count = i64::try_from(writes.len()).unwrap();
    for (number, (operation, write, other)) in writes.into_iter().enumerate() {
        let key = format!("key {number}");
        let [first, second] = twice(write).await;
        let first = executed(&app.router(), &key, first).await;
        assert!(first.status().is_success(), "{operation}: {first:?}");
        assert!(read(app.router(), other).await.is_success(), "{operation}");
        let before = everything(&app).await;
        let second = executed(&app.router(), &key, second).await;
        assert_same(&first, &second);
        assert_eq!(everything(&app).await, before, "{operation} has had a second effect");
        tried.insert(operation.to_owned());
    }
    assert_eq!(app.sql().await.number(ROWS).await, count);
    app.assert_counts().await;
    assert_eq!(tried, unsafe_operations(&app).await, "each unsafe operation of the contract is tried");
}

/// All that clients can see.
async fn everything(app: &App) -> [Value; 3] {
    [app.get("/users").await.ok(), app.get("/services").await.ok(), app.get("/ratings").await.ok()]
}

async fn unsafe_operations(app: &App) -> BTreeSet<String> {
    let document = app.get("/openapi/rating-service.json").await.ok();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["post", "put", "patch", "delete"] {
            if item.get(method).is_some() {
                operations.insert(format!("{method} {path}"));
            }
        }
    }
    operations
}

#[tokio::test]
async fn another_instance_gives_the_answer_of_the_first_and_another_request_its_own() {
    let app = App::start().await;
    let first = executed(&app.router(), "a", post_user()).await;
    assert!(first.headers().contains_key(header::LOCATION) && first.headers().contains_key(header::ETAG));
    assert_same(&first, &executed(&app.another_router().await, "a", post_user()).await);
    let other = executed(&app.router(), "b", post_user()).await;
    assert_ne!(first.body(), other.body());
    assert_eq!(app.sql().await.number(USERS).await, 2);
}

#[tokio::test]
async fn a_failure_is_not_stored_and_its_repeat_is_executed() {
    let app = App::start().await;
    let (ann, bakery) = (app.user("Ann").await, app.service("Bakery").await);
    let in_the_way = app.rating(&ann, &bakery, 1.0).await;
    let post = || {
        let body = json!({"userId": ann, "serviceId": bakery, "score": 2});
        execute(app.router(), "a", request(Method::POST, "/ratings", Some(body)))
    };
    assert_eq!(post().await.status(), 409);
    let patch = request(Method::PATCH, &format!("/users/{NOBODY}"), Some(json!({})));
    assert_eq!(execute(app.router(), "b", patch).await.status(), 404);
    let mut conditional = request(Method::PATCH, &format!("/users/{ann}"), Some(json!({"name": "Bea"})));
    conditional.headers_mut().insert(header::IF_MATCH, "\"other\"".parse().unwrap());
    assert_eq!(execute(app.router(), "c", conditional).await.status(), 412);
    assert_eq!(app.sql().await.number(ROWS).await, 0);

    app.delete(&format!("/ratings/{in_the_way}")).await.no_content();
    assert_eq!(post().await.status(), 201);
    assert_eq!(post().await.status(), 201, "the stored answer");
    assert_eq!(app.count_ratings().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_executions_at_once_one_has_the_effect_and_all_have_its_answer() {
    let app = App::start().await;
    let routers = [app.router(), app.another_router().await];
    let mut executions = tokio::task::JoinSet::new();
    for number in 0..24 {
        let router = routers[number % 2].clone();
        executions.spawn(async move {
            let key = format!("key {}", number % 3);
            (number % 3, executed(&router, &key, post_user()).await)
        });
    }
    let answers = executions.join_all().await;
    for (key, answer) in &answers {
        assert_eq!(answer.status(), 201, "{answer:?}");
        let first = answers.iter().find(|(other, _)| other == key).unwrap();
        assert_same(&first.1, answer);
    }
    assert_eq!(app.sql().await.number(USERS).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_execution_waits_for_the_end_of_one_that_is_under_way() {
    for commits in [true, false] {
        let app = App::start().await;
        let mut first = app.sql().await;
        first.begin().await;
        assert!(matches!(first.claim("a", HOUR).await.unwrap(), Claim::Fresh));
        let router = app.router();
        let second = tokio::spawn(async move { executed(&router, "a", post_user()).await });
        assert!(eventually(SOON, async || app.is_waited_for().await).await);
        assert!(!second.is_finished());

        let mut answer = Response::new(Bytes::from_static(b"\0 stored \xff"));
        *answer.status_mut() = http::StatusCode::IM_A_TEAPOT;
        answer.headers_mut().append("x-octets", http::HeaderValue::from_bytes(b"\xfc: \t").unwrap());
        answer.headers_mut().append("x-octets", http::HeaderValue::from_static(""));
        if commits {
            first.store("a", &answer).await.unwrap();
            first.run("COMMIT").await;
            // The length is what axum adds to an answer without one.
            answer.headers_mut().insert(header::CONTENT_LENGTH, 10.into());
            assert_same(&second.await.unwrap(), &answer);
            assert_eq!(first.number(USERS).await, 0);
        } else {
            first.run("ROLLBACK").await;
            assert_eq!(second.await.unwrap().status(), 201);
            assert_eq!(first.number(USERS).await, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_that_cannot_look_does_not_say_that_nothing_was_done() {
    let app = App::start().await;
    let mut config = app.config();
    config.database_timeout = Duration::from_millis(100);
    let db = Db::open(&config).await.unwrap();
    let impatient = router(db.clone());
    let mut first = app.sql().await;
    first.begin().await;
    assert!(matches!(first.claim("a", HOUR).await.unwrap(), Claim::Fresh));
    let repeat = || Context { is_repeat: true, ..context("a") }.scope(send(impatient.clone(), post_user()));
    repeat().await.problem(504, "outcome-unknown");
    first.run("ROLLBACK").await;
    db.close().await;
    repeat().await.problem(504, "outcome-unknown");
    let fresh = context("b").scope(send(impatient.clone(), post_user())).await;
    fresh.problem(500, "internal");
}

#[tokio::test]
async fn an_answer_is_stored_once_and_only_under_a_claim() {
    let app = App::start().await;
    let mut sql = app.sql().await;
    let answer = Response::new(Bytes::new());
    assert!(sql.store("a", &answer).await.is_err(), "nobody has claimed it");
    assert!(matches!(sql.claim("a", HOUR).await.unwrap(), Claim::Fresh));
    assert!(sql.claim("a", HOUR).await.is_err(), "it was committed without an answer");
    sql.store("a", &answer).await.unwrap();
    assert!(sql.store("a", &answer).await.is_err(), "it has an answer");
    assert!(matches!(sql.claim("a", HOUR).await.unwrap(), Claim::Answered(_)));
}

#[tokio::test]
async fn rows_are_deleted_when_they_need_not_be_kept_in_batches() {
    let app = App::start().await;
    let mut sql = app.sql().await;
    for number in 0..5 {
        let keep = if number < 2 { HOUR } else { Duration::ZERO };
        assert!(matches!(sql.claim(&number.to_string(), keep).await.unwrap(), Claim::Fresh));
    }
    // The clock of the database has gone on when the claims have expired.
    assert!(eventually(SOON, async || app.sql().await.number(app.expired()).await == 3).await);
    assert_eq!([sql.purge(2).await, sql.purge(2).await, sql.purge(2).await], [2, 1, 0]);
    assert_eq!(sql.number(ROWS).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_deletes_old_rows_by_itself() {
    let app = App::start().await;
    executed(&app.router(), "kept", post_user()).await;
    let mut sql = app.sql().await;
    sql.begin().await;
    for number in 0..1_100 {
        assert!(matches!(sql.claim(&number.to_string(), Duration::ZERO).await.unwrap(), Claim::Fresh));
    }
    sql.run("COMMIT").await;
    let db = app.db.clone();
    let purge = tokio::spawn(async move { db.purge_inbox().await });
    assert!(eventually(SOON, async || sql.number(ROWS).await == 1).await);
    purge.abort();
    executed(&app.router(), "kept", post_user()).await;
    assert_eq!(sql.number(USERS).await, 1);
}

#[tokio::test]
async fn without_its_inbox_and_without_the_platform_the_service_keeps_no_answers() {
    let (mut config, _directory) = empty_database().await;
    config.inbox = false;
    let db = Db::open(&config).await.unwrap();
    for _ in 0..2 {
        assert_eq!(executed(&router(db.clone()), "a", post_user()).await.status(), 201);
    }
    config.inbox = true;
    let db = Db::open(&config).await.unwrap();
    assert!(read(router(db), post_user()).await.is_success());
    let mut sql = Sql::connect(&config.database_url).await;
    assert_eq!((sql.number(USERS).await, sql.number(ROWS).await), (3, 0));
}

#[tokio::test]
async fn a_database_of_the_version_without_an_inbox_gets_one() {
    let app = App::start().await;
    let ann = app.user("Ann").await;
    app.sql().await.run("DROP TABLE uptake_inbox; DELETE FROM _sqlx_migrations WHERE version = 2").await;
    let router = app.another_router().await;
    executed(&router, "a", post_user()).await;
    assert_eq!(app.sql().await.number(ROWS).await, 1);
    app.get(&format!("/users/{ann}")).await.ok();
}

#[test]
fn the_table_is_that_of_the_library() {
    assert_eq!(include_str!("../migrations/postgres/0002_uptake_inbox.sql"), postgres::SCHEMA);
    assert_eq!(include_str!("../migrations/sqlite/0002_uptake_inbox.sql"), sqlite::SCHEMA);
}

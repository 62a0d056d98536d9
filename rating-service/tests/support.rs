//! An application on a database of its own.

pub(crate) mod postgres;

use std::time::Duration;

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use rating_service::{
    Db,
    config::{DatabaseConfig, Migrations},
    router,
};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// An id that nothing has.
pub(crate) const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

/// The tests are built once for each database: see `main.rs` and `postgres.rs`.
const ON_POSTGRES: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"postgres");

/// The application on a database of its own.
pub(crate) struct App {
    pub(crate) db: Db,
    router: Router,
    config: DatabaseConfig,
    _directory: Option<TempDir>,
}

/// An answer, its body read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn config(url: String) -> DatabaseConfig {
    DatabaseConfig {
        database_url: url,
        database_connections: 4,
        database_timeout: Duration::from_secs(20),
        database_connect_timeout: Duration::from_secs(20),
        database_statement_timeout: Duration::from_secs(20),
        database_connection_lifetime: Duration::from_secs(600),
        migrations: Migrations::Run,
        migrations_timeout: Duration::from_secs(30),
        inbox: true,
    }
}

/// An empty database, and what has to be kept as long as it is used.
pub(crate) async fn empty_database() -> (DatabaseConfig, Option<TempDir>) {
    if ON_POSTGRES {
        return (config(postgres::empty_database().await), None);
    }
    let directory = tempfile::tempdir().unwrap();
    (config(format!("sqlite://{}", directory.path().join("test.db").display())), Some(directory))
}

impl App {
    pub(crate) async fn start() -> Self {
        let (config, directory) = empty_database().await;
        let db = Db::open(&config).await.unwrap();
        Self { router: router(db.clone()), db, config, _directory: directory }
    }

    pub(crate) fn config(&self) -> DatabaseConfig {
        self.config.clone()
    }

    /// A second instance of the service on the same database.
    pub(crate) async fn another_router(&self) -> Router {
        router(Db::open(&self.config).await.unwrap())
    }

    /// Runs statements beside the service, to look at what it wrote or to be in its way.
    pub(crate) async fn sql(&self) -> Sql {
        Sql::connect(&self.config.database_url).await
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.router(), request(Method::GET, path, None)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.router(), request(Method::POST, path, Some(body))).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        send(self.router(), request(Method::PATCH, path, Some(body))).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.router(), request(Method::DELETE, path, None)).await
    }

    /// Imports a CSV file.
    pub(crate) async fn import(&self, file: impl Into<Vec<u8>>) -> Answer {
        send(self.router(), import_request(file)).await
    }

    /// Creates a user and returns the id.
    pub(crate) async fn user(&self, name: &str) -> String {
        self.post("/users", json!({"name": name})).await.created()
    }

    /// Creates a service and returns the id.
    pub(crate) async fn service(&self, name: &str) -> String {
        self.post("/services", json!({"name": name})).await.created()
    }

    /// Creates a rating and returns the id.
    pub(crate) async fn rating(&self, user: &str, service: &str, score: f64) -> String {
        let body = json!({"userId": user, "serviceId": service, "score": score});
        self.post("/ratings", body).await.created()
    }

    /// Count and average of a service.
    pub(crate) async fn stats(&self, service: &str) -> (u64, Option<f64>) {
        let body = self.get(&format!("/services/{service}")).await.ok();
        (body["ratingCount"].as_u64().unwrap(), body["averageScore"].as_f64())
    }

    /// Recounts every service from its ratings and compares.
    pub(crate) async fn assert_counts(&self) {
        let wrong = "SELECT count(*) FROM services LEFT JOIN
              (SELECT service_id, count(*) AS recount, sum(score) AS resum FROM ratings GROUP BY service_id) AS r
              ON service_id = id
            WHERE rating_count <> coalesce(recount, 0) OR score_sum <> coalesce(resum, 0)";
        assert_eq!(self.sql().await.number(wrong).await, 0, "services whose counts differ from a recount");
    }

    /// Whether somebody waits for a transaction of this database to end. Of SQLite nobody can tell.
    pub(crate) async fn is_waited_for(&self) -> bool {
        let waits = "SELECT count(*) FROM pg_locks AS wanted JOIN pg_locks AS held
              ON held.transactionid = wanted.transactionid AND held.granted
            JOIN pg_locks AS table_lock ON table_lock.pid = held.pid AND table_lock.relation = 'uptake_inbox'::regclass
            WHERE NOT wanted.granted";
        !ON_POSTGRES || self.sql().await.number(waits).await > 0
    }

    /// Counts the rows of the inbox that need not be kept.
    pub(crate) fn expired(&self) -> &'static str {
        if ON_POSTGRES {
            "SELECT count(*) FROM uptake_inbox WHERE expires_at < now()"
        } else {
            "SELECT count(*) FROM uptake_inbox WHERE expires_at < unixepoch('subsec')"
        }
    }

    pub(crate) async fn count_ratings(&self) -> i64 {
        self.sql().await.number("SELECT count(*) FROM ratings").await
    }
}

/// A connection of the tests' own.
pub(crate) enum Sql {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Sql {
    pub(crate) async fn connect(url: &str) -> Self {
        if ON_POSTGRES {
            Self::Postgres(PgConnection::connect(url).await.unwrap())
        } else {
            Self::Sqlite(SqliteConnection::connect(url).await.unwrap())
        }
    }

    /// Runs a statement without a result.
    pub(crate) async fn run(&mut self, sql: &'static str) {
        match self {
            Self::Sqlite(connection) => drop(sqlx::raw_sql(sql).execute(connection).await.unwrap()),
            Self::Postgres(connection) => drop(sqlx::raw_sql(sql).execute(connection).await.unwrap()),
        }
    }

    /// Asks for one whole number.
    pub(crate) async fn number(&mut self, sql: &'static str) -> i64 {
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.unwrap(),
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.unwrap(),
        }
    }
}

impl Answer {
    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self.body
    }

    /// The id of what a 201 created.
    #[track_caller]
    pub(crate) fn created(self) -> String {
        assert_eq!(self.status, StatusCode::CREATED, "{self:?}");
        self.body["id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn no_content(self) {
        assert_eq!((self.status, &self.body), (StatusCode::NO_CONTENT, &Value::Null), "{self:?}");
    }

    /// Checks that this is a problem document, and returns it.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, slug: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("urn:uptake:problem:{slug}"), "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        assert!(!self.body.to_string().contains("sql"), "{self:?}");
        self.body
    }

    /// Checks that this is a 422 with this slug, and returns where its faults are, and what they are.
    #[track_caller]
    pub(crate) fn faults(&self, slug: &str) -> Vec<(&str, &str)> {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{self:?}");
        assert_eq!(self.body["type"], format!("urn:uptake:problem:{slug}"), "{self:?}");
        let errors = self.body["errors"].as_array().unwrap().iter();
        let told = errors.map(|error| {
            let place = error.get("pointer").or(error.get("parameter")).unwrap();
            (place.as_str().unwrap(), error["detail"].as_str().unwrap())
        });
        told.collect()
    }

    /// The value of a field that is there once.
    #[track_caller]
    pub(crate) fn field(&self, name: impl header::AsHeaderName) -> &str {
        let mut lines = self.headers.get_all(name).iter();
        let line = lines.next().unwrap().to_str().unwrap();
        assert!(lines.next().is_none(), "{self:?}");
        line
    }

    /// The values of one field of the items of a list.
    #[track_caller]
    pub(crate) fn items(self, field: &str) -> Vec<Value> {
        self.ok()["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
    }
}

pub(crate) fn request(method: Method, path: &str, body: Option<Value>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    match body {
        Some(body) => {
            request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()).unwrap()
        }
        None => request.body(Body::empty()).unwrap(),
    }
}

pub(crate) fn import_request(file: impl Into<Vec<u8>>) -> Request<Body> {
    let request = Request::builder().method(Method::POST).uri("/ratings/import");
    request.header(header::CONTENT_TYPE, "text/csv; charset=utf-8").body(file.into().into()).unwrap()
}

/// Executes one request as a worker does, by the key of its inbox.
pub(crate) async fn execute(router: Router, key: &str, request: Request<Body>) -> Response<Body> {
    context(key).scope(router.oneshot(request)).await.unwrap()
}

/// What a worker tells a handler of a request with this key.
pub(crate) fn context(key: &str) -> uptake::Context {
    uptake::Context {
        request_id: "request".to_owned(),
        trace: uptake::wire::TraceContext::generate(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(60),
        prefix: String::new(),
        inbox_key: key.to_owned(),
        inbox_keep: Duration::from_secs(3_600),
        is_repeat: false,
        identity: None,
    }
}

/// Sends one request whose answer needs no look.
pub(crate) async fn read(router: Router, request: Request<Body>) -> StatusCode {
    router.oneshot(request).await.unwrap().status()
}

/// Sends one request; a body that is not empty must be JSON.
pub(crate) async fn send(router: Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Answer { status: parts.status, headers: parts.headers, body }
}

//! One server for all tests of the process, with a schema for each.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use test_support::Postgres;
use tokio::sync::OnceCell;

/// Never dropped: it ends with the process.
static SERVER: OnceCell<Postgres> = OnceCell::const_new();

/// The URL of a schema of its own, which is a database to all that matters, and several times faster to make.
pub(crate) async fn empty_database() -> String {
    let server = SERVER.get_or_init(Postgres::start).await;
    empty_database_on(server).await
}

/// The same on a server of the test's own.
pub(crate) async fn empty_database_on(server: &Postgres) -> String {
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&server.url("postgres")).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    format!("{}?options[search_path]={name}", server.url("postgres"))
}

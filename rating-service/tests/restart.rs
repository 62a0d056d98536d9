//! PostgreSQL that goes away and comes back.

use std::time::Duration;

use http::Method;
use rating_service::{Db, OpenError, config::Migrations, router};
use serde_json::json;
use test_support::{Postgres, eventually};

use crate::support::{config, postgres::empty_database_on, request, send};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_recovers_by_itself_when_the_server_has_been_restarted_or_has_crashed() {
    let mut server = Postgres::start().await;
    let mut config = config(empty_database_on(&server).await);
    config.database_timeout = Duration::from_secs(2);
    let router = router(Db::open(&config).await.unwrap());
    let post = || request(Method::POST, "/users", Some(json!({"name": "Ann"})));
    let mut created = 0;
    for crash in [false, true] {
        send(router.clone(), post()).await.created();
        created += 1;
        if crash {
            server.crash().await;
        } else {
            server.stop().await;
        }
        let (reader, writer) = (router.clone(), router.clone());
        let get = request(Method::GET, "/users", None);
        let (read, write) = tokio::join!(send(reader, get), send(writer, post()));
        read.problem(503, "database-busy");
        write.problem(503, "database-busy");

        server.start_again().await;
        // A server that recovers from a crash refuses connections for a while.
        let mut statuses = Vec::new();
        let recovered = eventually(SOON, async || {
            statuses.push(send(router.clone(), post()).await.status.as_u16());
            statuses.ends_with(&[201])
        });
        assert!(recovered.await, "{statuses:?}");
        created += 1;
        assert!(statuses.iter().all(|status| [201, 503].contains(status)), "{statuses:?}");
        let all = send(router.clone(), request(Method::GET, "/users", None)).await;
        assert_eq!(all.items("id").len(), created, "what was answered 503 was not done");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_is_503_at_worst_and_loses_no_answered_write() {
    let mut server = Postgres::start().await;
    let mut config = config(empty_database_on(&server).await);
    config.database_timeout = Duration::from_secs(1);
    let router = router(Db::open(&config).await.unwrap());
    let stopped = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (router, stopped) = (router.clone(), stopped.clone());
        clients.spawn(async move {
            let mut statuses = Vec::new();
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                let post = request(Method::POST, "/users", Some(json!({"name": "Ann"})));
                let get = request(Method::GET, "/users?limit=1", None);
                statuses.push(send(router.clone(), post).await.status.as_u16());
                let read = send(router.clone(), get).await.status.as_u16();
                assert!([200, 503].contains(&read), "{read}");
            }
            statuses
        });
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.stop().await;
        server.start_again().await;
    }
    let get = || request(Method::GET, "/users?limit=1", None);
    assert!(eventually(SOON, || async { send(router.clone(), get()).await.status == 200 }).await);
    stopped.store(true, std::sync::atomic::Ordering::Relaxed);
    let statuses: Vec<u16> = clients.join_all().await.into_iter().flatten().collect();
    let count =
        |wanted: u16| i64::try_from(statuses.iter().filter(|status| **status == wanted).count()).unwrap();
    assert_eq!(count(201) + count(503) + count(504), i64::try_from(statuses.len()).unwrap(), "{statuses:?}");
    let there =
        crate::support::Sql::connect(&config.database_url).await.number("SELECT count(*) FROM users").await;
    // Of those that were being committed when the server went away nobody knows.
    assert!(
        (count(201)..=count(201) + count(504)).contains(&there),
        "{there} of {} and {}",
        count(201),
        count(504)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_starts_before_the_server_waits_for_it_but_not_for_ever() {
    let mut server = Postgres::start().await;
    let config = config(empty_database_on(&server).await);
    server.stop().await;

    let mut impatient = config.clone();
    impatient.database_connect_timeout = Duration::from_millis(700);
    let error = Db::open(&impatient).await.unwrap_err();
    assert!(matches!(error, OpenError::Open { .. }), "{error:?}");

    let start = tokio::spawn(async move { Db::open(&config).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!start.is_finished());
    server.start_again().await;
    start.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_the_tables_waits_for_a_server_that_goes_away_meanwhile() {
    let mut server = Postgres::start().await;
    let config = config(empty_database_on(&server).await);
    server.stop().await;
    let mut waits = config.clone();
    waits.migrations = Migrations::Wait;
    waits.database_connect_timeout = Duration::from_millis(1);
    let start = tokio::spawn(async move { Db::open(&waits).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.start_again().await;
    assert!(!start.is_finished(), "nobody has migrated");

    Db::open(&config).await.unwrap();
    start.await.unwrap().unwrap();
}

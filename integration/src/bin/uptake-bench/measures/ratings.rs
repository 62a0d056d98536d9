//! `GET /ratings/{id}` and `POST /ratings`: the same `Router` on one database, through the queue and on TCP.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Context as _;
use serde_json::{Value, json};
use test_support::Postgres;

use crate::{
    Args, WARM_UP,
    load::{by_turns, client::Client, client::request, closed},
    report::{Row, Target},
    stage::Stage,
};

/// Users, and services: a user may rate a service once, so their product is the most ratings that can be added.
const SIDE: usize = 600;

pub(crate) async fn on_sqlite(args: &Args) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("ratings.db").display());
    measure(args, "SQLite", &url).await
}

pub(crate) async fn on_postgres(args: &Args) -> anyhow::Result<Vec<Row>> {
    match Postgres::try_start().await {
        Ok(server) => measure(args, "PostgreSQL", &server.url("postgres")).await,
        Err(error) => {
            println!("  not measured, for there is no PostgreSQL: {error:#}");
            Ok(Vec::new())
        }
    }
}

async fn measure(args: &Args, database: &str, url: &str) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start(args).await?;
    let database_url = ["--database-url", url];
    let _worker = stage.worker("rating-service", &database_url).await?;
    let (_service, tcp) = stage.on_tcp("rating-service", &database_url).await?;
    let proxy = stage.proxy(&[]).await?;
    let (id, add) = fill(&tcp).await?;
    let get = {
        let target = format!("/ratings/{id}");
        move || request("GET", &target, "")
    };
    let mut rows = Vec::new();
    let reading = compare(args, &tcp, &proxy.address, "GET /ratings/{id}", get).await?;
    let target = [None, None, Some(Target::AtLeast(0.3))];
    rows.extend(named(database, reading, target));
    let adding = compare(args, &tcp, &proxy.address, "POST /ratings", add).await?;
    rows.extend(named(database, adding, [None; 3]));
    Ok(rows)
}

fn named(database: &str, rows: [(String, f64, &'static str); 3], targets: [Option<Target>; 3]) -> Vec<Row> {
    let row = |((name, value, unit), target): ((String, f64, &'static str), Option<Target>)| {
        let row = Row::new(format!("{name}, {database}"), value, unit);
        match target {
            Some(target) => row.target(target),
            None => row,
        }
    };
    rows.into_iter().zip(targets).map(row).collect()
}

async fn compare<R: AsRef<[u8]> + Send>(
    args: &Args,
    tcp: &str,
    queue: &str,
    name: &str,
    make: impl Fn() -> R + Clone + Send + 'static,
) -> anyhow::Result<[(String, f64, &'static str); 3]> {
    for address in [tcp, queue] {
        closed::rate(address, args.in_flight, WARM_UP, make.clone()).await?;
    }
    let on_tcp = format!("{name} on TCP");
    let pairs = by_turns(
        args.pairs,
        (&on_tcp, "through the queue"),
        async || closed::rate(tcp, args.in_flight, args.period(), make.clone()).await,
        async || closed::rate(queue, args.in_flight, args.period(), make.clone()).await,
    );
    let pairs = pairs.await?;
    Ok([
        (on_tcp, pairs.base(), "1/s"),
        (format!("{name} through the queue"), pairs.tried(), "1/s"),
        (format!("{name} through the queue ÷ on TCP"), pairs.ratio(), ""),
    ])
}

/// Adds users, services and one rating. The rating's id, and what makes a request that adds the next one.
async fn fill(address: &str) -> anyhow::Result<(String, impl Fn() -> Vec<u8> + Clone + Send + 'static)> {
    let mut client = Client::connect(address).await?;
    let mut add = async |path: &str, body: Value| {
        let answer = client.ask(&request("POST", path, &body.to_string())).await?;
        let added: Value = serde_json::from_slice(answer)?;
        anyhow::Ok(added["id"].as_str().context("what was added has no id")?.to_owned())
    };
    let (mut users, mut services) = (Vec::new(), Vec::new());
    for number in 0..SIDE {
        users.push(add("/users", json!({"name": format!("User {number}")})).await?);
        services.push(add("/services", json!({"name": format!("Service {number}")})).await?);
    }
    let rating = move |number: usize| {
        let (user, service) = (&users[number / SIDE % SIDE], &services[number % SIDE]);
        json!({"userId": user, "serviceId": service, "score": 4, "comment": "As it should be."})
    };
    let id = add("/ratings", rating(0)).await?;
    let (rating, next) = (Arc::new(rating), Arc::new(AtomicUsize::new(1)));
    Ok((id, move || request("POST", "/ratings", &rating(next.fetch_add(1, Ordering::Relaxed)).to_string())))
}

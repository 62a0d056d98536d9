//! `POST /users` of `rating-service` with its inbox, against the same service without it.

use test_support::Postgres;

use crate::{
    Args, WARM_UP,
    load::{by_turns, client::request, closed},
    report::Row,
    stage::Stage,
};

const BODY: &str = r#"{"name": "Amara Okafor"}"#;

pub(crate) async fn on_sqlite(args: &Args) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    measure(args, "SQLite", [&url("without.db"), &url("with.db")]).await
}

pub(crate) async fn on_postgres(args: &Args) -> anyhow::Result<Vec<Row>> {
    match (Postgres::try_start().await, Postgres::try_start().await) {
        (Ok(without), Ok(with)) => {
            measure(args, "PostgreSQL", [&without.url("postgres"), &with.url("postgres")]).await
        }
        (Err(error), _) | (_, Err(error)) => {
            println!("  not measured, for there is no PostgreSQL: {error:#}");
            Ok(Vec::new())
        }
    }
}

/// Each has a stage and a database of its own: workers of one stream would share the requests.
async fn measure(args: &Args, database: &str, [without, with]: [&str; 2]) -> anyhow::Result<Vec<Row>> {
    let stages = [Stage::start(args).await?, Stage::start(args).await?];
    let _workers = [
        stages[0].worker("rating-service", &["--database-url", without, "--inbox=false"]).await?,
        stages[1].worker("rating-service", &["--database-url", with]).await?,
    ];
    let proxies = [stages[0].proxy(&[]).await?, stages[1].proxy(&[]).await?];
    let post = || request("POST", "/users", BODY);
    for proxy in &proxies {
        closed::rate(&proxy.address, args.in_flight, WARM_UP, post).await?;
    }
    let pairs = by_turns(
        args.pairs,
        ("without the inbox", "with it"),
        async || closed::rate(&proxies[0].address, args.in_flight, args.period(), post).await,
        async || closed::rate(&proxies[1].address, args.in_flight, args.period(), post).await,
    );
    let pairs = pairs.await?;
    Ok(vec![
        Row::new(format!("POST /users without the inbox, {database}"), pairs.base(), "1/s"),
        Row::new(format!("POST /users with the inbox, {database}"), pairs.tried(), "1/s"),
        Row::new(format!("POST /users with the inbox ÷ without, {database}"), pairs.ratio(), ""),
    ])
}

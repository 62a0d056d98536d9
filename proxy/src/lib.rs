//! The proxy: HTTP in front, NATS JetStream behind. `main.rs` starts it, `bin/page-server.rs` its page alone; nothing else
//! uses it, but for who wants to know its settings.

mod accept;
mod admin;
mod answer;
mod app;
mod auth;
mod body;
mod config;
mod connection;
mod cors;
mod discovery;
mod error;
mod events;
mod figures;
mod gateway;
mod head;
mod job;
mod key;
mod limits;
mod list;
mod measure;
mod observe;
mod own;
pub mod page;
mod prefer;
mod protocol;
mod relocate;
mod route;
mod server;
mod shard;
mod spans;
mod template;
#[cfg(test)]
mod tests;
mod ui;

use anyhow::Context as _;
use futures_util::future::{try_join, try_join_all};
use shard::Shared;
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::sync::CancellationToken;
use uptake::{client::NatsDispatcher, job::Operator};

pub use config::Config;

/// What this program is called.
pub const NAME: &str = "http-to-nats-proxy";

/// Connects, serves until a signal, and drains.
///
/// # Errors
/// When a setting is wrong, NATS cannot be reached, an address cannot be bound, a thread that serves has failed, or a second
/// signal came.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let _telemetry = uptake::telemetry::init(&config.telemetry, NAME, env!("CARGO_PKG_VERSION"))?;
    // Heard from here on: while it waits for NATS, nothing else would end process 1 of a container.
    let mut first_signal = Box::pin(uptake::shutdown_signal());
    let admin = server::bind(config.admin_listen, false).context("the private listener (--admin-listen)")?;
    let clients =
        server::bind(config.listen, config.reuse_port).context("the listener for clients (--listen)")?;
    let connected = tokio::select! {
        connected = connect(config, &clients) => connected?,
        () = &mut first_signal => anyhow::bail!("asked to end before it served"),
    };
    let Connected { shared, dispatchers, others, operator } = connected;
    let dispatcher = dispatchers[0].clone();
    let second_signal = signals(first_signal, shared.drain.clone());
    measure::measure(&dispatchers, &shared);
    // Proxies tell of themselves by their own connection: who may answer need not be allowed to ask.
    tokio::spawn(discovery::answer(&dispatcher.operator(), dispatchers.clone(), shared.clone()).await?);
    let admin_state = admin::State::new(dispatchers, operator, &shared);
    tokio::spawn(admin::serve(TcpListener::from_std(admin)?, admin_state));
    let serve = async {
        let own = shared.serve(dispatcher, TcpListener::from_std(clients)?);
        // Ends with the first that fails: a process that serves on some of its threads looks sound from outside.
        try_join(own, try_join_all(others.into_iter().map(async |ended| ended.await?))).await?;
        Ok(())
    };
    tokio::select! {
        served = serve => served,
        () = second_signal => anyhow::bail!("interrupted by a second signal"),
    }
}

/// A proxy that can serve.
struct Connected {
    shared: Shared,
    /// One of each shard, that of this thread first.
    dispatchers: Vec<NatsDispatcher>,
    /// The ends of the other shards.
    others: Vec<oneshot::Receiver<anyhow::Result<()>>>,
    operator: Operator,
}

/// Reads what the settings name, and makes the connections.
async fn connect(config: Config, clients: &std::net::TcpListener) -> anyhow::Result<Connected> {
    let (threads, shared) = (config.threads(), Shared::new(config).await?);
    // This thread is the first shard.
    let mut dispatchers = vec![shared.connect().await?];
    let mut others = Vec::new();
    for _ in 1..threads {
        let shard = shard::start(shared.clone(), clients.try_clone()?).await?;
        dispatchers.push(shard.dispatcher);
        others.push(shard.ended);
    }
    let operator = match shared.config.operator_nats() {
        Some(nats) => Operator::connect(&nats, "uptake operator")
            .await
            .context("the connection of operators (--operator-nats-user)")?,
        None => dispatchers[0].operator(),
    };
    Ok(Connected { shared, dispatchers, others, operator })
}

/// Begins the drain at the first signal, and is ready at the second.
async fn signals(first_signal: impl Future<Output = ()>, drain: CancellationToken) {
    first_signal.await;
    drain.cancel();
    uptake::shutdown_signal().await;
}

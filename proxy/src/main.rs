//! The binary: configuration, log, connection, stack, serve, drain.

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

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use config::Config;
use futures_util::future::{try_join, try_join_all};
use shard::Shared;
use tokio::net::TcpListener;

/// A request makes some dozens of small, short-lived allocations: worth a fast allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What this program is called.
const NAME: &str = "http-to-nats-proxy";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Of each idle connection's buffers little is touched; huge pages would make all of them resident.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    match run(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{NAME}: {}", uptake::telemetry::causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let _telemetry = uptake::telemetry::init(&config.telemetry, NAME, env!("CARGO_PKG_VERSION"))?;
    let admin = server::bind(config.admin_listen, false).context("the private listener (--admin-listen)")?;
    let clients =
        server::bind(config.listen, config.reuse_port).context("the listener for clients (--listen)")?;
    let (threads, shared) = (config.threads(), Shared::new(config).await?);

    // This thread is the first shard.
    let mut dispatchers = vec![shared.connect().await?];
    let mut others = Vec::new();
    for _ in 1..threads {
        let shard = shard::start(shared.clone(), clients.try_clone()?).await?;
        dispatchers.push(shard.dispatcher);
        others.push(shard.ended);
    }
    let dispatcher = dispatchers[0].clone();
    let second_signal = {
        let (drain, first_signal) = (shared.drain.clone(), uptake::shutdown_signal());
        async move {
            first_signal.await;
            drain.cancel();
            uptake::shutdown_signal().await;
        }
    };
    measure::measure(&dispatchers, &shared);
    let operator = dispatcher.operator();
    tokio::spawn(discovery::answer(&operator, dispatchers.clone(), shared.clone()).await?);
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

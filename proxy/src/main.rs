//! The binary: configuration, log, connection, stack, serve, drain.

mod admin;
mod app;
mod body;
mod config;
mod connection;
mod cors;
mod error;
mod gateway;
mod head;
mod limits;
mod observe;
mod own;
mod relocate;
mod server;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uptake::client::NatsDispatcher;

/// A request makes some dozens of small, short-lived allocations: worth a fast allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(config::Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http-to-nats-proxy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: config::Config) -> anyhow::Result<()> {
    uptake::telemetry::init(&config.log)?;
    let cors = cors::layer(&config.cors)?;
    let admin = server::bind(config.admin_listen, false).context("the private listener (--admin-listen)")?;
    let clients =
        server::bind(config.listen, config.reuse_port).context("the listener for clients (--listen)")?;
    let dispatcher = NatsDispatcher::connect(&config.nats, "proxy").await?;

    let drain = CancellationToken::new();
    let limits = limits::Limits::new(&config.limits);
    let gateway = gateway::Gateway::new(dispatcher.clone(), &config, limits.clone());
    let connections = TaskTracker::new();
    let state = admin::State::new(dispatcher, limits, connections.clone(), drain.clone());
    tokio::spawn(server::serve(
        admin,
        admin::service(state),
        server::Settings::private(),
        TaskTracker::new(),
        CancellationToken::new(),
    ));
    let second_signal = {
        let drain = drain.clone();
        async move {
            uptake::shutdown_signal().await;
            drain.cancel();
            uptake::shutdown_signal().await;
        }
    };
    let serve = server::serve(
        clients,
        app::stack(gateway, cors, drain.clone()),
        server::Settings::new(&config.limits),
        connections,
        drain,
    );
    tokio::select! {
        () = serve => Ok(()),
        () = second_signal => anyhow::bail!("interrupted by a second signal"),
    }
}

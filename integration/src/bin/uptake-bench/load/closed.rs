//! A closed loop: each connection asks again as soon as it is answered. It finds the maximal rate.

use std::time::Duration;

use tokio::{task::JoinSet, time::Instant};

use super::client::Client;

/// Requests a second over `connections` connections, from a thread of their own. `make` makes each request.
pub(crate) async fn rate<R: AsRef<[u8]> + Send>(
    address: &str,
    connections: usize,
    period: Duration,
    make: impl Fn() -> R + Clone + Send + 'static,
) -> anyhow::Result<f64> {
    let address = address.to_owned();
    let load = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(run(&address, connections, period, make))
    };
    tokio::task::spawn_blocking(load).await?
}

async fn run<R: AsRef<[u8]> + Send>(
    address: &str,
    connections: usize,
    period: Duration,
    make: impl Fn() -> R + Clone + Send + 'static,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let (address, make) = (address.to_owned(), make.clone());
        clients.spawn(async move {
            let (mut client, mut count) = (Client::connect(&address).await?, 0_u64);
            while began.elapsed() < period {
                client.ask(make().as_ref()).await?;
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let mut total = 0;
    while let Some(count) = clients.join_next().await {
        total += count??;
    }
    Ok(total as f64 / began.elapsed().as_secs_f64())
}

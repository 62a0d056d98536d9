//! An open model: requests begin at a constant rate, whatever becomes of the earlier ones.
//!
//! A latency counts from when its request *should* have begun. So what has to wait because something stalls, in the
//! system or in the load itself, is not left out of the picture (no "coordinated omission").

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tokio::{sync::Semaphore, sync::mpsc, task::JoinSet};

use super::client::Client;

/// Requests that may be under way at once; more mean that the system cannot keep up with the rate.
const MAX_UNDER_WAY: usize = 20_000;

/// Asks `rate` times a second for a `period`; the latencies.
pub(crate) async fn latencies<F>(
    rate: f64,
    period: Duration,
    ask: impl Fn() -> F,
) -> anyhow::Result<Vec<Duration>>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let (sender, mut due) = mpsc::unbounded_channel();
    // A thread, for its sleep is finer than the runtime's milliseconds.
    let pacer = thread::Builder::new().name("pacer".to_owned()).spawn(move || pace(rate, period, &sender))?;
    let (mut under_way, mut latencies) = (JoinSet::new(), Vec::new());
    while let Some(at) = due.recv().await {
        let asked = ask();
        under_way.spawn(async move {
            asked.await?;
            anyhow::Ok(at.elapsed())
        });
        while let Some(latency) = under_way.try_join_next() {
            latencies.push(latency??);
        }
        ensure!(under_way.len() <= MAX_UNDER_WAY, "a rate of {rate:.0}/s is more than can be kept up with");
    }
    while let Some(latency) = under_way.join_next().await {
        latencies.push(latency??);
    }
    pacer.join().ok().context("the pacer panicked")?;
    Ok(latencies)
}

/// Says when each request is due, when it is.
fn pace(rate: f64, period: Duration, due: &mpsc::UnboundedSender<Instant>) {
    let began = Instant::now();
    for number in 0.. {
        let offset = Duration::from_secs_f64(f64::from(number) / rate);
        if offset >= period {
            return;
        }
        let at = began + offset;
        thread::sleep(at.saturating_duration_since(Instant::now()));
        if due.send(at).is_err() {
            return;
        }
    }
}

/// The same over HTTP, from a thread of its own. A request that finds all connections busy waits for one.
pub(crate) async fn http_latencies(
    address: &str,
    connections: usize,
    rate: f64,
    period: Duration,
    request: Vec<u8>,
) -> anyhow::Result<Vec<Duration>> {
    let address = address.to_owned();
    let load = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let pool = Arc::new(Pool::connect(&address, connections).await?);
            let request: Arc<[u8]> = request.into();
            latencies(rate, period, || pool.clone().ask(request.clone())).await
        })
    };
    tokio::task::spawn_blocking(load).await?
}

struct Pool {
    idle: Mutex<Vec<Client>>,
    free: Semaphore,
}

impl Pool {
    async fn connect(address: &str, connections: usize) -> anyhow::Result<Self> {
        let mut idle = Vec::with_capacity(connections);
        for _ in 0..connections {
            idle.push(Client::connect(address).await?);
        }
        Ok(Self { idle: Mutex::new(idle), free: Semaphore::new(connections) })
    }

    async fn ask(self: Arc<Self>, request: Arc<[u8]>) -> anyhow::Result<()> {
        let _free = self.free.acquire().await?;
        let client = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut client = client.context("a permit is a connection")?;
        client.ask(&request).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn asks_as_often_as_the_rate_says_though_nothing_is_answered_meanwhile() {
        let begun = Arc::new(AtomicUsize::new(0));
        let (sender, answered) = tokio::sync::watch::channel(false);
        let latencies = latencies(1000.0, Duration::from_millis(50), || {
            // The last request releases all.
            if begun.fetch_add(1, Ordering::SeqCst) == 49 {
                sender.send_replace(true);
            }
            let mut answered = answered.clone();
            async move { answered.wait_for(|answered| *answered).await.map(drop).map_err(Into::into) }
        });
        assert_eq!(latencies.await.unwrap().len(), 50);
    }
}

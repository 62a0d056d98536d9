//! What connections and requests cost the proxy in memory.

use std::time::Duration;

use integration::allow_open_files;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Args, WARM_UP,
    load::{client::Client, client::request, closed},
    os::resident_kib,
    report::{Row, Target},
    stage::{Proxy, Stage},
};

const CONNECTIONS: usize = 5_000;
const AT_ONCE: usize = 1_000;
/// Open files besides those of the connections.
const OTHER_FILES: u64 = 200;
/// The handlers of the requests at once end after this: all of them are in work by then.
const WORK: Duration = Duration::from_secs(4);
/// Freed memory returns to the system within this.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    allow_open_files(CONNECTIONS as u64 + OTHER_FILES)?;
    let stage = Stage::start(args).await?;
    // As many permits as there are requests at once, and a proxy that closes no idle connection meanwhile.
    let worker = stage.worker("hello", &["--permits", &AT_ONCE.to_string()]).await?;
    let proxy = stage.proxy(&["--head-timeout", "600"]).await?;
    let hello = || request("GET", "/hello", "");
    // What a process takes once, it has taken before the base is read.
    closed::rate(&proxy.address, args.in_flight, WARM_UP, hello).await?;
    sleep(SETTLE).await;
    let base = resident_kib(proxy.program.pid());

    let idle = connect(&proxy, CONNECTIONS, &hello()).await?;
    sleep(SETTLE).await;
    let with_idle = resident_kib(proxy.program.pid());
    drop(idle);
    sleep(SETTLE).await;

    let work = request("GET", &format!("/hello/work?ms={}", WORK.as_millis()), "");
    let mut asked = JoinSet::new();
    for mut client in connect(&proxy, AT_ONCE, &hello()).await? {
        let work = work.clone();
        asked.spawn(async move { client.ask(&work).await.map(<[u8]>::len) });
    }
    sleep(WORK / 2).await;
    let (proxy_busy, worker_busy) = (resident_kib(proxy.program.pid()), resident_kib(worker.pid()));
    while let Some(answered) = asked.join_next().await {
        answered??;
    }
    let each = (with_idle - base) / CONNECTIONS as f64;
    Ok(vec![
        Row::new("resident memory of the proxy, base", base / 1024.0, "MiB"),
        Row::new("with 5,000 idle connections", with_idle / 1024.0, "MiB"),
        Row::new("an idle connection over the base", each, "KiB").target(Target::AtMost(20.0)),
        Row::new("proxy with 1,000 requests at once", proxy_busy / 1024.0, "MiB"),
        Row::new("worker with 1,000 requests at once", worker_busy / 1024.0, "MiB"),
    ])
}

/// Keep-alive connections that have asked once.
async fn connect(proxy: &Proxy, count: usize, hello: &[u8]) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = Client::connect(&proxy.address).await?;
        client.ask(hello).await?;
        client.shrink();
        clients.push(client);
    }
    Ok(clients)
}

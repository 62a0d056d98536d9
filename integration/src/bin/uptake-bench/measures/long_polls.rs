//! Memory of 10,000 clients that wait for a job each, over that of their idle connections.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use integration::allow_open_files;
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Args,
    load::{client::Client, client::request},
    os::resident_kib,
    report::{Row, Target},
    stage::Stage,
};

const WAITERS: usize = 10_000;
/// Jobs that they wait for: each is waited for by many, as a popular report is.
const JOBS: usize = 100;
/// Open files besides those of the connections.
const OTHER_FILES: u64 = 200;
/// How long each waits: longer than it takes to begin all of them, and to measure.
const WAIT_S: u64 = 45;
/// Freed memory returns to the system within this.
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    // Each of our connections is a file here, as it is in the proxy.
    allow_open_files(WAITERS as u64 + OTHER_FILES)?;
    let stage = Stage::start(args).await?;
    let worker = stage.worker("hello", &[]).await?;
    let limits = [
        "--max-in-flight",
        "20000",
        "--max-connections",
        "20000",
        "--head-timeout",
        "600",
        "--max-wait",
        "120",
    ];
    let proxy = stage.proxy(&limits).await?;
    // Nobody works any more: the jobs wait, and so do their clients.
    let mut first = Client::connect(&proxy.address).await?;
    first.ask(&request("GET", "/hello", "")).await?;
    drop(worker);
    let mut jobs = Vec::new();
    for _ in 0..JOBS {
        let answer = first.ask(b"POST /hello/echo HTTP/1.1\r\nhost: bench\r\nprefer: respond-async\r\ncontent-length: 2\r\n\r\nhi");
        let job: Value = serde_json::from_slice(answer.await?)?;
        jobs.push(job["id"].as_str().context("a job has no id")?.to_owned());
    }
    let mut clients = Vec::with_capacity(WAITERS);
    for at in 0..WAITERS {
        let mut client = Client::connect(&proxy.address).await?;
        client.ask(&request("GET", &format!("/-/jobs/{}", jobs[at % JOBS]), "")).await?;
        client.shrink();
        clients.push(client);
    }
    sleep(SETTLE).await;
    let idle = resident_kib(proxy.program.pid());
    let server_idle = resident_kib(stage.server_pid());
    let mut waiting = JoinSet::new();
    for (at, mut client) in clients.into_iter().enumerate() {
        let ask = format!(
            "GET /-/jobs/{} HTTP/1.1\r\nhost: bench\r\nprefer: wait={WAIT_S}\r\n\r\n",
            jobs[at % JOBS]
        );
        waiting.spawn(async move { client.ask(ask.as_bytes()).await.map(<[u8]>::len) });
    }
    sleep(Duration::from_secs(WAIT_S / 2)).await;
    let busy = resident_kib(proxy.program.pid());
    let server_busy = resident_kib(stage.server_pid());
    let consumers = stage.server.monitor("/jsz").await["consumers"].clone();
    while let Some(answered) = waiting.join_next().await {
        ensure!(answered?? > 0, "an empty answer");
    }
    let each = |busy: f64, idle: f64| (busy - idle) / WAITERS as f64;
    Ok(vec![
        Row::new("proxy with 10,000 idle connections", idle / 1024.0, "MiB"),
        Row::new("proxy with 10,000 long-polls", busy / 1024.0, "MiB"),
        Row::new("a long-poll over its idle connection", each(busy, idle), "KiB")
            .target(Target::AtMost(12.0)),
        Row::new("a long-poll in nats-server", each(server_busy, server_idle), "KiB"),
        Row::new("consumers in nats-server meanwhile", consumers.as_f64().unwrap_or(f64::NAN), ""),
    ])
}

//! `POST /hello/echo` with an idempotency key, against a raw loop of the same steps on the same server.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    Args, WARM_UP,
    load::{by_turns, closed},
    os::cpu_seconds,
    raw_jobs::RawJobs,
    report::{Row, Target},
    stage::Stage,
};

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start(args).await?;
    let permits = args.in_flight.to_string();
    let worker = stage.worker("hello", &["--job-permits", &permits]).await?;
    let proxy = stage.proxy(&[]).await?;
    let raw = RawJobs::start(stage.url(), args.in_flight).await?;
    let ask = {
        let next = Arc::new(AtomicU64::new(0));
        move || {
            let key = next.fetch_add(1, Ordering::Relaxed);
            format!(
                "POST /hello/echo HTTP/1.1\r\nhost: bench\r\nidempotency-key: bench-{key}\r\ncontent-length: 2\r\n\r\nhi"
            )
        }
    };
    raw.rate(args.in_flight, WARM_UP).await?;
    closed::rate(&proxy.address, args.in_flight, WARM_UP, ask.clone()).await?;
    let pids = [proxy.program.pid(), worker.pid(), stage.server_pid()];
    let (mut used, mut requests) = ([0.0; 3], 0.0);
    let pairs = by_turns(
        args.pairs,
        ("raw loop of jobs", "keyed POST"),
        async || raw.rate(args.in_flight, args.period()).await,
        async || {
            let before = pids.map(cpu_seconds);
            let rate = closed::rate(&proxy.address, args.in_flight, args.period(), ask.clone()).await?;
            for ((used, pid), before) in used.iter_mut().zip(pids).zip(before) {
                *used += cpu_seconds(pid) - before;
            }
            requests += rate * args.period().as_secs_f64();
            Ok(rate)
        },
    );
    let pairs = pairs.await?;
    let cpu = |of: usize| used[of] * 1e6 / requests;
    Ok(vec![
        Row::new("raw loop of jobs", pairs.base(), "1/s"),
        Row::new("keyed POST", pairs.tried(), "1/s"),
        Row::new("keyed POST ÷ raw loop of jobs", pairs.ratio(), "").target(Target::AtLeast(0.6)),
        Row::new("processor time of the proxy, a keyed POST", cpu(0), "µs"),
        Row::new("processor time of the worker, a keyed POST", cpu(1), "µs"),
        Row::new("processor time of nats-server, a keyed POST", cpu(2), "µs"),
    ])
}

//! `GET /hello` through proxy, stream and worker, against a raw JetStream loop on the same server.

use bytes::Bytes;

use crate::{
    Args, WARM_UP,
    load::{by_turns, client::request, closed},
    os::{cpu_seconds, resident_kib},
    raw_loop::RawLoop,
    report::{Row, Target},
    stage::Stage,
};

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start(args).await?;
    let (worker, proxy) = (stage.worker("hello", &[]).await?, stage.proxy(&[]).await?);
    let raw = RawLoop::start(stage.url(), Bytes::new()).await?;
    let ask = || request("GET", "/hello", "");
    raw.rate(args.in_flight, WARM_UP).await?;
    closed::rate(&proxy.address, args.in_flight, WARM_UP, ask).await?;

    let pids = [proxy.program.pid(), worker.pid(), stage.server_pid()];
    let (mut used, mut requests) = ([0.0; 3], 0.0);
    let pairs = by_turns(
        args.pairs,
        ("raw loop", "GET /hello"),
        async || raw.rate(args.in_flight, args.period()).await,
        async || {
            let before = pids.map(cpu_seconds);
            let rate = closed::rate(&proxy.address, args.in_flight, args.period(), ask).await?;
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
        Row::new("raw loop", pairs.base(), "1/s"),
        Row::new("GET /hello", pairs.tried(), "1/s"),
        Row::new("GET /hello ÷ raw loop", pairs.ratio(), "").target(Target::AtLeast(0.6)),
        Row::new("processor time of the proxy, a request", cpu(0), "µs"),
        Row::new("processor time of the worker, a request", cpu(1), "µs"),
        Row::new("processor time of nats-server, a request", cpu(2), "µs"),
        Row::new("resident memory of the proxy, afterwards", resident_kib(pids[0]) / 1024.0, "MiB"),
        Row::new("resident memory of the worker, afterwards", resident_kib(pids[1]) / 1024.0, "MiB"),
    ])
}

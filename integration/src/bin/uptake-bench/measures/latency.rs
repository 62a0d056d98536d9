//! The latency of `GET /hello` at half of its maximal rate, by an open model; the raw loop's at the same rate.

use std::cell::RefCell;

use bytes::Bytes;

use crate::{
    Args, WARM_UP,
    load::{by_turns, client::request, closed, paced},
    raw_loop::RawLoop,
    report::{Row, Target},
    stage::Stage,
    stats::{median, percentile_ms},
};

/// Connections of the open load: a request waits for a free one only if so many are under way.
const CONNECTIONS: usize = 512;

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start(args).await?;
    let (_worker, proxy) = (stage.worker("hello", &[]).await?, stage.proxy(&[]).await?);
    let raw = RawLoop::start(stage.url(), Bytes::new()).await?;
    let ask = || request("GET", "/hello", "");
    closed::rate(&proxy.address, args.in_flight, WARM_UP, ask).await?;
    let rate = closed::rate(&proxy.address, args.in_flight, args.period(), ask).await? / 2.0;
    println!("  {rate:.0} requests a second, half of what the closed loop reached");

    let halves = RefCell::new((Vec::new(), Vec::new()));
    let pairs = by_turns(
        args.pairs,
        ("raw loop's p99 in ms", "GET /hello's"),
        async || {
            let ask = || {
                let raw = raw.clone();
                async move { raw.ask().await }
            };
            let mut latencies = paced::latencies(rate, args.period(), ask).await?;
            halves.borrow_mut().0.push(percentile_ms(&mut latencies, 50.0));
            Ok(percentile_ms(&mut latencies, 99.0))
        },
        async || {
            let latencies = paced::http_latencies(&proxy.address, CONNECTIONS, rate, args.period(), ask());
            let mut latencies = latencies.await?;
            halves.borrow_mut().1.push(percentile_ms(&mut latencies, 50.0));
            Ok(percentile_ms(&mut latencies, 99.0))
        },
    );
    let pairs = pairs.await?;
    let (raw_half, half) = halves.into_inner();
    Ok(vec![
        Row::new("half of the maximal rate of GET /hello", rate, "1/s"),
        Row::new("raw loop at that rate, p50", median(&raw_half), "ms"),
        Row::new("raw loop at that rate, p99", pairs.base(), "ms"),
        Row::new("GET /hello at that rate, p50", median(&half), "ms"),
        Row::new("GET /hello at that rate, p99", pairs.tried(), "ms"),
        Row::new("GET /hello ÷ raw loop at that rate, p99", pairs.ratio(), "").target(Target::AtMost(2.0)),
    ])
}

//! A POST of 16 KiB that come back, against a raw loop with the same octets in both directions.

use bytes::Bytes;

use crate::{
    Args, WARM_UP,
    load::{by_turns, client::request, closed},
    raw_loop::RawLoop,
    report::{Row, Target},
    stage::Stage,
};

const OCTETS: usize = 16 * 1024;

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start(args).await?;
    let (_worker, proxy) = (stage.worker("hello", &[]).await?, stage.proxy(&[]).await?);
    let body = "x".repeat(OCTETS);
    let raw = RawLoop::start(stage.url(), Bytes::from(body.clone())).await?;
    let ask = {
        let request = Bytes::from(request("POST", "/hello/echo", &body));
        move || request.clone()
    };
    raw.rate(args.in_flight, WARM_UP).await?;
    closed::rate(&proxy.address, args.in_flight, WARM_UP, ask.clone()).await?;
    let pairs = by_turns(
        args.pairs,
        ("raw loop of 16 KiB", "echo of 16 KiB"),
        async || raw.rate(args.in_flight, args.period()).await,
        async || closed::rate(&proxy.address, args.in_flight, args.period(), ask.clone()).await,
    );
    let pairs = pairs.await?;
    Ok(vec![
        Row::new("raw loop of 16 KiB", pairs.base(), "1/s"),
        Row::new("echo of 16 KiB", pairs.tried(), "1/s"),
        Row::new("echo of 16 KiB ÷ raw loop of 16 KiB", pairs.ratio(), "").target(Target::AtLeast(0.6)),
    ])
}

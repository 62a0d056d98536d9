//! What one log line a request costs: two proxies on one server and worker, one of which writes none.

use crate::{
    Args, WARM_UP,
    load::{by_turns, client::request, closed},
    os::cpu_seconds,
    report::{Row, Target},
    stage::{Proxy, Stage},
};

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start(args).await?;
    let _worker = stage.worker("hello", &[]).await?;
    let (quiet, logging) =
        (stage.proxy_that_logs(false, &[]).await?, stage.proxy_that_logs(true, &[]).await?);
    // Processor time of a proxy, and requests, over all its turns.
    let (mut quiet_cpu, mut logging_cpu) = ((0.0, 0.0), (0.0, 0.0));
    let rate = async |proxy: &Proxy, period, cpu: &mut (f64, f64)| {
        let before = cpu_seconds(proxy.program.pid());
        let rate =
            closed::rate(&proxy.address, args.in_flight, period, || request("GET", "/hello", "")).await?;
        cpu.0 += cpu_seconds(proxy.program.pid()) - before;
        cpu.1 += rate * period.as_secs_f64();
        anyhow::Ok(rate)
    };
    rate(&quiet, WARM_UP, &mut (0.0, 0.0)).await?;
    rate(&logging, WARM_UP, &mut (0.0, 0.0)).await?;
    let pairs = by_turns(
        args.pairs,
        ("GET /hello without a line", "with one"),
        async || rate(&quiet, args.period(), &mut quiet_cpu).await,
        async || rate(&logging, args.period(), &mut logging_cpu).await,
    );
    let pairs = pairs.await?;
    let (quiet_us, logging_us) = (quiet_cpu.0 * 1e6 / quiet_cpu.1, logging_cpu.0 * 1e6 / logging_cpu.1);
    let cost = (1.0 - pairs.ratio()) * 100.0;
    Ok(vec![
        Row::new("GET /hello without a log line", pairs.base(), "1/s"),
        Row::new("GET /hello with a log line", pairs.tried(), "1/s"),
        Row::new("cost of a log line, of the rate", cost, "%").target(Target::AtMost(10.0)),
        Row::new("processor time of a proxy without a log line, a request", quiet_us, "µs"),
        Row::new("processor time of a proxy with a log line, a request", logging_us, "µs"),
    ])
}

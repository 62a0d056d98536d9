//! What telemetry costs: `GET /hello` on platforms that differ in nothing else, by turns.

use anyhow::ensure;

use crate::{
    Args, WARM_UP,
    load::{by_turns, client::request, closed},
    os::cpu_seconds,
    program::Program,
    report::{Row, Target},
    sink::Sink,
    stage::{Proxy, Stage},
    stats::Pairs,
};

/// Metrics go out more often than by default (60 s), so that each turn has its share of them.
const METRIC_EXPORT_MS: &str = "1000";

/// A platform of its own, and what its turns took.
struct Platform {
    stage: Stage,
    worker: Program,
    proxy: Proxy,
    proxy_us: Vec<f64>,
    worker_us: Vec<f64>,
    requests: f64,
}

impl Platform {
    async fn start(args: &Args, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let stage = Stage::start_with(args, variables).await?;
        let (worker, proxy) = (stage.worker("hello", &[]).await?, stage.proxy(&[]).await?);
        Ok(Self { stage, worker, proxy, proxy_us: Vec::new(), worker_us: Vec::new(), requests: 0.0 })
    }

    /// Requests a second, in one turn.
    async fn turn(&mut self, args: &Args) -> anyhow::Result<f64> {
        let pids = [self.proxy.program.pid(), self.worker.pid()];
        let before = pids.map(cpu_seconds);
        let ask = || request("GET", "/hello", "");
        let rate = closed::rate(&self.proxy.address, args.in_flight, args.period(), ask).await?;
        let requests = rate * args.period().as_secs_f64();
        let us = |of: usize| (cpu_seconds(pids[of]) - before[of]) * 1e6 / requests;
        self.proxy_us.push(us(0));
        self.worker_us.push(us(1));
        self.requests += requests;
        Ok(rate)
    }
}

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Row>> {
    let mut rows = cost(args, "1 % sampled", "0.01", 0.95).await?;
    rows.extend(cost(args, "all sampled", "1", 0.8).await?);
    Ok(rows)
}

/// One kind of sampling, with all metrics, against none of both.
async fn cost(args: &Args, name: &str, sampled: &str, target: f64) -> anyhow::Result<Vec<Row>> {
    let mut without = Platform::start(args, &[("OTEL_SDK_DISABLED", "true")]).await?;
    let sink = Sink::start(&without.stage).await?;
    let mut with = Platform::start(
        args,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.url()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", METRIC_EXPORT_MS),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", sampled),
        ],
    )
    .await?;
    for platform in [&without, &with] {
        let ask = || request("GET", "/hello", "");
        closed::rate(&platform.proxy.address, args.in_flight, WARM_UP, ask).await?;
    }
    let spans = sink.spans().await?;
    let pairs = by_turns(
        args.pairs,
        ("without telemetry", name),
        async || without.turn(args).await,
        async || with.turn(args).await,
    );
    let pairs = pairs.await?;
    let spans = (sink.spans().await? - spans) / with.requests;
    ensure!(spans > 0.0, "no span has arrived: nothing was measured");
    let (lowest, highest) = pairs.spread();
    let mut rows = vec![
        Row::new(format!("GET /hello without telemetry, beside {name}"), pairs.base(), "1/s"),
        Row::new(format!("GET /hello, {name}"), pairs.tried(), "1/s"),
        Row::new(format!("GET /hello, {name} ÷ without"), pairs.ratio(), "").target(Target::AtLeast(target)),
        Row::new(format!("the same, lowest pair, {name}"), lowest, ""),
        Row::new(format!("the same, highest pair, {name}"), highest, ""),
        Row::new(format!("spans that arrived, a request, {name}"), spans, ""),
    ];
    let cpu = [
        ("proxy", Pairs { base: without.proxy_us, tried: with.proxy_us }),
        ("worker", Pairs { base: without.worker_us, tried: with.worker_us }),
    ];
    for (process, us) in cpu {
        let row = format!("processor time of the {process}, a request");
        rows.push(Row::new(format!("{row}, without telemetry, beside {name}"), us.base(), "µs"));
        rows.push(Row::new(format!("{row}, {name}"), us.tried(), "µs"));
        rows.push(Row::new(format!("{row}, {name} ÷ without"), us.ratio(), ""));
    }
    Ok(rows)
}

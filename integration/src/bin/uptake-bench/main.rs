//! Measures the platform against a raw JetStream loop, in alternating pairs on one server.
//!
//! `cargo xtask bench` builds all in release and runs this.

mod http_load;
mod program;
mod raw_loop;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Parser as _;
use serde_json::json;
use test_support::NatsServer;

use program::Program;

/// The programs under test use the same allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures `GET /hello` through proxy and worker against a raw JetStream loop on the same server.
#[derive(clap::Parser)]
struct Args {
    /// Folder with the release binaries of the platform.
    #[arg(long, default_value = "target/release")]
    bin_dir: PathBuf,
    /// Alternating pairs; the medians are quoted.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Seconds of each measurement, after a second of warm-up for all.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Connections of the HTTP load, and requests in flight in the raw loop.
    #[arg(long, default_value_t = 64)]
    in_flight: usize,
    /// Let the proxy write no log line for a request.
    #[arg(long)]
    quiet: bool,
    /// Write the results to this file, as a list of {name, value, unit, target}.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let server = NatsServer::start().await;
    let url = server.url();
    let worker = Program::start(&args.bin_dir, "hello", &["--nats-url", &url])?;
    worker.wait_for("pulling").await?;
    // Quiet: the log line of each request goes, that of the listener stays.
    let log = if args.quiet { "warn,http_to_nats_proxy::server=info" } else { "info" };
    let listeners = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let arguments = [&["--nats-url", &url, "--log", log][..], &listeners[..]].concat();
    let proxy = Program::start(&args.bin_dir, "http-to-nats-proxy", &arguments)?;
    let line = proxy.wait_for("listening for=\"clients\"").await?;
    let address = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next());
    let address = address.context("the proxy logs no address")?.to_owned();
    let raw = raw_loop::RawLoop::start(&server.url()).await?;
    let (warm_up, period) = (Duration::from_secs(1), Duration::from_secs(args.seconds));
    raw.measure(args.in_flight, warm_up).await?;
    http_load::measure(&address, args.in_flight, warm_up).await?;

    let (mut raws, mut https, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=args.pairs {
        let loop_rate = raw.measure(args.in_flight, period).await?;
        let http_rate = http_load::measure(&address, args.in_flight, period).await?;
        println!(
            "pair {pair}/{}: raw loop {loop_rate:.0}/s, GET /hello {http_rate:.0}/s, ratio {:.3}",
            args.pairs,
            http_rate / loop_rate
        );
        raws.push(loop_rate);
        https.push(http_rate);
        ratios.push(http_rate / loop_rate);
    }
    let rows = [
        ("raw JetStream loop", median(&mut raws), "1/s"),
        ("GET /hello", median(&mut https), "1/s"),
        ("GET /hello ÷ raw loop", median(&mut ratios), ""),
        ("resident memory of the proxy", proxy.resident_kib(), "KiB"),
        ("resident memory of the worker", worker.resident_kib(), "KiB"),
    ];
    println!(
        "\nmedians of {} alternating pairs of {} s, {} in flight:",
        args.pairs, args.seconds, args.in_flight
    );
    for (name, value, unit) in rows {
        let digits = if unit.is_empty() { 3 } else { 0 };
        println!("  {name:<32} {value:>10.digits$} {unit}");
    }
    if let Some(path) = &args.json {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(name, value, unit)| json!({"name": name, "value": value, "unit": unit, "target": null}))
            .collect();
        std::fs::write(path, serde_json::to_vec_pretty(&rows)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

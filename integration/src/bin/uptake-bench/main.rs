//! Measures the platform, mostly against a raw JetStream loop, by turns on one server.
//!
//! `cargo xtask bench` builds all in release and runs this. docs/benchmarks.md describes each measure.

mod load;
mod measures;
mod os;
mod program;
mod raw_jobs;
mod raw_loop;
mod report;
mod sink;
mod stage;
mod stats;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::{Parser as _, ValueEnum as _, builder::RangedU64ValueParser};

use measures::Measure;

/// The programs under test use the same allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long something is under load before it is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// Measures the platform: rates, latencies and memory, by turns with what they are compared with.
#[derive(clap::Parser)]
struct Args {
    /// What to measure [default: all].
    #[arg(long, value_name = "NAME", num_args = 1.., value_enum)]
    only: Vec<Measure>,
    /// Turns of each comparison; the medians are quoted.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = at_least_one())]
    pairs: usize,
    /// Seconds of each turn, after a second of warm-up.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Connections of the closed HTTP loop, and requests in flight in the raw loop.
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = at_least_one())]
    in_flight: usize,
    /// Let the proxy write no log line for a request.
    #[arg(long)]
    quiet: bool,
    /// Write the results to this file, as a list of {name, value, unit, target}.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder with the release binaries of the platform.
    #[arg(long, value_name = "FOLDER", default_value = "target/release")]
    bin_dir: PathBuf,
    /// Be the collector that `telemetry` needs, and measure nothing.
    #[arg(long, hide = true)]
    collector: bool,
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

impl Args {
    fn period(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.collector {
        return sink::run().await;
    }
    let chosen: &[Measure] = if args.only.is_empty() { Measure::value_variants() } else { &args.only };
    let mut rows = Vec::new();
    for measure in chosen {
        let name = measure.to_possible_value();
        println!("{}", name.as_ref().map_or("", |name| name.get_name()));
        rows.extend(measure.run(&args).await?);
    }
    println!("\nmedians of {} pairs of {} s, {} in flight:\n", args.pairs, args.seconds, args.in_flight);
    print!("{}", report::table(&rows));
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report::json(&rows))?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Args::command().debug_assert();
    }
}

//! Draws the trace of one real request. `cargo xtask trace` builds all and runs this.

mod stage;
mod waterfall;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser as _;

/// Runs the platform, makes one request of which a trace shows the most, and draws the trace.
#[derive(clap::Parser)]
struct Args {
    /// Where the picture is written, as SVG.
    #[arg(long, value_name = "FILE", default_value = "docs/images/trace.svg")]
    output: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let trace = stage::trace().await?;
    print!("{}", trace.outline());
    std::fs::write(&args.output, waterfall::draw(&trace, stage::TITLE))
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    println!("\n{}", args.output.display());
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

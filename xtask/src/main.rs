//! The commands of the repository. `cargo xtask COMMAND --help` explains each.

mod bench;
mod frontend;
mod fuzz;
mod images;
mod load;
mod process;
mod progress;
mod test;
mod trace;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What the README tells to type: `cargo xtask <COMMAND>`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Options),
    Test(test::Options),
    Bench(bench::Options),
    Load(load::Options),
    Trace(trace::Options),
    Images(images::Options),
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(options) => up::run(options),
        Command::Test(options) => test::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Load(options) => load::run(&options),
        Command::Trace(options) => trace::run(&options),
        Command::Images(options) => images::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}

//! The binary `uptake`: settings, log, connect, one command.

mod config;
mod confirm;
mod dead_letters;
mod jobs;
mod show;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod top;

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use config::{Command, Config};
use uptake::job::Operator;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Config::read()).await {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NotAll) => ExitCode::FAILURE,
        // Whoever reads, such as `head`, has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uptake: {}", uptake::telemetry::causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// How a command ended that has told all there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Something was not done, and was told on standard error.
    NotAll,
}

async fn run(config: Config) -> anyhow::Result<Outcome> {
    match &config.command {
        // A log would write over the picture, which itself tells what is wrong.
        Command::Top(args) if top::is_live(args) && io::stderr().is_terminal() => {}
        _ => uptake::telemetry::init_log(&config.log)?,
    }
    let operator = Operator::connect(&config.nats, "uptake command line").await?;
    match config.command {
        Command::DeadLetters(command) => dead_letters::run(&operator, command).await,
        Command::Jobs(command) => jobs::run(&operator, command).await,
        Command::Top(args) => top::run(&operator, args).await,
    }
}

/// Writes to standard output.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

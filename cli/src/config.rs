//! What can be said on the command line.

use std::{path::PathBuf, time::Duration};

use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use uptake::{
    config::{path_prefix, seconds},
    job::operator::{JobFilter, LetterFilter},
    wire::{DeadCause, JobId, JobState},
};

/// What is logged unless it is said otherwise: the output is what one asked for.
const QUIET: &str = "warn";
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 100;

/// Operates an Uptake platform: what it does, what was given up, and what has become of jobs.
#[derive(Clone, Debug, Parser)]
#[command(name = "uptake", version, after_help = EXAMPLES)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) nats: uptake::NatsConfig,
    #[command(flatten)]
    pub(crate) log: uptake::LogConfig,
}

const EXAMPLES: &str = "\
Examples:
  uptake dead-letters list --service hello
  uptake dead-letters show 17
  uptake dead-letters redrive 17
  uptake jobs list --state running
  uptake top

Exit codes: 0 done, 1 not done or not all of it, 2 wrong usage.";

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Messages that were given up: list, show, redrive, delete, purge.
    #[command(subcommand, after_help = LETTER_EXAMPLES)]
    DeadLetters(DeadLetters),
    /// Jobs and their answers: list, show, cancel.
    #[command(subcommand, after_help = JOB_EXAMPLES)]
    Jobs(Jobs),
    /// The whole platform at a glance: services, workers, proxies, streams. In a terminal it stays, and is kept fresh.
    #[command(after_help = TOP_EXAMPLES)]
    Top(Top),
}

const TOP_EXAMPLES: &str = "\
Examples:
  uptake top
  uptake top --once
  uptake top --json | jq '.services[] | select(.noWorker)'";

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Top {
    /// Print it once, as text. It is so, too, where there is no terminal.
    #[arg(long)]
    pub(crate) once: bool,
    /// Print it once, as one JSON document, for programs.
    #[arg(long, conflicts_with = "once")]
    pub(crate) json: bool,
    /// Time between two looks.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub(crate) interval: Duration,
}

const LETTER_EXAMPLES: &str = "\
Examples:
  uptake dead-letters list --cause attempts-failed --limit 10
  uptake dead-letters list --json | jq '.deadLetters[].facts.target'
  uptake dead-letters show 17 --body order.json
  uptake dead-letters redrive --all --service hello
  uptake dead-letters purge --service hello";

const JOB_EXAMPLES: &str = "\
Examples:
  uptake jobs list --state failed --path /users
  uptake jobs show 0123456789abcdef0123456789abcdef
  uptake jobs cancel 0123456789abcdef0123456789abcdef";

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// List dead letters, the oldest first.
    List {
        #[command(flatten)]
        filter: LetterArgs,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show one dead letter: why it was given up, and the message.
    Show {
        /// Its number, as `list` tells it.
        #[arg(value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        sequence: u64,
        #[command(flatten)]
        output: ShowArgs,
    },
    /// Run dead letters again. The job keeps its id, so that a repeat of the client's request finds it.
    Redrive {
        /// Their numbers, as `list` tells them.
        #[arg(value_name = "SEQ", required_unless_present = "all", conflicts_with = "all",
              value_parser = clap::value_parser!(u64).range(1..))]
        sequences: Vec<u64>,
        /// All that are there now, the oldest first.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        filter: RedriveArgs,
        /// One JSON document, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Delete dead letters for good.
    Delete {
        /// Their numbers, as `list` tells them.
        #[arg(value_name = "SEQ", required = true, value_parser = clap::value_parser!(u64).range(1..))]
        sequences: Vec<u64>,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Delete all dead letters for good, or those that match.
    Purge {
        #[command(flatten)]
        filter: LetterArgs,
        #[command(flatten)]
        consent: ConsentArgs,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Jobs {
    /// List jobs, those first that changed longest ago.
    List {
        #[command(flatten)]
        filter: JobArgs,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show one job and its answer.
    Show {
        /// Its id, as in `Location: …/-/jobs/ID`.
        id: JobId,
        #[command(flatten)]
        output: ShowArgs,
    },
    /// Cancel a job: queued it never runs, running its handler is stopped. It cannot be redriven.
    Cancel {
        /// Its id, as in `Location: …/-/jobs/ID`.
        id: JobId,
        #[command(flatten)]
        consent: ConsentArgs,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct LetterArgs {
    /// Only those for this service.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only those of this cause.
    #[arg(long, value_name = "CAUSE", value_parser = causes())]
    cause: Option<DeadCause>,
}

impl From<LetterArgs> for LetterFilter {
    fn from(LetterArgs { service, cause }: LetterArgs) -> Self {
        Self { service, cause }
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RedriveArgs {
    /// With --all: only those for this service.
    #[arg(long, value_name = "NAME", requires = "all", conflicts_with = "sequences")]
    service: Option<String>,
    /// With --all: only those of this cause.
    #[arg(long, value_name = "CAUSE", requires = "all", conflicts_with = "sequences", value_parser = causes())]
    cause: Option<DeadCause>,
}

impl From<RedriveArgs> for LetterFilter {
    fn from(RedriveArgs { service, cause }: RedriveArgs) -> Self {
        Self { service, cause }
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct JobArgs {
    /// Only those in this state.
    #[arg(long, value_name = "STATE", value_parser = states())]
    state: Option<JobState>,
    /// Only those of this path and below it, as the service sees it, such as /users.
    #[arg(long, value_name = "PATH", value_parser = path_prefix)]
    path: Option<String>,
}

impl From<JobArgs> for JobFilter {
    fn from(JobArgs { state, path }: JobArgs) -> Self {
        Self { state, path }
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PageArgs {
    /// At most so many.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    /// Only what comes behind this sequence: where the list before ended.
    #[arg(long, value_name = "SEQ", default_value_t = 0, hide_default_value = true)]
    pub(crate) after: u64,
    /// One JSON document, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    /// One JSON document, for programs; bodies in Base64.
    #[arg(long, conflicts_with = "body")]
    pub(crate) json: bool,
    /// Write the body alone, octet by octet, to this file, or with - to standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ConsentArgs {
    /// Do not ask. Where there is no terminal to ask on, nothing is done without it.
    #[arg(long)]
    pub(crate) yes: bool,
}

fn causes() -> impl TypedValueParser<Value = DeadCause> {
    let names = PossibleValuesParser::new(DeadCause::ALL.map(DeadCause::as_str));
    names.try_map(|name| DeadCause::ALL.into_iter().find(|cause| cause.as_str() == name).ok_or("no cause"))
}

fn states() -> impl TypedValueParser<Value = JobState> {
    let names = PossibleValuesParser::new(JobState::ALL.map(JobState::as_str));
    names.try_map(|name| JobState::ALL.into_iter().find(|state| state.as_str() == name).ok_or("no state"))
}

impl Config {
    /// Reads the command line; ends the process with 2 if it cannot be read.
    pub(crate) fn read() -> Self {
        let command = Self::quiet_command();
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// The settings of NATS and of the log may stand anywhere, also behind the command. Their values are not shown: an
    /// address may hold a password.
    pub(crate) fn quiet_command() -> clap::Command {
        let everywhere = |arg: clap::Arg| arg.global(true).hide_env_values(true);
        let command = Self::command().max_term_width(MAX_WIDTH).mut_args(everywhere);
        command.mut_arg("directives", |arg| arg.default_value(QUIET))
    }
}

/// Whether colours are unwanted (<https://no-color.org>).
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

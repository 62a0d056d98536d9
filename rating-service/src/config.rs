//! Settings of the rating service.

use std::{net::SocketAddr, time::Duration};

use clap::{ArgAction, builder::FalseyValueParser};

use crate::contract;

/// Serves users, services and ratings.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "rating-service", version)]
pub struct Config {
    /// Serve HTTP on this TCP address instead of pulling from a stream, such as 127.0.0.1:8090.
    /// Port 0 takes a free one, which the log names.
    #[arg(long, env = "RATING_HTTP", value_name = "ADDRESS")]
    pub http: Option<SocketAddr>,
    /// Fill an empty database with a few users, services and ratings. One that holds anything is left alone.
    #[arg(long, env = "RATING_SEED_EXAMPLE_DATA", value_parser = FalseyValueParser::new())]
    pub seed_example_data: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// What to pull, and how much at a time. Of no effect with `--http`.
    #[command(flatten)]
    pub worker: uptake::WorkerConfig,
    /// What is logged, and how.
    #[command(flatten)]
    pub telemetry: uptake::TelemetryConfig,
}

/// Where the data is kept.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseConfig {
    /// An SQLite file, as sqlite://FILE, created where it is missing in a directory that must exist; or a
    /// PostgreSQL database, as postgres://USER:PASSWORD@HOST:PORT/NAME. Several processes may share either.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", default_value = "sqlite://rating-service.db")]
    pub database_url: String,
    /// Connections that may be open at once. Of those to SQLite at most one writes, by its nature.
    #[arg(long, env = "DATABASE_CONNECTIONS", value_name = "COUNT", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=128))]
    pub database_connections: u32,
    /// How long a request may wait for a connection, and for its turn to write (PostgreSQL: for each lock), in
    /// seconds; then it is refused with 503.
    #[arg(long, env = "DATABASE_TIMEOUT", value_name = "SECONDS", default_value = "5",
          value_parser = uptake::config::seconds)]
    pub database_timeout: Duration,
    /// How long the database may take to be there when the service starts, in seconds; then it gives up.
    #[arg(long, env = "DATABASE_CONNECT_TIMEOUT", value_name = "SECONDS", default_value = "10",
          value_parser = uptake::config::seconds)]
    pub database_connect_timeout: Duration,
    /// Who brings the tables up to date. Several that run at once may all do so: one does, and the others find it done.
    #[arg(long, env = "RATING_MIGRATIONS", value_name = "WHO", value_enum, default_value = "run")]
    pub migrations: Migrations,
    /// How long `--migrations=wait` waits for the database and for its tables, in seconds; then it gives up.
    #[arg(long, env = "RATING_MIGRATIONS_TIMEOUT", value_name = "SECONDS", default_value = "300",
          value_parser = uptake::config::seconds)]
    pub migrations_timeout: Duration,
    /// How long PostgreSQL may work on one statement, and may be left waiting within a transaction, in seconds;
    /// then it gives up, and the request is refused with 503. Of no effect on SQLite.
    #[arg(long, env = "DATABASE_STATEMENT_TIMEOUT", value_name = "SECONDS", default_value = "10",
          value_parser = uptake::config::seconds)]
    pub database_statement_timeout: Duration,
    /// How old a connection to PostgreSQL may get, busy or idle, in seconds; then it is closed, and made anew
    /// when it is needed. Of no effect on SQLite.
    #[arg(long, env = "DATABASE_CONNECTION_LIFETIME", value_name = "SECONDS", default_value = "1800",
          value_parser = uptake::config::seconds)]
    pub database_connection_lifetime: Duration,
    /// Keep the answer of each write in its transaction, so that the platform may run it again when a worker has died: a
    /// repeat has no further effect and is answered as it was. To switch it off is for measuring what it costs.
    #[arg(long, env = "RATING_INBOX", value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub inbox: bool,
}

/// What a process does about tables that are older than it is. What it does about newer ones, which a later release has
/// migrated: `run` refuses them, for it was not told that anybody else migrates; `wait` serves them, and `only` leaves
/// them as they are, so that instances may be started again in the midst of a rolling update, or after a step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Migrations {
    /// Bring them up to date, then serve.
    Run,
    /// Change nothing; serve when somebody else has brought them up to date.
    Wait,
    /// Bring them up to date, fill in the example data if that is asked for, and end.
    Only,
}

/// What this service pulls: its nouns and its contract. Prefixes that somebody has set are taken as they are, for
/// a stream that is provisioned elsewhere has just these; that the contract is not among them is said.
///
/// It is effectively once by its inbox, and only by it, whatever the setting says.
#[must_use]
pub fn worker(config: uptake::WorkerConfig, inbox: bool) -> uptake::WorkerConfig {
    let mut config =
        config.for_service("rating-service", &["/users", "/services", "/ratings", contract::PATH]);
    config.effectively_once = inbox;
    let covers = |prefix: &String| {
        let rest = contract::PATH.strip_prefix(prefix.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if !config.prefixes.iter().any(covers) {
        tracing::warn!(
            path = contract::PATH,
            "the contract is not among the prefixes: clients cannot get it"
        );
    }
    config
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Config::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_variable() {
        for arg in Config::command().get_arguments().filter(|arg| !arg.is_global_set()) {
            let built_in = ["help", "version"].contains(&arg.get_id().as_str());
            assert!(built_in || arg.get_env().is_some(), "{} has none", arg.get_id());
        }
    }

    #[test]
    fn is_effectively_once_unless_its_inbox_is_switched_off() {
        let effectively_once = |flags: &[&str]| {
            let config = Config::try_parse_from([&["rating-service"], flags].concat()).unwrap();
            worker(config.worker, config.database.inbox).effectively_once
        };
        assert!(effectively_once(&[]));
        assert!(!effectively_once(&["--inbox=false"]));
        assert!(!effectively_once(&["--inbox", "false", "--effectively-once"]));
    }

    #[test]
    fn refuses_no_connections_and_no_time() {
        for wrong in ["--database-connections=0", "--database-timeout=0", "--http=localhost"] {
            assert!(Config::try_parse_from(["rating-service", wrong]).is_err(), "{wrong}");
        }
    }
}

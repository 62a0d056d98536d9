//! What the workers of a service are told: the variables of their pods, and what their own settings make of them. Streams are
//! rendered from the latter, so that both fit.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use clap::{Args as _, Command, FromArgMatches as _, builder::Resettable};
use uptake::WorkerConfig;

use crate::settings::{Service, Settings};

/// The port of the private listener of each workload.
pub const ADMIN_PORT: u16 = 8081;

/// The variables of a service's workers that say what they pull, without those for NATS and telemetry.
#[must_use]
pub fn environment(settings: &Settings, name: &str, service: &Service) -> BTreeMap<String, String> {
    let own = [
        ("SERVICE_NAME", name.to_owned()),
        ("SERVICE_PREFIXES", service.prefixes.join(",")),
        ("WORKER_PERMITS", service.permits.to_string()),
        ("WORKER_JOB_PERMITS", service.job_permits.to_string()),
        ("WORKER_PROVISION", "other".to_owned()),
        ("WORKER_STORAGE", settings.nats.call_storage.clone()),
        ("WORKER_REPLICAS", settings.nats.stream_replicas.to_string()),
        ("WORKER_ADMIN_LISTEN", format!("0.0.0.0:{ADMIN_PORT}")),
        ("UPTAKE_ROOT", settings.root.clone()),
    ];
    let mut all: BTreeMap<_, _> = own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend(service.env.clone());
    all
}

/// The settings that the workers of a service make of their variables.
///
/// # Errors
/// With the variable, when its value is none that a worker takes.
pub fn config(settings: &Settings, name: &str, service: &Service) -> Result<WorkerConfig> {
    parse(&environment(settings, name, service)).with_context(|| format!("services.{name}"))
}

/// The settings that a worker makes of variables, read by its own parser, without a look at this process's environment. What
/// is no variable of a worker is left aside.
///
/// # Errors
/// With the variable, when its value is none that a worker takes.
pub fn parse(variables: &BTreeMap<String, String>) -> Result<WorkerConfig> {
    let command = WorkerConfig::augment_args(Command::new("worker").no_binary_name(true));
    let mut flags = Vec::new();
    for arg in command.get_arguments() {
        let Some(variable) = arg.get_env().and_then(|name| name.to_str()) else { continue };
        let (Some(value), Some(flag)) = (variables.get(variable), arg.get_long()) else { continue };
        let is_switch = !arg.get_action().takes_values();
        ensure!(
            !is_switch || ["true", "false"].contains(&value.as_str()),
            "env.{variable}: {value:?} is neither true nor false"
        );
        match (is_switch, value.as_str()) {
            (true, "true") => flags.push(format!("--{flag}")),
            (true, _) => {}
            (false, value) => flags.push(format!("--{flag}={value}")),
        }
    }
    let command = command.mut_args(|arg| arg.env(Resettable::Reset));
    let matches = command.try_get_matches_from(flags).map_err(|error| {
        // Without the advice that follows for whoever types it on a command line.
        let text = error.to_string();
        let what = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ");
        anyhow::anyhow!("{}", what.split_whitespace().collect::<Vec<_>>().join(" "))
    })?;
    Ok(WorkerConfig::from_arg_matches(&matches)?)
}

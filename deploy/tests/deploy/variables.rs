//! Variables and arguments of containers, against the programs' own definitions.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args as _, Command, CommandFactory as _, builder::Resettable};
use deploy::{
    object::Object,
    render::{Rendered, render},
};
use k8s_openapi::api::core::v1::Container;

use super::overlay;

/// What OpenTelemetry's SDK reads itself, besides what our programs have flags for.
const SDK: [&str; 9] = [
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SERVICE_NAME",
    "OTEL_METRIC_EXPORT_INTERVAL",
];

/// What the driver of PostgreSQL reads itself, where the address of the database does not say it.
const DRIVER: [&str; 2] = ["PGSSLMODE", "PGSSLROOTCERT"];

/// The definitions of the program that a container runs.
fn program(name: &str) -> Command {
    match name {
        "http-to-nats-proxy" => http_to_nats_proxy::Config::command(),
        "rating-service" | "rating-service-migrate" => rating_service::Config::command(),
        "frontend" => http_to_nats_proxy::page::Config::command(),
        "hello" => {
            let command = uptake::WorkerConfig::augment_args(Command::new("hello"));
            uptake::TelemetryConfig::augment_args(command)
        }
        other => panic!("no program is known for the container {other}"),
    }
}

/// What is wrong with the variables and arguments of a container.
fn wrong(container: &Container) -> Vec<String> {
    let command = program(&container.name);
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    for variable in container.env.iter().flatten() {
        // What comes from a Secret is read here as if it were the address of a database.
        let value = variable.value.clone().unwrap_or_else(|| "postgres://user@host/name".to_owned());
        values.insert(&variable.name, value);
    }
    let mut flags = vec![container.name.clone()];
    let mut known = BTreeSet::from(SDK);
    if container.name.starts_with("rating-service") {
        known.extend(DRIVER);
    }
    for arg in command.get_arguments() {
        let (Some(variable), Some(flag)) = (arg.get_env().and_then(|env| env.to_str()), arg.get_long())
        else {
            continue;
        };
        let Some((&variable, value)) = values.get_key_value(variable) else { continue };
        known.insert(variable);
        match (arg.get_action().takes_values(), value.as_str()) {
            (true, value) => flags.push(format!("--{flag}={value}")),
            (false, "true") => flags.push(format!("--{flag}")),
            (false, _) => {}
        }
    }
    flags.extend(container.args.iter().flatten().cloned());
    let unknown = values.keys().filter(|name| !known.contains(**name));
    let mut wrong: Vec<_> =
        unknown.map(|name| format!("{}: there is no variable {name}", container.name)).collect();
    let command = command.mut_args(|arg| arg.env(Resettable::Reset));
    wrong.extend(
        command.try_get_matches_from(flags).err().map(|error| format!("{}: {error}", container.name)),
    );
    wrong
}

fn containers(rendered: &[Rendered]) -> Vec<Container> {
    let templates = rendered.iter().filter_map(|one| match &one.object {
        Object::Deployment(one) => Some(one.spec.as_ref()?.template.clone()),
        Object::Job(one) => Some(one.spec.as_ref()?.template.clone()),
        _ => None,
    });
    templates.flat_map(|template| template.spec.unwrap().containers).collect()
}

#[test]
fn every_variable_is_one_of_the_program_and_has_a_value_that_it_takes() {
    let telemetry = ["telemetry.endpoint=http://otel-lgtm.monitoring:4317", "telemetry.ratio=\"0.5\""];
    for name in ["dev", "prod", "aks"] {
        for set in [&[][..], &telemetry] {
            let containers = containers(&render(&overlay(name, set).unwrap()).unwrap());
            assert!(containers.len() >= 3, "{name}");
            for container in &containers {
                assert_eq!(wrong(container), [""; 0], "{name} {set:?}");
            }
        }
    }
}

#[test]
fn a_variable_that_no_program_reads_and_a_value_that_none_takes_are_found() {
    let of = |set: &str| {
        let containers = containers(&render(&overlay("dev", &[set]).unwrap()).unwrap());
        containers.iter().flat_map(wrong).collect::<Vec<_>>().join("\n")
    };
    assert!(of("proxy.env.PROXY_BUDGETS=\"30\"").contains("there is no variable PROXY_BUDGETS"));
    assert!(of("proxy.env.PROXY_BUDGET=soon").contains("--budget"));
    assert!(
        of("services.hello.env.PROXY_BUDGET=\"30\"").contains("hello: there is no variable PROXY_BUDGET")
    );
}

//! The Job that brings a service's tables up to date.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    meta, service,
    variables::{self, Variables, variables},
    workload::Workload,
};
use crate::settings::Service;

/// How long pods of the service wait for the Job, in seconds.
pub(super) const WAIT_SECONDS: i32 = 300;
/// How often it is tried again, with pauses that double from 10 s on: about ten minutes in all, as when a database is made anew.
const RETRIES: i32 = 6;

/// How long it may take with all of that, in seconds: who waits for a lock of a table does not wait for ever, and is rolled back.
const DEADLINE_SECONDS: i64 = 30 * 60;

/// Its name, and that of its pods. It does not change with the image, so that patches can name it; a Job cannot be changed, so the
/// one before has to be deleted first (`deploy-service` does, and so does Flux, by an annotation).
pub(super) fn name(service: &str) -> String {
    format!("{service}-migrate")
}

/// The service's variables: it waits until the Job is done.
pub(super) fn awaited() -> Variables {
    variables([
        ("RATING_MIGRATIONS", "wait".to_owned()),
        ("RATING_MIGRATIONS_TIMEOUT", WAIT_SECONDS.to_string()),
    ])
}

/// The Job: the service's own image and its own limits, with another task.
pub(super) fn job(of: &Workload<'_>, name: &str, settings: &Service) -> Job {
    let mut all = variables([("RATING_MIGRATIONS", "only".to_owned())]);
    all.extend(variables::log());
    let (verified, authority) = service::database(settings);
    all.extend(verified);
    all.extend(settings.env.clone());
    let workload = Workload {
        name,
        component: "migrations",
        env: service::with_address(all, settings),
        files: authority.into_iter().collect(),
        drain: 0,
        ..of.clone()
    };
    let mut template = workload.template();
    run_once(&mut template, of.name);
    let spec = JobSpec {
        backoff_limit: Some(RETRIES),
        active_deadline_seconds: Some(DEADLINE_SECONDS),
        template,
        ..JobSpec::default()
    };
    let forced = || BTreeMap::from([("kustomize.toolkit.fluxcd.io/force".to_owned(), "enabled".to_owned())]);
    let metadata = ObjectMeta {
        annotations: of.settings.images.automation.then(forced),
        ..meta::named(of.settings, name, name)
    };
    Job { metadata, spec: Some(spec), status: None }
}

/// It listens nowhere, so nothing can be asked of it; its end is what tells.
fn run_once(template: &mut PodTemplateSpec, account: &str) {
    let Some(pod) = &mut template.spec else { return };
    pod.service_account_name = Some(account.to_owned());
    pod.restart_policy = Some("Never".to_owned());
    pod.topology_spread_constraints = None;
    for container in &mut pod.containers {
        container.ports = None;
        container.startup_probe = None;
        container.liveness_probe = None;
        container.readiness_probe = None;
    }
}

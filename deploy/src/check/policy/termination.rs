//! Time to end in order.

use k8s_openapi::api::core::v1::Container;

use super::{
    super::Finding,
    Checked,
    view::{Pod, finding, plain_variables, pods},
};
use crate::{grace, object::Object, worker};

pub(super) fn termination(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in checked.objects() {
        let Object::Job(job) = object else { continue };
        if job.spec.as_ref().and_then(|spec| spec.active_deadline_seconds).is_none() {
            findings.push(finding(
                object,
                "spec.activeDeadlineSeconds",
                "without it a Job may hang for ever",
            ));
        }
    }
    for pod in pods(checked).filter(|pod| !pod.runs_once) {
        for (at, container) in pod.containers().filter(|(at, _)| at.starts_with("containers")) {
            if let Err(finding) = ends_in_order(&pod, &at, container) {
                findings.push(finding);
            }
        }
    }
    findings
}

fn ends_in_order(pod: &Pod<'_>, at: &str, container: &Container) -> Result<(), Finding> {
    let variables = plain_variables(container);
    let wrong = |variable: &str, message: &str| pod.finding(&format!("{at}.env[{variable}]"), message);
    let server = |variable: &str, usual: &str| {
        let text = variables.get(variable).map_or(usual, String::as_str);
        uptake::config::seconds(text).map(grace::whole).map_err(|error| wrong(variable, &error))
    };
    let (drain, serves_http) = if variables.contains_key("PROXY_LISTEN") {
        (grace::server(server("PROXY_GRACE_PERIOD", "35")?), true)
    } else if variables.contains_key("PAGE_LISTEN") {
        (grace::server(server("PAGE_GRACE_PERIOD", "10")?), true)
    } else {
        let config =
            worker::parse(&variables).map_err(|error| wrong("SERVICE_NAME", &format!("{error:#}")))?;
        (grace::worker(&config), false)
    };
    let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.pre_stop.as_ref());
    let sleeps = hook.and_then(|hook| hook.sleep.as_ref()).map(|sleep| sleep.seconds);
    let field = format!("{at}.lifecycle.preStop.sleep");
    if hook.is_some() && sleeps.is_none() {
        return Err(pod.finding(&field, "it must sleep: the image has no program that a hook could run"));
    }
    if serves_http && sleeps.is_none_or(|seconds| seconds < 1) {
        let message = "what serves HTTP waits until the gateway has heard that it is to end";
        return Err(pod.finding(&field, message));
    }
    let needed = drain.saturating_add(sleeps.map_or(0, |seconds| seconds.max(0).unsigned_abs()));
    let given = pod.spec.termination_grace_period_seconds.unwrap_or(30);
    if given.max(0).unsigned_abs() <= needed {
        let message = format!("{given} s are not above the {needed} s that it may take to end in order");
        return Err(pod.finding("terminationGracePeriodSeconds", &message));
    }
    Ok(())
}

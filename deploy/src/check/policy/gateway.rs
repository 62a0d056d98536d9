//! TLS, in production.

use super::{
    super::Finding,
    Checked,
    view::{finding, plain_variables, pods},
};
use crate::{object::Object, resource::gateway::Listener};

/// By this annotation cert-manager makes the certificates of a Gateway's listeners.
const ISSUER: &str = "cert-manager.io/cluster-issuer";

pub(super) fn tls(checked: Checked<'_>) -> Vec<Finding> {
    if !checked.is_production() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for object in checked.objects() {
        let Object::Gateway(gateway) = object else { continue };
        let annotations = object.metadata().annotations.as_ref();
        if !annotations.is_some_and(|all| all.contains_key(ISSUER)) {
            let message = "without it nobody makes the certificates";
            findings.push(finding(object, format!("metadata.annotations[{ISSUER}]"), message));
        }
        for (index, listener) in gateway.spec.listeners.iter().enumerate() {
            let wrong = wrong_listener(listener);
            findings.extend(wrong.map(|(field, message)| {
                finding(object, format!("spec.listeners[{index}].{field}"), message)
            }));
            if listener.protocol == "HTTP" {
                findings.extend(plain_routes(checked, object.name(), &listener.name));
            }
        }
    }
    for pod in pods(checked) {
        for (at, container) in pod.containers() {
            let url = plain_variables(container).remove("NATS_URL");
            if url.is_some_and(|url| url.split(',').any(|one| !one.trim().starts_with("tls://"))) {
                let message = "requests and passwords would go to NATS as plain text; set nats.tls";
                findings.push(pod.finding(&format!("{at}.env[NATS_URL].value"), message));
            }
        }
    }
    findings
}

fn wrong_listener(listener: &Listener) -> Option<(&'static str, &'static str)> {
    match listener.protocol.as_str() {
        "HTTP" => None,
        "HTTPS" => {
            let tls = listener.tls.clone().unwrap_or_default();
            if tls.mode != "Terminate" {
                return Some(("tls.mode", "it must be Terminate"));
            }
            tls.certificate_refs.is_empty().then_some(("tls.certificateRefs", "it has no certificate"))
        }
        _ => Some(("protocol", "it must be HTTPS, or HTTP with nothing but a redirect")),
    }
}

/// Rules that serve something over plain HTTP: those of routes that name this listener, or none.
fn plain_routes(checked: Checked<'_>, gateway: &str, listener: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in checked.objects() {
        let Object::HttpRoute(route) = object else { continue };
        let names = |section: &str| section.is_empty() || section == listener;
        if !route.spec.parent_refs.iter().any(|one| one.name == gateway && names(&one.section_name)) {
            continue;
        }
        for (index, rule) in route.spec.rules.iter().enumerate() {
            let redirects = rule.filters.iter().any(|filter| {
                filter.request_redirect.as_ref().is_some_and(|redirect| redirect.scheme == "https")
            });
            if !redirects || !rule.backend_refs.is_empty() {
                let message = format!("it is served over plain HTTP, by the listener {listener:?}");
                findings.push(finding(object, format!("spec.rules[{index}]"), message));
            }
        }
    }
    findings
}

//! Where secrets are, and who reads them.

use std::collections::BTreeSet;

use super::{
    super::Finding,
    Checked,
    view::{Pod, finding, pods},
};
use crate::{object::Object, render::NATS_CERTIFICATE};

/// Words in names of what is secret.
const SECRET_WORDS: [&str; 7] = ["PASSWORD", "PASSWD", "TOKEN", "SECRET", "KEY", "CREDENTIALS", "PASSPHRASE"];
/// What ends the name of something that only says where a secret is.
const PLACES: [&str; 3] = ["_FILE", "_DIR", "_PATH"];

pub(super) fn no_object(checked: Checked<'_>) -> Vec<Finding> {
    let secrets = checked.objects().filter(|object| matches!(object, Object::Secret(_)));
    secrets
        .map(|object| finding(object, "data", "make Secrets in the cluster, or by a store of secrets"))
        .collect()
}

pub(super) fn no_value(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked) {
        for (at, container) in pod.containers() {
            for variable in container.env.iter().flatten() {
                let value = variable.value.as_deref().unwrap_or_default();
                if !value.is_empty() && (is_secret_name(&variable.name) || has_password(value)) {
                    let field = format!("{at}.env[{}].value", variable.name);
                    findings.push(pod.finding(&field, "it is a secret; name a file from a Secret instead"));
                }
            }
            for (list, words) in [("args", &container.args), ("command", &container.command)] {
                for (index, _) in words.iter().flatten().enumerate().filter(|(_, word)| has_password(word)) {
                    let message = "it has a password; name a file from a Secret instead";
                    findings.push(pod.finding(&format!("{at}.{list}[{index}]"), message));
                }
            }
        }
    }
    for object in checked.objects() {
        let Object::ConfigMap(map) = object else { continue };
        for (name, value) in map.data.iter().flatten() {
            if has_password(value) || is_secret_name(name) {
                findings.push(finding(object, format!("data[{name}]"), "it is a secret"));
            }
        }
    }
    findings
}

/// Whether a variable of this name has a secret in it.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_place = PLACES.iter().any(|end| name.ends_with(end));
    !is_place && name.split(['_', '-', '.']).any(|word| SECRET_WORDS.contains(&word))
}

/// Whether a text has a URL with a password in it.
fn has_password(text: &str) -> bool {
    text.split(|at: char| at.is_whitespace() || at == ',').any(|word| {
        let Some((_, rest)) = word.split_once("://") else { return false };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
    })
}

pub(super) fn known(checked: Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in pods(checked) {
        let known = known_to(checked, &pod);
        let unknown = |name: &str| format!("Secret {name:?} is none that this workload is to read");
        for (index, volume) in pod.spec.volumes.iter().flatten().enumerate() {
            let name = volume.secret.as_ref().and_then(|secret| secret.secret_name.as_deref());
            if let Some(name) = name.filter(|name| !known.contains(*name)) {
                let field = format!("volumes[{index}].secret.secretName");
                findings.push(pod.finding(&field, &unknown(name)));
            }
            let items = volume
                .secret
                .as_ref()
                .map(|secret| secret.items.as_ref().is_some_and(|items| !items.is_empty()));
            if items == Some(false) {
                let message = "name the keys: a certificate's Secret has its private key, too";
                findings.push(pod.finding(&format!("volumes[{index}].secret.items"), message));
            }
        }
        for (at, container) in pod.containers() {
            for variable in container.env.iter().flatten() {
                let reference = variable.value_from.as_ref().and_then(|from| from.secret_key_ref.as_ref());
                if let Some(one) = reference.filter(|one| !known.contains(one.name.as_str())) {
                    let field = format!("{at}.env[{}].valueFrom.secretKeyRef.name", variable.name);
                    findings.push(pod.finding(&field, &unknown(&one.name)));
                }
            }
            if container.env_from.as_ref().is_some_and(|all| !all.is_empty()) {
                findings.push(pod.finding(&format!("{at}.envFrom"), "name each variable"));
            }
        }
    }
    findings
}

/// The Secrets that a workload may read.
fn known_to(checked: Checked<'_>, pod: &Pod<'_>) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    if checked.settings.nats.tls {
        known.insert(NATS_CERTIFICATE.to_owned());
    }
    let workload = pod.labels.get("app.kubernetes.io/name").map(String::as_str).unwrap_or_default();
    if workload == "http-to-nats-proxy" {
        let own = ["nats-user-proxy", "nats-user-operator", "uptake-job-secret", "uptake-console"];
        known.extend(own.map(str::to_owned));
    }
    let service = workload.strip_suffix("-migrate").unwrap_or(workload);
    if let Some(settings) = checked.settings.services.get(service) {
        known.insert(format!("nats-user-{service}"));
        if let Some(database) = &settings.database {
            known.extend(["app", "ca"].map(|what| format!("{database}-{what}")));
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::{has_password, is_secret_name};

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["NATS_PASSWORD", "AUTH_TOKEN", "secret", "AWS_SECRET_ACCESS_KEY", "api.key"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["NATS_PASSWORD_FILE", "MONKEY", "PROXY_BUDGET", "KEYBOARD"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_url_with_a_password_is_a_secret() {
        for text in ["postgres://u:p@host/db", "nats://a:b@c:4222,nats://d", "--url postgres://u:p@h"] {
            assert!(has_password(text), "{text}");
        }
        for text in
            ["postgres://u@host/db", "nats://nats:4222", "sqlite:///data/x.db", "a:b@c", "http://u:@h"]
        {
            assert!(!has_password(text), "{text}");
        }
    }
}

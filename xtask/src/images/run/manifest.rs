//! What `deploy render` says of containers: image, arguments, variables, limits, volumes and what they may.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

/// A container as its manifest wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    /// Of its Deployment.
    pub(super) name: String,
    /// One of ours, without registry and tag.
    pub(super) image: String,
    pub(super) arguments: Vec<String>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) may: May,
    /// Most octets of memory.
    pub(super) memory: Option<u64>,
    /// Most processor time, in thousandths of a processor.
    pub(super) cpu: Option<u64>,
    pub(super) mounts: Vec<Mount>,
}

/// What a container may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct May {
    pub(super) user: Option<u64>,
    pub(super) write_root: bool,
    pub(super) gain_privileges: bool,
    pub(super) have_capabilities: bool,
    /// Whether the runtime's list of system calls does not apply.
    pub(super) call_anything: bool,
}

impl May {
    /// What holds, in few words.
    pub(super) fn told(&self) -> String {
        let user = self.user.map_or_else(|| "any user".to_owned(), |user| format!("user {user}"));
        let or = |allowed: bool, held: &'static str, not: &'static str| if allowed { not } else { held };
        [
            user.as_str(),
            or(self.write_root, "read-only root", "root may be written"),
            or(self.have_capabilities, "no capabilities", "capabilities"),
            or(self.gain_privileges, "no new privileges", "new privileges"),
            or(self.call_anything, "seccomp", "no seccomp"),
        ]
        .join(", ")
    }
}

/// A folder in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) path: String,
    pub(super) read_only: bool,
    pub(super) source: Source,
}

/// Where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A folder that is empty at first: of the pod, or a volume.
    Empty,
    /// A Secret.
    Secret(String),
}

/// The containers of all Deployments and StatefulSets among some objects.
///
/// # Errors
///
/// When one asks for what cannot be had here, or is none.
pub(super) fn containers(objects: &[Value]) -> Result<Vec<Container>> {
    let workloads = objects
        .iter()
        .filter(|object| [Some("Deployment"), Some("StatefulSet")].contains(&object["kind"].as_str()));
    workloads
        .map(|object| {
            let name = object["metadata"]["name"].as_str().context("a workload without a name")?;
            container(name, object).with_context(|| format!("the manifest of {name}"))
        })
        .collect()
}

fn container(name: &str, object: &Value) -> Result<Container> {
    let pod = &object["spec"]["template"]["spec"];
    let containers = pod["containers"].as_array().context("no containers")?;
    ensure!(containers.len() == 1, "{} containers: one is run here", containers.len());
    let container = &containers[0];
    for (place, name) in [(container, "command"), (container, "envFrom"), (pod, "initContainers")] {
        ensure!(place[name].is_null(), "nothing here knows what to do with {name}");
    }
    let limits = &container["resources"]["limits"];
    let quantity = |name: &str| limits[name].as_str().map(thousandths).transpose();
    Ok(Container {
        name: name.to_owned(),
        image: image(container["image"].as_str().context("no image")?).to_owned(),
        arguments: texts(&container["args"])?,
        variables: variables(name, container)?,
        may: may(pod, container)?,
        memory: quantity("memory")?.map(|octets| octets / 1_000),
        cpu: quantity("cpu")?,
        mounts: mounts(object, pod, container)?,
    })
}

/// `name` of `registry/path/name:tag` and `registry/path/name@sha256:…`.
fn image(reference: &str) -> &str {
    let last = reference.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

fn texts(list: &Value) -> Result<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned).context("an argument that is no text");
    list.as_array().into_iter().flatten().map(text).collect()
}

fn variables(pod: &str, container: &Value) -> Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for variable in container["env"].as_array().into_iter().flatten() {
        let name = variable["name"].as_str().context("a variable without a name")?;
        let value = match (&variable["value"], &variable["valueFrom"]["fieldRef"]["fieldPath"]) {
            (Value::String(value), _) => value.clone(),
            // Of what the cluster would say, only who it is can be told here.
            (Value::Null, Value::String(_)) => pod.to_owned(),
            (Value::Null, Value::Null) if variable["valueFrom"].is_null() => String::new(),
            _ => bail!("{name}: nothing here can say {}", variable["valueFrom"]),
        };
        variables.insert(name.to_owned(), value);
    }
    Ok(variables)
}

/// The container's own word counts before the pod's.
fn may(pod: &Value, container: &Value) -> Result<May> {
    let (of_pod, own) = (&pod["securityContext"], &container["securityContext"]);
    let said = |name: &str| if own[name].is_null() { &of_pod[name] } else { &own[name] };
    let user = said("runAsUser").as_u64();
    ensure!(user.is_some() || said("runAsNonRoot") != true, "runAsNonRoot needs runAsUser to be held here");
    let capabilities = &own["capabilities"];
    let dropped = capabilities["drop"].as_array().is_some_and(|drop| drop.iter().any(|name| name == "ALL"));
    Ok(May {
        user,
        write_root: own["readOnlyRootFilesystem"] != true,
        gain_privileges: own["allowPrivilegeEscalation"] != false,
        have_capabilities: !dropped || capabilities["add"].as_array().is_some_and(|add| !add.is_empty()),
        call_anything: said("seccompProfile")["type"] != "RuntimeDefault",
    })
}

fn mounts(object: &Value, pod: &Value, container: &Value) -> Result<Vec<Mount>> {
    let templates = object["spec"]["volumeClaimTemplates"].as_array();
    let mount = |mount: &Value| {
        let name = &mount["name"];
        let named = |volume: &&Value| volume["name"] == *name;
        let volume = pod["volumes"].as_array().into_iter().flatten().find(named).unwrap_or(&Value::Null);
        let claimed = templates.into_iter().flatten().any(|claim| claim["metadata"]["name"] == *name);
        let source =
            match (&volume["secret"]["secretName"], &volume["emptyDir"], &volume["persistentVolumeClaim"]) {
                (Value::String(secret), ..) => Source::Secret(secret.clone()),
                (_, Value::Object(_), _) | (.., Value::Object(_)) => Source::Empty,
                _ if claimed => Source::Empty,
                _ => bail!("nothing here is the volume {name}"),
            };
        let path = mount["mountPath"].as_str().context("a mount without a path")?.to_owned();
        ensure!(mount["subPath"].is_null(), "{path}: no part of a volume can be mounted here");
        let read_only = mount["readOnly"] == true || matches!(source, Source::Secret(_));
        Ok(Mount { path, read_only, source })
    };
    container["volumeMounts"].as_array().into_iter().flatten().map(mount).collect()
}

/// A quantity of Kubernetes, times 1,000
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).
fn thousandths(quantity: &str) -> Result<u64> {
    let end = quantity.find(|character: char| !character.is_ascii_digit()).unwrap_or(quantity.len());
    let (number, unit) = quantity.split_at(end);
    let factor = match unit {
        "m" => 1,
        "" => 1_000,
        "k" => 1_000_000,
        "M" => 1_000_000_000,
        "G" => 1_000_000_000_000,
        "Ki" => 1_000 << 10,
        "Mi" => 1_000 << 20,
        "Gi" => 1_000 << 30,
        _ => bail!("{quantity:?} is no quantity that is known here"),
    };
    let number: u64 = number.parse().with_context(|| format!("{quantity:?} is no quantity"))?;
    number.checked_mul(factor).with_context(|| format!("{quantity:?} is too much"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment() -> Value {
        json!({
            "kind": "Deployment",
            "metadata": {"name": "rating-service"},
            "spec": {"template": {"spec": {
                "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{
                    "image": "registry.example.com:5000/uptake/rating-service@sha256:00",
                    "args": ["--seed-example-data"],
                    "env": [
                        {"name": "NATS_URL", "value": "nats://nats:4222"},
                        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    ],
                    "securityContext": {
                        "readOnlyRootFilesystem": true,
                        "allowPrivilegeEscalation": false,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}},
                    "volumeMounts": [
                        {"name": "data", "mountPath": "/data"},
                        {"name": "user", "mountPath": "/nats", "readOnly": true},
                    ],
                }],
                "volumes": [
                    {"name": "data", "persistentVolumeClaim": {"claimName": "x"}},
                    {"name": "user", "secret": {"secretName": "nats-user-rating-service"}},
                ],
            }}},
        })
    }

    fn changed(path: &str, value: Value) -> Result<Container> {
        let mut object = deployment();
        *object.pointer_mut(path).unwrap() = value;
        Ok(containers(&[object])?.remove(0))
    }

    const OWN: &str = "/spec/template/spec/containers/0";

    #[test]
    fn a_deployment_tells_how_its_container_is_run() {
        let objects = [json!({"kind": "Service", "metadata": {"name": "x"}}), deployment()];
        let secret = Source::Secret("nats-user-rating-service".to_owned());
        assert_eq!(
            containers(&objects).unwrap(),
            [Container {
                name: "rating-service".to_owned(),
                image: "rating-service".to_owned(),
                arguments: vec!["--seed-example-data".to_owned()],
                variables: [("NATS_URL", "nats://nats:4222"), ("POD", "rating-service")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                may: May { user: Some(65532), ..May::default() },
                memory: Some(256 << 20),
                cpu: Some(500),
                mounts: vec![
                    Mount { path: "/data".to_owned(), read_only: false, source: Source::Empty },
                    Mount { path: "/nats".to_owned(), read_only: true, source: secret },
                ],
            }]
        );
    }

    #[test]
    fn what_a_manifest_does_not_forbid_is_allowed() {
        let may = |path: &str, value: Value| changed(path, value).unwrap().may;
        assert!(may(&format!("{OWN}/securityContext/readOnlyRootFilesystem"), json!(null)).write_root);
        assert!(may(&format!("{OWN}/securityContext/allowPrivilegeEscalation"), json!(null)).gain_privileges);
        assert!(may(&format!("{OWN}/securityContext/capabilities"), json!({})).have_capabilities);
        let add = json!({"drop": ["ALL"], "add": ["NET_ADMIN"]});
        assert!(may(&format!("{OWN}/securityContext/capabilities"), add).have_capabilities);
        assert!(may("/spec/template/spec/securityContext/seccompProfile", json!(null)).call_anything);
        assert_eq!(may("/spec/template/spec/securityContext", json!({})).user, None);
    }

    #[test]
    fn what_cannot_be_had_here_is_an_error_and_not_left_out() {
        for (path, value) in [
            ("/volumes", json!([])),
            ("/containers", json!([{}, {}])),
            ("/containers/0/command", json!(["sh"])),
            ("/initContainers", json!([{}])),
            ("/containers/0/env/1/valueFrom", json!({"secretKeyRef": {}})),
            ("/containers/0/resources/limits/memory", json!("1Zi")),
            ("/containers/0/volumeMounts/0/subPath", json!("x")),
            ("/securityContext/runAsUser", json!(null)),
        ] {
            let mut object = deployment();
            let (parent, last) = path.rsplit_once('/').unwrap();
            object.pointer_mut(&format!("/spec/template/spec{parent}")).unwrap()[last] = value;
            assert!(containers(&[object]).is_err(), "{path}");
        }
    }

    #[test]
    fn quantities_are_read_as_kubernetes_means_them() {
        for (quantity, wanted) in
            [("250m", 250), ("2", 2_000), ("64Mi", 67_108_864_000), ("1G", 1_000_000_000_000)]
        {
            assert_eq!(thousandths(quantity).unwrap(), wanted, "{quantity}");
        }
        for wrong in ["", "m", "1.5", "-1", "1 Gi", "99999999999999999G"] {
            assert!(thousandths(wrong).is_err(), "{wrong}");
        }
    }
}

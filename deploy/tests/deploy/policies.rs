//! Every policy is broken once, by what an operator could write into an overlay; what is found then is just that.

use std::collections::BTreeSet;

use deploy::{
    check::{
        check,
        policy::{Checked, POLICIES},
    },
    component::Component,
    object::Object,
    render::{Rendered, render},
};
use serde_json::{Value, json};

use super::overlay;

/// What is changed.
enum Change {
    /// Operations on an object: kind, name, RFC 6902.
    Patch(&'static str, &'static str, Value),
    /// Another object.
    Add(Value),
}
use Change::{Add, Patch};

/// A policy, the overlay that is changed, the change, and object and fields of what is found.
struct Row(&'static str, &'static str, Change, &'static str, &'static str);

const PROXY: &str = "http-to-nats-proxy";
const POD: &str = "/spec/template/spec";

fn remove(path: &str) -> Value {
    json!([{"op": "remove", "path": path}])
}

fn put(path: &str, value: Value) -> Value {
    let mut operation = json!({"op": "add", "path": path});
    operation["value"] = value;
    Value::Array(vec![operation])
}

/// A field of the only container, as a pointer.
fn container(field: &str) -> String {
    format!("{POD}/containers/0/{field}")
}

fn deployment(ops: Value) -> Change {
    Patch("Deployment", PROXY, ops)
}

#[rustfmt::skip]
fn of_pods() -> Vec<Row> {
    let sc = container("securityContext");
    vec![
        Row("non-root", "prod", deployment(remove("/spec/template/spec/securityContext/runAsNonRoot")),
            "Deployment http-to-nats-proxy", "spec.template.spec.securityContext.runAsNonRoot"),
        Row("non-root", "dev", deployment(put(&format!("{sc}/runAsUser"), json!(0))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].securityContext.runAsUser"),
        Row("read-only-root", "prod", deployment(remove(&format!("{sc}/readOnlyRootFilesystem"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem"),
        Row("no-privilege-escalation", "prod", deployment(put(&format!("{sc}/privileged"), json!(true))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].securityContext.privileged"),
        Row("no-privilege-escalation", "dev", deployment(remove(&format!("{sc}/allowPrivilegeEscalation"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation"),
        Row("no-capabilities", "prod", deployment(put(&format!("{sc}/capabilities/add"), json!(["NET_ADMIN"]))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].securityContext.capabilities.add"),
        Row("no-capabilities", "dev", deployment(remove(&format!("{sc}/capabilities"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].securityContext.capabilities.drop"),
        Row("seccomp", "aks", deployment(remove("/spec/template/spec/securityContext/seccompProfile")),
            "Deployment http-to-nats-proxy", "spec.template.spec.securityContext.seccompProfile.type"),
        Row("seccomp", "prod", Patch("GatewayParameters", "uptake", remove("/spec/kube/podTemplate/securityContext/seccompProfile")),
            "GatewayParameters uptake", "spec.kube.podTemplate.securityContext.seccompProfile.type"),
        Row("no-token", "prod", Patch("Job", "rating-service-migrate", remove("/spec/template/spec/automountServiceAccountToken")),
            "Job rating-service-migrate", "spec.template.spec.automountServiceAccountToken"),
        Row("no-token", "prod", Patch("ServiceAccount", "hello", remove("/automountServiceAccountToken")),
            "ServiceAccount hello", "automountServiceAccountToken"),
        Row("no-host", "prod", deployment(put("/spec/template/spec/hostNetwork", json!(true))),
            "Deployment http-to-nats-proxy", "spec.template.spec.hostNetwork"),
        Row("no-host", "prod", deployment(put("/spec/template/spec/volumes/-", json!({"name": "x", "hostPath": {"path": "/"}}))),
            "Deployment http-to-nats-proxy", "spec.template.spec.volumes[5].hostPath"),
        Row("no-host", "prod", deployment(put(&container("ports/0/hostPort"), json!(80))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].ports[0].hostPort"),
        Row("pod-security", "prod", Patch("Namespace", "uptake", put("/metadata/labels/pod-security.kubernetes.io~1enforce", json!("privileged"))),
            "Namespace uptake", "metadata.labels[pod-security.kubernetes.io/enforce]"),
        Row("pod-security", "prod", Patch("PodDisruptionBudget", PROXY, put("/metadata/namespace", json!("default"))),
            "PodDisruptionBudget http-to-nats-proxy", "metadata.namespace"),
        Row("probes", "prod", deployment(remove(&container("startupProbe"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].startupProbe"),
        Row("probes", "prod", deployment(put(&container("livenessProbe/httpGet/path"), json!("/readyz"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].livenessProbe.httpGet.path"),
        Row("probes", "prod", deployment(put(&container("readinessProbe/httpGet/port"), json!("other"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].readinessProbe.httpGet.port"),
        Row("resources", "prod", deployment(remove(&container("resources/limits/memory"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].resources.limits.memory"),
        Row("disruption-budget", "dev", Patch("Deployment", "frontend", put("/spec/replicas", json!(2))),
            "Deployment frontend", "spec.replicas"),
        Row("disruption-budget", "prod", Patch("PodDisruptionBudget", PROXY, put("/spec/maxUnavailable", json!("50%"))),
            "PodDisruptionBudget http-to-nats-proxy", "spec.maxUnavailable"),
        Row("disruption-budget", "prod", Patch("PodDisruptionBudget", PROXY, remove("/spec/unhealthyPodEvictionPolicy")),
            "PodDisruptionBudget http-to-nats-proxy", "spec.unhealthyPodEvictionPolicy"),
        Row("spread", "prod", deployment(remove("/spec/template/spec/topologySpreadConstraints/0")),
            "Deployment http-to-nats-proxy", "spec.template.spec.topologySpreadConstraints"),
        Row("termination", "prod", deployment(put("/spec/template/spec/terminationGracePeriodSeconds", json!(41))),
            "Deployment http-to-nats-proxy", "spec.template.spec.terminationGracePeriodSeconds"),
        Row("termination", "prod", deployment(remove(&container("lifecycle"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].lifecycle.preStop.sleep"),
        Row("termination", "prod", Patch("Deployment", "rating-service", remove("/spec/template/spec/terminationGracePeriodSeconds")),
            "Deployment rating-service", "spec.template.spec.terminationGracePeriodSeconds"),
        Row("termination", "prod", Patch("Job", "rating-service-migrate", remove("/spec/activeDeadlineSeconds")),
            "Job rating-service-migrate", "spec.activeDeadlineSeconds"),
        Row("images", "prod", deployment(put(&container("image"), json!("registry.example.com/uptake/http-to-nats-proxy:v1"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].image"),
        Row("images", "dev", deployment(put(&container("image"), json!("localhost:5050/uptake/http-to-nats-proxy"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].image"),
    ]
}

#[rustfmt::skip]
fn of_the_network() -> Vec<Row> {
    vec![
        Row("default-deny", "prod", Patch("NetworkPolicy", "default-deny", remove("/spec/policyTypes/1")),
            "NetworkPolicy default-deny", "spec.policyTypes"),
        Row("default-deny", "prod", Patch("NetworkPolicy", "default-deny", put("/spec/podSelector/matchLabels", json!({"app.kubernetes.io/name": "hello"}))),
            "Namespace uptake", "metadata.name"),
        Row("closed-network", "prod", Patch("NetworkPolicy", "frontend", put("/spec/egress", json!([{"ports": [{"port": 443}]}]))),
            "NetworkPolicy frontend", "spec.egress[0].to"),
        Row("closed-network", "prod", Patch("NetworkPolicy", PROXY, put("/spec/egress/-", json!({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]}))),
            "NetworkPolicy http-to-nats-proxy", "spec.egress[2].to[0].ipBlock.cidr"),
        Row("closed-network", "prod", Patch("NetworkPolicy", PROXY, put("/spec/ingress/0/from/0", json!({"namespaceSelector": {}}))),
            "NetworkPolicy http-to-nats-proxy", "spec.ingress[0].from[0].namespaceSelector"),
        Row("closed-network", "prod", Patch("NetworkPolicy", "nats", remove("/spec/ingress/0/ports")),
            "NetworkPolicy nats", "spec.ingress[0].ports"),
        Row("tls", "prod", deployment(json!([{"op": "replace", "path": "/spec/template/spec/containers/0/env/3/value", "value": "nats://nats:4222"}])),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].env[NATS_URL].value"),
        Row("tls", "aks", Patch("Gateway", "uptake", remove("/metadata/annotations/cert-manager.io~1cluster-issuer")),
            "Gateway uptake", "metadata.annotations[cert-manager.io/cluster-issuer]"),
        Row("tls", "prod", Patch("Gateway", "uptake", remove("/spec/listeners/1/tls/certificateRefs")),
            "Gateway uptake", "spec.listeners[1].tls.certificateRefs"),
        Row("tls", "prod", Patch("HTTPRoute", "frontend", remove("/spec/parentRefs/0/sectionName")),
            "HTTPRoute frontend", "spec.rules[0] and spec.rules[1]"),
        Row("tls", "prod", Patch("HTTPRoute", "https-redirect", put("/spec/rules/0", json!({"backendRefs": [{"name": "frontend", "port": 8080}]}))),
            "HTTPRoute https-redirect", "spec.rules[0]"),
    ]
}

#[rustfmt::skip]
fn of_secrets_and_references() -> Vec<Row> {
    vec![
        Row("no-secret-object", "prod", Add(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "added", "namespace": "uptake"}, "stringData": {"a": "b"}})),
            "Secret added", "data"),
        Row("no-secret-value", "prod", deployment(put(&container("env/-"), json!({"name": "API_TOKEN", "value": "hunter2"}))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].env[API_TOKEN].value"),
        Row("no-secret-value", "prod", deployment(put(&container("args"), json!(["--nats-url", "nats://a:b@nats:4222"]))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].args[1]"),
        Row("no-secret-value", "prod", Add(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "added", "namespace": "uptake"}, "data": {"url": "postgres://u:p@db/x"}})),
            "ConfigMap added", "data[url]"),
        Row("known-secrets", "prod", Patch("Deployment", "rating-service", put("/spec/template/spec/volumes/0/secret/secretName", json!("nats-user-operator"))),
            "Deployment rating-service", "spec.template.spec.volumes[0].secret.secretName"),
        Row("known-secrets", "prod", Patch("Deployment", "rating-service", remove("/spec/template/spec/volumes/1/secret/items")),
            "Deployment rating-service", "spec.template.spec.volumes[1].secret.items"),
        Row("known-secrets", "prod", deployment(put(&container("envFrom"), json!([{"secretRef": {"name": "nats-user-proxy"}}]))),
            "Deployment http-to-nats-proxy", "spec.template.spec.containers[0].envFrom"),
        Row("selectors", "prod", Patch("NetworkPolicy", "frontend", put("/spec/podSelector/matchLabels", json!({"app.kubernetes.io/name": "fronted"}))),
            "NetworkPolicy frontend", "spec.podSelector"),
        Row("selectors", "prod", Patch("NetworkPolicy", PROXY, put("/spec/ingress/0/from/0/podSelector/matchLabels", json!({"app": "gateway"}))),
            "NetworkPolicy http-to-nats-proxy", "spec.ingress[0].from[0].podSelector"),
        Row("selectors", "prod", deployment(put("/spec/selector/matchLabels", json!({"app": "proxy"}))),
            "Deployment http-to-nats-proxy", "spec.selector"),
        Row("references", "prod", deployment(put("/spec/template/spec/serviceAccountName", json!("other"))),
            "Deployment http-to-nats-proxy", "spec.template.spec.serviceAccountName"),
        Row("references", "dev", Patch("Deployment", "rating-service", put("/spec/template/spec/volumes/1/persistentVolumeClaim/claimName", json!("other"))),
            "Deployment rating-service", "spec.template.spec.volumes[1].persistentVolumeClaim.claimName"),
        Row("references", "prod", Patch("Service", PROXY, put("/spec/ports/0/targetPort", json!(80))),
            "Service http-to-nats-proxy", "spec.ports[0].targetPort"),
        Row("references", "prod", Patch("Gateway", "uptake", put("/spec/infrastructure/parametersRef/name", json!("other"))),
            "Gateway uptake", "spec.infrastructure.parametersRef.name"),
        Row("one-writer", "dev", Patch("Deployment", "rating-service", put("/spec/strategy/type", json!("RollingUpdate"))),
            "Deployment rating-service", "spec.strategy.type"),
        Row("references", "prod", Patch("HTTPRoute", "frontend", put("/spec/rules/0/backendRefs/0/port", json!(80))),
            "HTTPRoute frontend", "spec.rules[0].backendRefs[0]"),
        Row("references", "prod", Patch("ScaledObject", "rating-service", put("/spec/scaleTargetRef/name", json!("rating"))),
            "ScaledObject rating-service", "spec.scaleTargetRef.name"),
        Row("selectors", "prod", Patch("PodMonitor", "frontend", put("/spec/selector/matchLabels", json!({"app": "frontend"}))),
            "PodMonitor frontend", "spec.selector"),
        Row("images", "prod", Patch("Cluster", "rating-service-db", put("/spec/imageName", json!("ghcr.io/cloudnative-pg/postgresql:18"))),
            "Cluster rating-service-db", "spec.imageName"),
        Row("explicit-streams", "prod", Patch("Stream", "uptake-call-rating-service", remove("/spec/storage")),
            "Stream uptake-call-rating-service", "spec.storage"),
        Row("explicit-streams", "prod", Patch("Stream", "uptake-job-rating-service", put("/spec/noAck", json!(true))),
            "Stream uptake-job-rating-service", "spec.noAck"),
        Row("explicit-acks", "prod", Patch("Consumer", "uptake-call-rating-service-workers", remove("/spec/ackWait")),
            "Consumer uptake-call-rating-service-workers", "spec.ackWait"),
        Row("explicit-acks", "dev", Patch("Consumer", "uptake-job-rating-service-workers", remove("/spec/ackPolicy")),
            "Consumer uptake-job-rating-service-workers", "spec.ackPolicy"),
        Row("fallback", "prod", Patch("ScaledObject", "rating-service", remove("/spec/fallback")),
            "ScaledObject rating-service", "spec.fallback"),
    ]
}

fn changed(name: &str, change: &Change) -> (deploy::settings::Settings, Vec<Rendered>) {
    // All services, also those that only one of the overlays has.
    let hello = "services.hello={prefixes: [/hello], scaling: {min: 1, max: 3}, permits: 64, limits: {cpu: 50m, cpuLimit: 1, memory: 128Mi}}";
    let mut settings = overlay(name, &[hello]).unwrap();
    if let Patch(kind, name, operations) = change {
        let patch = json!({"target": {"kind": kind, "name": name}, "patch": operations});
        settings.patches.push(serde_json::from_value(patch).unwrap());
    }
    let mut rendered = render(&settings).unwrap();
    if let Add(object) = change {
        let object = Object::from_value(object.clone()).unwrap();
        rendered.push(Rendered { component: Component::Namespace, object });
    }
    (settings, rendered)
}

#[test]
fn all_overlays_hold() {
    for name in ["dev", "prod", "aks"] {
        let settings = overlay(name, &[]).unwrap();
        let rendered = render(&settings).unwrap();
        assert_eq!(check(&settings, &rendered, None).unwrap(), [], "{name}");
    }
}

#[test]
fn each_broken_policy_is_found_with_object_and_field_and_nothing_else_is() {
    let mut broken = BTreeSet::new();
    for Row(policy, name, change, object, field) in
        of_pods().into_iter().chain(of_the_network()).chain(of_secrets_and_references())
    {
        let (settings, rendered) = changed(name, &change);
        let of = |findings: Vec<deploy::check::Finding>| -> Vec<(String, String)> {
            findings.into_iter().map(|one| (one.object, one.field)).collect()
        };
        let expected: Vec<_> =
            field.split(" and ").map(|field| (object.to_owned(), field.to_owned())).collect();
        assert_eq!(of(check(&settings, &rendered, None).unwrap()), expected, "{policy} {object} {field}");
        let own = POLICIES.iter().find(|one| one.name == policy).unwrap();
        assert_eq!(
            of((own.check)(Checked { settings: &settings, rendered: &rendered })),
            expected,
            "{policy}"
        );
        broken.insert(policy);
    }
    let all: BTreeSet<_> = POLICIES.iter().map(|policy| policy.name).collect();
    assert_eq!(broken, all, "every policy is broken by one of the rows");
    assert_eq!(all.len(), POLICIES.len(), "names are different");
}

#[test]
fn operators_find_all_policies_in_the_documents() {
    let path = test_support::tools::workspace_root().join("docs/operations.md");
    let text = std::fs::read_to_string(path).unwrap();
    let table: Vec<_> =
        POLICIES.iter().map(|policy| format!("| `{}` | {} |\n", policy.name, policy.about)).collect();
    assert!(
        text.contains(&table.concat()),
        "docs/operations.md, On Kubernetes: policies, must have\n{}",
        table.concat()
    );
}

//! Custom resources and the definitions of their operators, from the folder that `CRD_DIR` names.

use std::path::PathBuf;

use deploy::{check::schema::Schemas, render::render};
use serde_json::{Value, json};

use super::overlay;

/// The definitions; nothing, and a word about it, where nobody has said where they are.
fn schemas() -> Option<Schemas> {
    let Some(folder) = std::env::var_os("CRD_DIR").map(PathBuf::from) else {
        eprintln!("CRD_DIR is not set: custom resources were NOT held to the schemas of their operators");
        return None;
    };
    Some(Schemas::read(&folder).unwrap())
}

fn object(overlay_name: &str, set: &[&str], title: &str) -> Value {
    let rendered = render(&overlay(overlay_name, set).unwrap()).unwrap();
    let found = rendered.iter().find(|one| one.object.title() == title);
    found.unwrap_or_else(|| panic!("{overlay_name} has no {title}")).object.to_value().unwrap()
}

/// What is found, as `field: message`.
fn found(schemas: &Schemas, object: &Value) -> Vec<String> {
    let title =
        format!("{} {}: ", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
    schemas.check(object).iter().map(|one| one.to_string().strip_prefix(&title).unwrap().to_owned()).collect()
}

#[test]
fn all_overlays_hold_to_the_schemas_and_rules_of_the_operators() {
    let Some(schemas) = schemas() else { return };
    let backup = "databases.rating-service-db.backup=s3://backups/ratings";
    for (name, set) in [
        ("dev", &[][..]),
        ("prod", &[]),
        ("aks", &[]),
        ("prod", &[backup, "frontend.host=page.example.com", "proxy.host=api.example.com"]),
        ("prod", &["frontend=null", "services.rating-service.scaling={min: 0, max: 1}"]),
    ] {
        let rendered = render(&overlay(name, set).unwrap()).unwrap();
        for one in rendered {
            let value = one.object.to_value().unwrap();
            assert_eq!(
                found(&schemas, &value),
                Vec::<String>::new(),
                "{name} {set:?} {}",
                one.object.title()
            );
        }
    }
}

#[test]
fn what_an_api_server_would_refuse_drop_or_fill_in_is_found_with_its_field() {
    let Some(schemas) = schemas() else { return };
    let consumer = "Consumer uptake-call-hello-workers";
    let removed = json!(null);
    for (title, pointer, value, says) in [
        (
            consumer,
            "/spec/ackWait",
            &removed,
            "spec.ackWait: it is left out, and the API server would say \"1ns\"",
        ),
        (
            consumer,
            "/spec/ackPolicy",
            &removed,
            "spec.ackPolicy: it is left out, and the API server would say \"none\"",
        ),
        (
            "Stream uptake-dead",
            "/spec/storage",
            &removed,
            "spec.storage: it is left out, and the API server would say \"memory\"",
        ),
        (
            "Stream uptake-dead",
            "/spec/maxMessages",
            &json!(5),
            "spec.maxMessages: the kind has no such field",
        ),
        (
            "Stream uptake-dead",
            "/spec/maxMsgs",
            &json!("5"),
            "spec.maxMsgs: \"5\" is not of type \"integer\"",
        ),
        ("Stream uptake-dead", "/spec/replicas", &json!(0), "spec.replicas: 0 is less than the minimum of 1"),
        (
            "Stream kv-uptake-jobs",
            "/spec/republish/headersOnly",
            &json!(true),
            "spec.republish.headersOnly: the kind has no",
        ),
        ("ScaledObject hello", "/spec/minReplicaCount", &json!(9), "self.minReplicaCount <= "),
        (
            "ScaledObject hello",
            "/spec/triggers/0/metadata/lag",
            &json!("1"),
            "spec.triggers[0].metadata.lag: KEDA's scaler does not read it",
        ),
        (
            "ScaledObject hello",
            "/spec/triggers/0/metadata/consumer",
            &removed,
            "spec.triggers[0].metadata.consumer: KEDA's scaler needs it",
        ),
        (
            "ScaledObject hello",
            "/spec/triggers/0/type",
            &json!("nats"),
            "spec.triggers[0].type: KEDA has no scaler",
        ),
        (
            "Gateway uptake",
            "/spec/listeners/0/tls",
            &json!({"certificateRefs": [{"name": "x"}]}),
            "tls must not be specified for protocols",
        ),
        (
            "Gateway uptake",
            "/spec/gatewayClassName",
            &removed,
            "spec: \"gatewayClassName\" is a required property",
        ),
        (
            "HTTPRoute frontend",
            "/spec/rules/0/matches/0/path/value",
            &json!("ui"),
            "value must be an absolute path",
        ),
        (
            "HTTPRoute frontend",
            "/spec/rules/0/timeouts/request",
            &json!("1 minute"),
            "spec.rules[0].timeouts.request: ",
        ),
        (
            "HTTPRoute frontend",
            "/spec/rules/0/retry",
            &json!({"attempts": 2}),
            "spec.rules[0].retry: the kind has no such field",
        ),
        (
            "PodMonitor hello",
            "/spec/podMetricsEndpoints/0/interval",
            &json!("often"),
            "spec.podMetricsEndpoints[0].interval: ",
        ),
        (
            "PrometheusRule uptake",
            "/spec/groups/0/rules/0/expr",
            &json!(true),
            "spec.groups[0].rules[0].expr: ",
        ),
    ] {
        let mut object = object("dev", &[], title);
        assert_eq!(found(&schemas, &object), Vec::<String>::new(), "{title} as it is rendered");
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = object.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => parent.remove(field),
            value => parent.insert(field.to_owned(), (*value).clone()),
        };
        let told = found(&schemas, &object);
        assert!(
            told.iter().any(|one| one.contains(says)),
            "{title} {pointer}: {told:?} does not say {says:?}"
        );
    }
}

#[test]
fn a_database_whose_settings_the_operator_refuses_is_found() {
    let Some(schemas) = schemas() else { return };
    let mut cluster = object("prod", &[], "Cluster rating-service-db");
    cluster["spec"]["imageCatalogRef"] =
        json!({"apiGroup": "postgresql.cnpg.io", "kind": "ImageCatalog", "name": "a", "major": 18});
    let told = found(&schemas, &cluster);
    assert!(told.iter().any(|one| one.contains("mutually exclusive")), "{told:?}");
}

#[test]
fn a_folder_without_definitions_or_with_two_of_a_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = || format!("{:#}", Schemas::read(folder.path()).unwrap_err());
    assert!(refused().contains("has no definition of a custom resource"));
    let definition = "kind: CustomResourceDefinition\nspec: {group: example.com, names: {kind: Thing}, versions: [{name: v1, schema: {openAPIV3Schema: {type: object}}}]}\n";
    for name in ["one.yaml", "two.yaml"] {
        std::fs::write(folder.path().join(name), definition).unwrap();
    }
    assert!(refused().contains("files define Thing"));
    std::fs::write(folder.path().join("one.yaml"), "a: [").unwrap();
    assert!(refused().contains("one.yaml"));
    assert!(format!("{:#}", Schemas::read(&folder.path().join("none")).unwrap_err()).contains("cannot read"));
}

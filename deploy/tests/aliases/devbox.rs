//! devbox.json: its schema, the aliases of the contract, and the versions.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;
use test_support::tools::workspace_root;

/// The contract: what people type.
const ALIASES: [&str; 17] = [
    "load_config",
    "create-cluster",
    "start-cluster",
    "stop-cluster",
    "delete-cluster",
    "deploy-nack",
    "deploy-gateway",
    "deploy-http-to-nats-proxy",
    "deploy-service",
    "deploy-frontend",
    "port-forward-gateway",
    "deploy-database",
    "deploy-realtime-examples",
    "deploy-observability",
    "deploy-keda",
    "deploy-all",
    "cluster-status",
];

fn document() -> Value {
    let text = fs::read_to_string(workspace_root().join("devbox.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The texts of an object at the top.
pub(crate) fn strings(name: &str) -> BTreeMap<String, String> {
    serde_json::from_value(document()[name].clone()).unwrap()
}

pub(crate) fn init_hook() -> String {
    let lines: Vec<String> = serde_json::from_value(document()["shell"]["init_hook"].clone()).unwrap();
    lines.join("\n")
}

#[test]
fn devbox_json_is_what_its_schema_wants() {
    let Some(folder) = std::env::var_os("CRD_DIR").map(PathBuf::from) else {
        eprintln!("skipped: CRD_DIR names no folder with the schema of devbox.json");
        return;
    };
    let files = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
    let mut schemas = files.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("devbox") && name.ends_with(".schema.json")
    });
    let Some(schema) = schemas.next() else {
        eprintln!("skipped: {} holds no devbox-*.schema.json", folder.display());
        return;
    };
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<_> = validator.iter_errors(&document()).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    // The schema is one that refuses.
    let mut wrong = document();
    wrong["alias"] = Value::from("no such key");
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn every_alias_is_an_alias_a_script_a_command_and_in_the_readme() {
    let (aliases, document) = (strings("aliases"), document());
    let readme = fs::read_to_string(workspace_root().join("README.md")).unwrap();
    for name in ALIASES {
        let command = format!("\"$DEVBOX_PROJECT_ROOT/deploy/bin/{name}\"");
        assert_eq!(aliases.get(name), Some(&command), "aliases of devbox.json");
        let script = &document["shell"]["scripts"][name];
        assert_eq!(script, &format!("{command} \"$@\""), "scripts of devbox.json: {name}");
        let file = workspace_root().join("deploy/bin").join(name);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_ne!(mode & 0o111, 0, "chmod +x deploy/bin/{name}");
        assert!(readme.contains(&format!("\n| `{name}` | ")), "{name} is not in the table of README.md");
    }
    assert_eq!(aliases.len(), ALIASES.len());
    for (script, command) in [("up", "cargo xtask up \"$@\""), ("test", "cargo xtask test \"$@\"")] {
        assert_eq!(document["shell"]["scripts"][script], command);
    }
}

#[test]
fn packages_have_the_versions_of_versions_env() {
    let versions = fs::read_to_string(workspace_root().join("deploy/versions.env")).unwrap();
    let versions: BTreeMap<_, _> = versions.lines().filter_map(|line| line.split_once('=')).collect();
    for (package, version) in document()["packages"].as_object().unwrap() {
        let version = version["version"].as_str().or(version.as_str()).unwrap();
        let name = match package.as_str() {
            "kubernetes-helm" => "HELM_VERSION".to_owned(),
            other => format!("{}_VERSION", other.to_uppercase().replace('-', "_")),
        };
        assert_eq!(versions.get(name.as_str()), Some(&version), "{package}");
    }
}

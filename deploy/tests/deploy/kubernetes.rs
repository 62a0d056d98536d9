//! Built-in kinds and the schemas of the versions of Kubernetes that the manifests are for.

use std::{fs, process::Command};

use deploy::{output, render::render};
use test_support::tools;

use super::overlay;

/// The version that versions.env names, and those next to it.
const VERSIONS: [&str; 3] = ["1.34", "1.35", "1.36"];

/// What is said of manifests, and whether they hold.
fn validate(version: &str, manifests: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifests.yaml");
    fs::write(&file, manifests).unwrap();
    let mut command: Command = tools::kubernetes_validate().unwrap();
    let output = command.args(["--strict", "--kubernetes-version", version]).arg(&file).output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.success(), text.concat())
}

#[test]
fn built_in_kinds_of_all_overlays_hold_in_three_versions_of_kubernetes() {
    for name in ["dev", "prod", "aks"] {
        let mut rendered = render(&overlay(name, &[]).unwrap()).unwrap();
        // Those of operators have schemas of their own.
        rendered.retain(|one| {
            let version = one.object.api_version();
            !version.contains('.') || version.starts_with("networking.k8s.io/")
        });
        let manifests = output::documents(&rendered).unwrap();
        for version in VERSIONS {
            let (holds, said) = validate(version, &manifests);
            assert!(holds, "{name} in {version}: {said}");
            assert_eq!(
                said.matches(" passed for resource ").count(),
                rendered.len(),
                "{name} in {version}: {said}"
            );
        }
    }
}

#[test]
fn an_unknown_field_and_a_wrong_type_are_found() {
    let mut rendered = render(&overlay("dev", &[]).unwrap()).unwrap();
    rendered.retain(|one| one.object.title() == "Deployment hello");
    let manifest = output::documents(&rendered).unwrap();
    assert!(validate("1.35", &manifest).0);
    for (right, wrong) in [
        ("readOnlyRootFilesystem:", "readonlyRootFilesystem:"),
        ("runAsNonRoot: true", "runAsNonRoot: \"yes\""),
    ] {
        let (holds, said) = validate("1.35", &manifest.replace(right, wrong));
        assert!(!holds, "{wrong}: {said}");
    }
}

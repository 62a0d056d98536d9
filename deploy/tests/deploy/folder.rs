//! `deploy check --dir`: manifests that somebody has changed.

use std::{fs, path::Path, process::Command};

use deploy::{output, render::render};

use super::overlay;

/// The overlay dev, rendered into a folder, and one of its files changed.
fn changed(file: &str, change: impl Fn(&str) -> String) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    output::write(&render(&overlay("dev", &[]).unwrap()).unwrap(), folder.path()).unwrap();
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, change(&text)).unwrap();
    check(folder.path())
}

/// Whether all holds, and what was said.
fn check(folder: &Path) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy"));
    let output = command.args(["check", "--overlay", "dev", "--dir"]).arg(folder).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), said)
}

#[test]
fn what_was_rendered_and_not_changed_holds() {
    let (holds, said) = changed("proxy.yaml", str::to_owned);
    assert!(holds && said.contains("objects hold"), "{said}");
}

/// What somebody does to a file.
type Change<'a> = &'a dyn Fn(&str) -> String;

#[test]
fn what_was_changed_is_found_in_its_place() {
    let unknown = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x}\n";
    let cases: [(&str, Change<'_>, &str); 5] = [
        (
            "proxy.yaml",
            &|text| text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
            "Deployment http-to-nats-proxy: spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem: ",
        ),
        ("other.yaml", &|_| unknown.to_owned(), "Pod x: "),
        (
            "frontend.yaml",
            &|text| text.replace("revisionHistoryLimit:", "revisionHistoryLimits:"),
            "unknown field spec.revisionHistoryLimits",
        ),
        (
            "twice.yaml",
            &|_| "apiVersion: v1\nkind: Namespace\nmetadata: {name: uptake}\n".to_owned(),
            "it is there twice",
        ),
        ("proxy.yaml", &|_| "{{ template }}: [".to_owned(), "proxy.yaml: this is no YAML"),
    ];
    for (file, change, expected) in cases {
        let (holds, said) = changed(file, change);
        assert!(!holds && said.contains(expected), "{file}: {said}");
    }
}

#[test]
fn a_folder_without_manifests_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(check(folder.path()).1.contains("there are no manifests"));
    assert!(check(&folder.path().join("none")).1.contains("cannot read"));
}

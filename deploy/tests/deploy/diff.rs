//! `deploy diff`: what differs from another overlay, or from what was rendered before.

use std::process::Command;

use deploy::{output, render::render};

use super::overlay;

/// How it ended, and what it printed.
fn diff(more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy"));
    let output = command.args(["diff", "--overlay", "dev"]).args(more).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), said)
}

#[test]
fn an_overlay_does_not_differ_from_itself_and_overlays_differ_object_by_object() {
    assert_eq!(diff(&["--with", "dev"]), (Some(0), String::new()));
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.yaml");
    std::fs::write(&own, "extends: dev\nfrontend: {replicas: 2}").unwrap();
    let (code, said) = diff(&["--with", own.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{said}");
    for line in [
        "--- Deployment frontend\n",
        "-  replicas: 2\n",
        "+  replicas: 1\n",
        "--- PodDisruptionBudget frontend\n",
    ] {
        assert!(said.contains(line), "{line} {said}");
    }
    assert!(!said.contains("hello"), "what is the same is left out: {said}");
}

#[test]
fn what_was_rendered_before_can_be_compared_with() {
    let folder = tempfile::tempdir().unwrap();
    output::write(&render(&overlay("dev", &[]).unwrap()).unwrap(), folder.path()).unwrap();
    let with = folder.path().to_str().unwrap();
    assert_eq!(diff(&["--with", with]), (Some(0), String::new()));
    let (code, said) = diff(&["--with", with, "--set", "frontend.replicas=2"]);
    assert!(
        code == Some(1) && said.contains("-  replicas: 1\n") && said.contains("+  replicas: 2\n"),
        "{said}"
    );
    std::fs::write(folder.path().join("other.yaml"), "kind: Pod").unwrap();
    let (code, said) = diff(&["--with", with]);
    assert!(code == Some(1) && said.contains("other.yaml"), "{said}");
}

//! What can be seen without running a command: faults of shell, versions outside of their file, help.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use test_support::tools::{shellcheck, workspace_root};

use crate::checkout::Checkout;

fn commands() -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace_root().join("deploy/bin")).unwrap();
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    assert!(files.len() > 15, "{files:?}");
    files
}

#[test]
fn shellcheck_finds_nothing() {
    let stand_in = workspace_root().join("deploy/tests/aliases/stand_in.sh");
    let output = Command::new(shellcheck().unwrap().path)
        .args(["--shell", "sh", "--external-sources"])
        .args(commands())
        .arg(stand_in)
        .current_dir(workspace_root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn versions_stand_in_one_file() {
    for file in commands().into_iter().chain([workspace_root().join("deploy/k3d.yaml")]) {
        let text = fs::read_to_string(&file).unwrap();
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.') {
            let numbers =
                word.trim_start_matches('v').split('.').filter(|part| part.parse::<u32>().is_ok()).count();
            assert!(
                numbers != 2 && numbers != 3,
                "{}: {word} belongs in deploy/versions.env",
                file.display()
            );
        }
    }
}

#[test]
fn versions_env_is_read_alike_by_shell_and_rust() {
    let text = fs::read_to_string(workspace_root().join("deploy/versions.env")).unwrap();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.split_once('=').unwrap();
        assert!(
            name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'),
            "{line}"
        );
        assert!(
            !value.is_empty()
                && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:/@-".contains(&byte)),
            "{line}"
        );
    }
}

#[test]
fn the_cluster_is_made_of_versions_that_are_there() {
    let versions = fs::read_to_string(workspace_root().join("deploy/versions.env")).unwrap();
    let k3d = fs::read_to_string(workspace_root().join("deploy/k3d.yaml")).unwrap();
    let variables: Vec<_> =
        k3d.split('$').skip(1).map(|rest| rest.split_whitespace().next().unwrap()).collect();
    assert_eq!(variables, ["K3S_IMAGE", "K3D_REGISTRY_IMAGE"]);
    assert!(variables.iter().all(|name| versions.contains(&format!("\n{name}="))));
}

#[test]
fn every_command_explains_itself_before_anything_else() {
    let checkout = Checkout::new();
    for file in commands() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name == "lib.sh" {
            continue;
        }
        for option in ["--help", "-h"] {
            let outcome = checkout.run(&name, &[option]);
            assert_eq!((outcome.status, outcome.calls.len()), (0, 0), "{name}: {}", outcome.stderr);
            assert!(outcome.stdout.starts_with(&format!("Usage: {name}")), "{}", outcome.stdout);
            assert!(outcome.stdout.lines().count() > 3, "{}", outcome.stdout);
        }
    }
}

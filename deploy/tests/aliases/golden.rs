//! What each alias runs, line by line: golden/*.txt. `UPDATE_GOLDEN=1` writes them anew.

use std::fmt::Write as _;
use std::fs;

use test_support::tools::workspace_root;

use crate::checkout::{Checkout, found};
use crate::shells::shells;

/// For each file what is typed, once in a cluster of development, once in one of production.
const CASES: [(&str, &[&str]); 18] = [
    (
        "load_config",
        &["load_config dev", "load_config prod --context prod-eu", "load_config aks --context aks-weu"],
    ),
    ("create-cluster", &["create-cluster", "load_config prod --context prod-eu; create-cluster --yes"]),
    ("start-cluster", &["start-cluster"]),
    ("stop-cluster", &["stop-cluster"]),
    ("delete-cluster", &["delete-cluster"]),
    ("deploy-nack", &["deploy-nack", "load_config prod --context prod-eu; deploy-nack --yes"]),
    ("deploy-gateway", &["deploy-gateway", "load_config prod --context prod-eu; deploy-gateway --yes"]),
    (
        "deploy-http-to-nats-proxy",
        &["deploy-http-to-nats-proxy", "load_config prod --context prod-eu; deploy-http-to-nats-proxy --yes"],
    ),
    (
        "deploy-service",
        &[
            "deploy-service",
            "deploy-service hello",
            "load_config prod --context prod-eu; deploy-service --yes",
        ],
    ),
    (
        "deploy-frontend",
        &[
            "deploy-frontend",
            "load_config prod --context prod-eu --values deploy/versions.env --values devbox.json; deploy-frontend --yes",
        ],
    ),
    ("port-forward-gateway", &["port-forward-gateway"]),
    ("deploy-database", &["deploy-database", "load_config prod --context prod-eu; deploy-database --yes"]),
    ("deploy-realtime-examples", &["deploy-realtime-examples || true"]),
    (
        "deploy-observability",
        &["deploy-observability", "load_config prod --context prod-eu; deploy-observability --yes"],
    ),
    ("deploy-keda", &["deploy-keda", "load_config prod --context prod-eu; deploy-keda --yes"]),
    ("deploy-all", &["deploy-all", "load_config prod --context prod-eu; deploy-all --yes"]),
    ("cluster-status", &["cluster-status"]),
    ("pin-digests", &["\"$DEVBOX_PROJECT_ROOT/deploy/bin/pin-digests\""]),
];

/// In production the operator has made them.
const SECRETS: [&str; 7] = [
    "nats-user-proxy",
    "nats-user-operator",
    "nats-user-nack",
    "nats-user-rating-service",
    "nats-user-hello",
    "uptake-job-secret",
    "uptake-console",
];

/// A laptop before the first use, or a cluster that runs.
fn checkout_for(typed: &str) -> Checkout {
    if typed == "create-cluster" {
        return Checkout::without_cluster();
    }
    let checkout = Checkout::new();
    for secret in SECRETS {
        checkout.state(&format!("secrets/{secret}"), "theirs");
    }
    checkout
}

#[test]
fn each_alias_runs_the_golden_command_lines_in_bash_dash_and_zsh() {
    for shell in shells() {
        for (name, cases) in CASES {
            let mut recorded = String::new();
            for typed in cases {
                let checkout = checkout_for(typed);
                checkout.succeed("load_config", &["dev"]);
                let outcome = shell.with_aliases(&checkout, typed);
                assert_eq!(outcome.status, 0, "{}: {typed}: {}", shell.name, outcome.stderr);
                writeln!(recorded, "$ {typed}\n{}", outcome.calls.join("\n")).unwrap();
                if name == "load_config" {
                    recorded += &fs::read_to_string(checkout.root.join(".env.current")).unwrap();
                }
            }
            let file = workspace_root().join("deploy/tests/aliases/golden").join(format!("{name}.txt"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&file, &recorded).unwrap();
            }
            let golden = fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(
                recorded, golden,
                "{}: {name} runs something else than golden/{name}.txt says (UPDATE_GOLDEN=1 writes it anew)",
                shell.name
            );
        }
    }
}

#[test]
fn every_command_has_its_golden_file() {
    for entry in fs::read_dir(workspace_root().join("deploy/bin")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(name == "lib.sh" || CASES.iter().any(|(case, _)| *case == name), "{name} is in no case");
    }
}

#[test]
fn a_dry_run_prints_what_would_be_run_and_runs_nothing() {
    for (name, _) in CASES {
        if name == "load_config" || name == "deploy-realtime-examples" {
            continue;
        }
        let checkout = if name == "create-cluster" { Checkout::without_cluster() } else { Checkout::new() };
        checkout.succeed("load_config", &["dev"]);
        let dry = checkout.succeed(name, &["--dry-run"]);
        let runs_git_only = dry.calls.iter().all(|call| call.starts_with("git "));
        assert!(runs_git_only, "{name} --dry-run ran {:?}", dry.calls);
        let real = checkout.succeed(name, &[]);
        let shown: Vec<_> = real.stderr.lines().filter_map(|line| line.strip_prefix("+ ")).collect();
        assert_eq!(dry.stdout.lines().collect::<Vec<_>>(), shown, "{name}");
    }
}

/// What only looks: a dry run leaves it out.
const QUERIES: [&str; 8] = [
    "git ",
    "docker info",
    "kubectl config ",
    "k3d cluster list ",
    " get --raw ",
    " get secret ",
    " get customresourcedefinitions ",
    "helm --kube-context k3d-uptake status ",
];

#[test]
fn what_a_dry_run_prints_can_be_typed() {
    for name in
        ["create-cluster", "deploy-all", "deploy-keda", "deploy-observability", "port-forward-gateway"]
    {
        let fresh = || {
            let checkout =
                if name == "create-cluster" { Checkout::without_cluster() } else { Checkout::new() };
            checkout.succeed("load_config", &["dev"]);
            checkout
        };
        let expected = fresh().succeed(name, &[]).calls;
        let expected: Vec<_> =
            expected.into_iter().filter(|call| !QUERIES.iter().any(|query| call.contains(query))).collect();
        let checkout = fresh();
        let printed = checkout.succeed(name, &["--dry-run"]).stdout;
        let typed = checkout.run_in(&checkout.root, &found("sh"), &["-eu"], &printed);
        assert_eq!((typed.status, typed.calls), (0, expected), "{name}: {}", typed.stderr);
    }
}

#[test]
fn a_shell_that_reads_the_file_itself_does_the_same() {
    for shell in shells() {
        let checkout = Checkout::new();
        checkout.succeed("load_config", &["dev"]);
        let expected = checkout.succeed("deploy-service", &["hello"]);
        let outcome = shell.read(&checkout, "deploy-service", &["hello"]);
        assert_eq!(
            (outcome.status, outcome.calls),
            (0, expected.calls),
            "{}: {}",
            shell.name,
            outcome.stderr
        );
    }
}

//! What is wrong is said, with a way out, and nothing is half done.

use crate::checkout::{Checkout, Outcome};

fn with_dev(checkout: Checkout) -> Checkout {
    checkout.succeed("load_config", &["dev"]);
    checkout
}

fn with_prod(checkout: Checkout) -> Checkout {
    checkout.succeed("load_config", &["prod", "--context", "prod-eu"]);
    checkout
}

/// It ended with an error that says this, and changed nothing.
#[track_caller]
fn refused(outcome: &Outcome, words: &[&str]) {
    assert_ne!(outcome.status, 0, "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "{word:?} is not in {:?}", outcome.stderr);
    }
    assert_eq!(outcome.changes(), Vec::<&String>::new());
}

/// All that need a cluster.
const ON_A_CLUSTER: [&str; 11] = [
    "deploy-nack",
    "deploy-gateway",
    "deploy-http-to-nats-proxy",
    "deploy-service",
    "deploy-frontend",
    "deploy-database",
    "deploy-observability",
    "deploy-keda",
    "deploy-all",
    "port-forward-gateway",
    "cluster-status",
];

#[test]
fn without_a_cluster_each_alias_says_create_cluster() {
    let checkout = with_dev(Checkout::without_cluster());
    for command in ON_A_CLUSTER.into_iter().chain(["start-cluster", "stop-cluster"]) {
        refused(&checkout.run(command, &[]), &[command, "there is no cluster", "'create-cluster'"]);
    }
}

#[test]
fn before_any_configuration_is_loaded_each_alias_says_load_config() {
    let checkout = Checkout::new();
    for command in ON_A_CLUSTER.into_iter().chain(["create-cluster", "delete-cluster"]) {
        refused(&checkout.run(command, &[]), &["no configuration is loaded", "'load_config dev'"]);
    }
}

#[test]
fn a_cluster_that_is_stopped_is_to_be_started() {
    let checkout = with_dev(Checkout::new());
    checkout.state("fail", "*get --raw /readyz*");
    for command in ON_A_CLUSTER {
        refused(&checkout.run(command, &[]), &["k3d-uptake", "does not answer", "'start-cluster'"]);
    }
}

#[test]
fn without_docker_nothing_is_built_or_applied() {
    let checkout = with_dev(Checkout::new());
    let commands =
        ["create-cluster", "stop-cluster", "deploy-service", "deploy-http-to-nats-proxy", "deploy-frontend"];
    checkout.state("no-daemon", "");
    for command in commands {
        refused(&checkout.run(command, &[]), &["Docker does not answer", "'docker info'"]);
    }
    checkout.forget("bin/docker");
    for command in commands {
        refused(&checkout.run(command, &[]), &["docker is not installed", "'devbox shell'"]);
    }
}

#[test]
fn each_tool_that_is_missing_is_named() {
    for (tool, command) in [
        ("kubectl", "deploy-nack"),
        ("helm", "create-cluster"),
        ("k3d", "start-cluster"),
        ("git", "deploy-frontend"),
    ] {
        let checkout = with_dev(Checkout::new());
        checkout.forget(&format!("bin/{tool}"));
        refused(&checkout.run(command, &[]), &[&format!("{tool} is not installed")]);
    }
}

#[test]
fn only_the_cluster_that_was_loaded_is_touched() {
    let checkout = with_prod(Checkout::new());
    checkout.state("current", "staging\n");
    for command in ON_A_CLUSTER.into_iter().filter(|command| *command != "port-forward-gateway") {
        refused(&checkout.run(command, &["--yes"]), &["'prod-eu'", "'staging'", "use-context prod-eu"]);
    }
    // In development the context is named in each call, whatever kubectl is set to.
    let checkout = with_dev(Checkout::new());
    checkout.state("current", "staging\n");
    let outcome = checkout.succeed("deploy-nack", &[]);
    let on_dev = |call: &&String| call.starts_with("kubectl --context k3d-uptake ");
    assert!(outcome.changes().iter().all(on_dev), "{:?}", outcome.calls);
}

#[test]
fn every_call_names_its_cluster() {
    let checkout = with_dev(Checkout::new());
    for command in ON_A_CLUSTER.into_iter().chain(["create-cluster"]) {
        for call in checkout.succeed(command, &[]).calls {
            let named = call.starts_with("kubectl --context k3d-uptake ")
                || call.starts_with("helm --kube-context k3d-uptake ")
                || call.starts_with("kubectl config ")
                || call.contains("--dry-run=client")
                || !(call.starts_with("kubectl ") || call.starts_with("helm "));
            assert!(named, "{command}: {call}");
        }
    }
}

#[test]
fn a_cluster_that_kubectl_does_not_know_is_refused() {
    let checkout = Checkout::new();
    checkout.succeed("load_config", &["aks", "--context", "gone"]);
    refused(
        &checkout.run("deploy-nack", &["--yes"]),
        &["knows no context 'gone'", "load_config aks --context"],
    );
}

#[test]
fn production_asks_before_it_changes_anything() {
    let checkout = with_prod(Checkout::new());
    checkout.state("rendered", "apiVersion: postgresql.cnpg.io/v1\n");
    for command in ON_A_CLUSTER.into_iter().filter(|command| command.starts_with("deploy-")) {
        refused(&checkout.run(command, &[]), &["'prod-eu'", "--yes"]);
    }
}

#[test]
fn production_is_not_built_started_or_deleted_from_a_laptop() {
    let checkout = with_prod(Checkout::new());
    for command in ["start-cluster", "stop-cluster", "delete-cluster", "port-forward-gateway"] {
        refused(&checkout.run(command, &[]), &["'prod' is loaded", "'load_config dev'"]);
    }
    let outcome = checkout.succeed("deploy-service", &["--yes"]);
    assert!(!outcome.calls.iter().any(|call| call.starts_with("docker")), "{:?}", outcome.calls);
}

#[test]
fn production_needs_its_secrets_first() {
    let checkout = with_prod(Checkout::new());
    checkout.state("secrets/nats-user-proxy", "theirs");
    let outcome = checkout.run("create-cluster", &["--yes"]);
    refused(&outcome, &["Secrets are missing", "nats-user-rating-service", "uptake-job-secret"]);
    assert!(!outcome.stderr.contains("nats-user-proxy"), "{}", outcome.stderr);
}

#[test]
fn production_has_the_services_and_users_that_its_settings_have() {
    let checkout = with_prod(Checkout::new());
    let rendered = "kind: Deployment\nmetadata:\n  name: orders\n---\n    name: nats-user-orders\n";
    checkout.state("rendered", rendered);
    let outcome = checkout.succeed("deploy-service", &["--yes"]);
    let waited: Vec<_> = outcome.calls.iter().filter(|call| call.contains("rollout status")).collect();
    assert!(matches!(waited[..], [one] if one.contains(" deployment/orders ")), "{waited:?}");
    assert!(outcome.calls.iter().any(|call| call.ends_with(" --only service")), "{:?}", outcome.calls);
    assert!(!outcome.calls.iter().any(|call| call.contains("delete job")), "{:?}", outcome.calls);
    let named = checkout.succeed("deploy-service", &["orders", "--yes"]).calls;
    assert!(named.iter().any(|call| call.ends_with(" --only service/orders")), "{named:?}");
    refused(&checkout.run("create-cluster", &["--yes"]), &["Secrets are missing", "nats-user-orders"]);
}

#[test]
fn another_namespace_is_refused_before_anything_is_applied() {
    let checkout = with_dev(Checkout::new());
    checkout.state("rendered", "metadata:\n  name: x\n  namespace: elsewhere\n    name: nats-user-x\n");
    for command in ["create-cluster", "deploy-nack", "deploy-gateway", "deploy-database", "deploy-keda"] {
        refused(&checkout.run(command, &[]), &["'namespace: elsewhere'", "for 'uptake'"]);
    }
}

#[test]
fn an_argument_that_nobody_understands_is_refused() {
    let checkout = with_dev(Checkout::new());
    for command in ON_A_CLUSTER {
        let outcome = checkout.run(command, &["--fast"]);
        refused(&outcome, &["does not understand '--fast'", &format!("{command} --help")]);
        assert_eq!((outcome.status, outcome.calls.len()), (2, 0));
    }
    refused(&checkout.run("deploy-gateway", &["prod"]), &["does not understand 'prod'"]);
    refused(&checkout.run("deploy-service", &["rating"]), &["no service 'rating'", "rating-service"]);
}

#[test]
fn an_unknown_configuration_leaves_the_loaded_one() {
    let checkout = with_prod(Checkout::new());
    let before = std::fs::read_to_string(checkout.root.join(".env.current")).unwrap();
    for (arguments, words) in [
        (&["staging"][..], &["'staging'", "dev, prod or aks"][..]),
        (&[], &["which configuration?"]),
        (&["prod"], &["needs the name of its cluster", "--context NAME"]),
        (&["prod", "--context"], &["--context needs a value"]),
        (&["dev", "--context", "prod-eu"], &["k3d-uptake"]),
        (&["dev", "prod"], &["'prod'"]),
        (&["prod", "--context", "x", "--values", "nowhere.yaml"], &["no file ROOT/nowhere.yaml"]),
        (&["prod", "--fast"], &["'--fast'"]),
    ] {
        refused(&checkout.run("load_config", arguments), words);
    }
    assert_eq!(std::fs::read_to_string(checkout.root.join(".env.current")).unwrap(), before);
}

#[test]
fn what_the_check_or_the_api_server_refuses_is_not_applied() {
    let checkout = with_dev(Checkout::new());
    for failing in [
        "cargo run * check *",
        "cargo run * render *",
        "*apply*--dry-run=server*",
        "*docker build*",
        "docker push*",
    ] {
        checkout.state("fail", failing);
        let outcome = checkout.run("deploy-http-to-nats-proxy", &[]);
        assert_ne!(outcome.status, 0, "{failing}");
        let applied = outcome.changes().into_iter().any(|call| call.contains(" apply "));
        assert!(!applied, "{failing}: {:?}", outcome.calls);
    }
    for command in ["deploy-keda", "deploy-observability", "deploy-database", "create-cluster"] {
        checkout.state("fail", "cargo run *");
        refused(&checkout.run(command, &[]), &["told to fail"]);
    }
}

#[test]
fn a_rollout_that_does_not_end_tells_how_to_look_and_to_go_back() {
    let checkout = with_dev(Checkout::new());
    checkout.state("fail", "*rollout status deployment/rating-service*");
    let outcome = checkout.run("deploy-all", &[]);
    assert_ne!(outcome.status, 0);
    for word in [
        "did not become ready",
        "describe pods",
        "rollout undo deployment/rating-service",
        "stopped at deploy-service",
    ] {
        assert!(outcome.stderr.contains(word), "{word:?}: {}", outcome.stderr);
    }
    assert!(
        !outcome.calls.iter().any(|call| call.contains("deployment/http-to-nats-proxy")),
        "{:?}",
        outcome.calls
    );
}

#[test]
fn what_does_not_exist_yet_is_not_deployed() {
    let checkout = with_dev(Checkout::new());
    refused(&checkout.run("deploy-realtime-examples", &[]), &["no realtime gateway", "nothing was deployed"]);
}

#[test]
fn fields_that_others_have_set_are_taken_over_only_when_asked() {
    let checkout = with_dev(Checkout::new());
    checkout.state("fail", "*apply*--dry-run=server*");
    let outcome = checkout.run("deploy-nack", &[]);
    refused(&outcome, &["did not take it", "--force-conflicts"]);
    assert!(!outcome.calls.iter().any(|call| call.contains("--force-conflicts")), "{:?}", outcome.calls);
    checkout.forget("fail");
    for command in ["deploy-nack", "deploy-all", "create-cluster"] {
        let applied = checkout.succeed(command, &["--force-conflicts"]).calls;
        let applied: Vec<_> = applied.iter().filter(|call| call.contains(" apply ")).collect();
        assert!(
            !applied.is_empty() && applied.iter().all(|call| call.contains("--force-conflicts")),
            "{applied:?}"
        );
    }
}

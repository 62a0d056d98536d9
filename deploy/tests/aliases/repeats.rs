//! Twice in a row, after a failure halfway, and from anywhere.

use std::fs;
use std::process::Command;

use crate::checkout::Checkout;

const ALL: [&str; 14] = [
    "create-cluster",
    "start-cluster",
    "deploy-nack",
    "deploy-gateway",
    "deploy-http-to-nats-proxy",
    "deploy-service",
    "deploy-frontend",
    "deploy-database",
    "deploy-observability",
    "deploy-keda",
    "deploy-all",
    "cluster-status",
    "port-forward-gateway",
    "stop-cluster",
];

#[test]
fn each_alias_can_be_run_twice_in_a_row() {
    let checkout = Checkout::without_cluster();
    for _ in 0..2 {
        checkout.succeed("load_config", &["dev"]);
    }
    for command in ALL {
        for _ in 0..2 {
            checkout.succeed(command, &[]);
        }
    }
    checkout.succeed("delete-cluster", &[]);
    let again = checkout.succeed("delete-cluster", &[]);
    assert!(again.changes().is_empty() && again.stderr.contains("there is no cluster"), "{again:?}");
}

#[test]
fn a_cluster_that_is_there_is_completed_and_not_made_again() {
    let checkout = Checkout::without_cluster();
    checkout.succeed("load_config", &["dev"]);
    checkout.state("fail", "helm * nats --repo *");
    assert_ne!(checkout.run("create-cluster", &[]).status, 0);
    checkout.forget("fail");
    let outcome = checkout.succeed("create-cluster", &[]);
    assert!(!outcome.calls.iter().any(|call| call.contains("k3d cluster create")), "{:?}", outcome.calls);
    assert!(
        outcome.calls.iter().any(|call| call.contains(" install nack ") || call.contains("--install nack "))
    );
}

#[test]
fn secrets_are_random_made_once_and_seen_by_nobody() {
    let checkout = Checkout::without_cluster();
    checkout.succeed("load_config", &["dev"]);
    let first = checkout.succeed("create-cluster", &[]);
    let names = [
        "nats-user-proxy",
        "nats-user-operator",
        "nats-user-nack",
        "nats-user-rating-service",
        "nats-user-hello",
    ];
    let names: Vec<_> = names.into_iter().chain(["uptake-job-secret", "uptake-console"]).collect();
    let made: Vec<_> = names.iter().map(|name| checkout.secret(name)).collect();
    for (name, secret) in names.iter().zip(&made) {
        let is_plain = secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(secret.len() == 49 && is_plain && secret.starts_with('p'), "{name}: {} octets", secret.len());
        assert_eq!(made.iter().filter(|other| *other == secret).count(), 1, "{name} is another's");
        let seen = format!("{first:?}").contains(secret.as_str());
        assert!(!seen, "{name} is on a command line or was printed");
    }
    checkout.succeed("create-cluster", &[]);
    let later: Vec<_> = names.iter().map(|name| checkout.secret(name)).collect();
    assert_eq!(made, later);
}

#[test]
fn aliases_work_from_any_folder_and_in_a_folder_with_spaces() {
    let plain = Checkout::new();
    plain.succeed("load_config", &["dev"]);
    let expected = plain.succeed("deploy-service", &[]).calls;
    let spaced = Checkout::named("my projects/uptake's copy");
    let elsewhere = spaced.root.parent().unwrap().join("else where");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("my values.yaml"), "").unwrap();
    let run = |command: &str, arguments: &[&str]| {
        let outcome = spaced.run_in(&elsewhere, &spaced.command(command), arguments, "");
        assert_eq!(outcome.status, 0, "{command}: {}", outcome.stderr);
        outcome
    };
    run("load_config", &["dev"]);
    assert_eq!(run("deploy-service", &[]).calls, expected);
    // What is typed elsewhere means that folder, and a dry run says where to type the rest.
    run("load_config", &["dev", "--values", "my values.yaml"]);
    let dry = run("deploy-nack", &["--dry-run"]).stdout;
    assert!(dry.starts_with("cd '"), "{dry}");
    assert!(dry.contains("else where/my values.yaml'"), "{dry}");
    assert!(
        run("deploy-nack", &[])
            .calls
            .iter()
            .any(|call| call.contains("my values.yaml' ") || call.ends_with("my values.yaml'"))
    );
}

#[test]
fn settings_of_several_files_keep_their_order() {
    let checkout = Checkout::new();
    checkout.succeed(
        "load_config",
        &["prod", "--context", "prod-eu", "--values", "devbox.json", "--values", "deploy/k3d.yaml"],
    );
    let outcome = checkout.succeed("deploy-nack", &["--yes"]);
    let render = outcome.calls.iter().find(|call| call.contains(" render ")).unwrap();
    assert!(render.contains("--values ROOT/devbox.json --values ROOT/deploy/k3d.yaml"), "{render}");
}

#[test]
fn no_two_states_of_a_checkout_share_a_tag() {
    let checkout = Checkout::new();
    checkout.succeed("load_config", &["dev"]);
    let tag = || {
        let calls = checkout.succeed("deploy-frontend", &[]).calls;
        let push = calls.iter().find(|call| call.starts_with("docker push")).unwrap().clone();
        push.rsplit_once(':').unwrap().1.to_owned()
    };
    assert_eq!(tag(), "v0.1.0-3-g0123456789ab");
    checkout.state("describe", "v0.1.0-3-g0123456789ab-dirty\n");
    checkout.state("tree", "1111111111112222\n");
    assert_eq!(tag(), "v0.1.0-3-g0123456789ab-dirty-111111111111");
    checkout.state("tree", "3333333333332222\n");
    assert_eq!(tag(), "v0.1.0-3-g0123456789ab-dirty-333333333333");
}

#[test]
fn a_database_in_a_file_needs_no_operator() {
    let checkout = Checkout::new();
    checkout.succeed("load_config", &["dev"]);
    checkout.state("rendered", "");
    let outcome = checkout.succeed("deploy-database", &[]);
    assert!(outcome.changes().is_empty(), "{:?}", outcome.calls);
    assert!(outcome.stderr.contains("no PostgreSQL"), "{}", outcome.stderr);
}

#[test]
fn the_program_itself_understands_what_the_aliases_ask_of_it() {
    let checkout = Checkout::new();
    checkout.succeed("load_config", &["dev"]);
    // The stand-in has recorded how it is called; here it is called.
    let mut asked = 0;
    for command in [
        "deploy-http-to-nats-proxy",
        "deploy-service",
        "deploy-frontend",
        "deploy-gateway",
        "deploy-nack",
        "deploy-keda",
        "deploy-observability",
    ] {
        for call in checkout.succeed(command, &[]).calls {
            let Some(arguments) = call.strip_prefix("cargo run -q -p deploy -- ") else { continue };
            let output =
                Command::new(env!("CARGO_BIN_EXE_deploy")).args(arguments.split(' ')).output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments}: {error}");
            asked += 1;
        }
    }
    assert_eq!(asked, 14);
}

#[test]
fn digests_become_settings() {
    let checkout = Checkout::new();
    let outcome = checkout.succeed("pin-digests", &[]);
    for image in ["nats", "natsReloader", "natsExporter", "nack", "postgres"] {
        assert!(outcome.stdout.contains(&format!("\n    {image}: sha256:000")), "{}", outcome.stdout);
    }
    checkout.state("fail", "docker buildx *jetstream-controller*");
    let outcome = checkout.run("pin-digests", &[]);
    assert!(
        outcome.status != 0 && outcome.stdout.is_empty() && outcome.stderr.contains("jetstream-controller"),
        "{outcome:?}"
    );
}

#[test]
fn in_production_the_operators_of_others_are_left_alone() {
    let installs = |checkout: &Checkout| {
        checkout.succeed("load_config", &["prod", "--context", "prod-eu"]);
        let commands = ["deploy-keda", "deploy-database", "deploy-observability"];
        let calls = commands.iter().flat_map(|command| checkout.succeed(command, &["--yes"]).calls);
        calls.filter(|call| call.contains(" upgrade --install ")).count()
    };
    let checkout = Checkout::new();
    assert_eq!(installs(&checkout), 3);
    // They are there, and they are ours.
    checkout.state("definitions", "");
    assert_eq!(installs(&checkout), 3);
    checkout.state("fail", "helm *status*");
    assert_eq!(installs(&checkout), 0);
}

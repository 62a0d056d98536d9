//! The commands name workloads, images, Secrets and ports: those that are rendered and built.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use test_support::tools::workspace_root;

use crate::checkout::Checkout;

/// What the program `deploy` prints.
fn deploy(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_deploy")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What follows `key` in lines of YAML.
fn values_of<'a>(yaml: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let lines =
        yaml.lines().filter_map(move |line| line.trim_start().trim_start_matches("- ").strip_prefix(key));
    lines.map(|value| value.trim().trim_matches('"'))
}

/// What all commands do on a laptop, from the first one on.
fn everything() -> Vec<String> {
    let checkout = Checkout::without_cluster();
    checkout.succeed("load_config", &["dev"]);
    let commands =
        ["create-cluster", "deploy-all", "deploy-keda", "deploy-observability", "port-forward-gateway"];
    commands.iter().flat_map(|command| checkout.succeed(command, &[]).calls).collect()
}

#[test]
fn every_image_of_the_manifests_is_pushed() {
    let pushed: BTreeSet<_> = everything()
        .iter()
        .filter_map(|call| call.strip_prefix("docker push ")?.rsplit_once(':'))
        .map(|(image, _)| image.to_owned())
        .collect();
    let manifests = deploy(&["render", "--overlay", "dev"]);
    for image in values_of(&manifests, "image: ").filter(|image| image.starts_with("localhost:")) {
        assert!(pushed.contains(image.rsplit_once(':').unwrap().0), "{image} is not among {pushed:?}");
    }
}

#[test]
fn every_secret_of_the_manifests_is_made() {
    let made: BTreeSet<_> = everything()
        .iter()
        .filter_map(|call| call.split_once(" create secret generic ")?.1.split(' ').next())
        .map(str::to_owned)
        .collect();
    let manifests =
        deploy(&["render", "--overlay", "dev"]) + &deploy(&["values", "nats", "--overlay", "dev"]);
    let named = values_of(&manifests, "secretName: ").chain(values_of(&manifests, "name: "));
    for secret in named.filter(|name| {
        name.starts_with("nats-user-") || ["uptake-job-secret", "uptake-console"].contains(name)
    }) {
        assert!(made.contains(secret), "{secret} is not among {made:?}");
    }
}

#[test]
fn production_is_asked_for_components_that_it_has() {
    let checkout = Checkout::new();
    checkout.succeed("load_config", &["prod", "--context", "prod-eu"]);
    let calls = checkout.succeed("deploy-all", &["--yes"]).calls;
    let mut components = BTreeSet::new();
    for call in calls.iter().filter(|call| call.contains(" render ")) {
        components
            .extend(call.split(" --only ").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned()));
    }
    assert!(components.contains("service"), "{components:?}");
    let digest = format!("sha256:{}", "0".repeat(64));
    let images = ["http-to-nats-proxy", "rating-service", "hello", "frontend", "postgres"];
    let images = images.map(|image| format!("images.digests.{image}={digest}"));
    let host = ["gateway.host=app.example.com".to_owned(), "gateway.issuer=letsencrypt".to_owned()];
    for component in components {
        let mut line = vec!["render", "--overlay", "prod", "--only", &component];
        line.extend(images.iter().chain(&host).flat_map(|set| ["--set", set.as_str()]));
        assert!(deploy(&line).contains("kind: "), "{component}");
    }
}

#[test]
fn every_deployment_is_waited_for() {
    let waited: BTreeSet<_> = everything()
        .iter()
        .filter_map(|call| call.split_once(" rollout status deployment/")?.1.split(' ').next())
        .map(str::to_owned)
        .collect();
    let manifests = deploy(&["render", "--overlay", "dev"]);
    for manifest in manifests.split("\n---\n").filter(|manifest| manifest.contains("kind: Deployment\n")) {
        let names: Vec<_> = values_of(manifest, "name: ").collect();
        assert!(waited.iter().any(|name| names.contains(&name.as_str())), "{names:?} of {waited:?}");
    }
}

#[test]
fn the_dockerfile_has_each_target_and_argument() {
    let dockerfile = fs::read_to_string(workspace_root().join("deploy/images/Dockerfile")).unwrap();
    for call in everything().iter().filter(|call| call.contains("docker build ")) {
        let words: Vec<_> = call.split(' ').collect();
        for pair in words.windows(2) {
            match pair {
                ["--target", target] => assert!(dockerfile.contains(&format!(" AS {target}\n")), "{target}"),
                ["--build-arg", argument] => {
                    let name = argument.split('=').next().unwrap();
                    assert!(
                        dockerfile.lines().any(|line| line.starts_with(&format!("ARG {name}"))),
                        "{name}"
                    );
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_dockerfile_builds_from_the_pinned_images_by_itself_too() {
    let read = |file: &str| fs::read_to_string(workspace_root().join(file)).unwrap();
    let (dockerfile, versions) = (read("deploy/images/Dockerfile"), read("deploy/versions.env"));
    for name in ["RUST_IMAGE", "NODE_IMAGE"] {
        let pinned = versions.lines().find(|line| line.starts_with(&format!("{name}="))).unwrap();
        assert!(dockerfile.lines().any(|line| line == format!("ARG {pinned}")), "{pinned}");
    }
}

/// The real program, in place of cargo: what is waited for, asked for and read is what it renders.
#[test]
fn all_commands_get_through_with_what_is_really_rendered() {
    let checkout = Checkout::without_cluster();
    checkout.with_deploy(env!("CARGO_BIN_EXE_deploy"));
    checkout.succeed("load_config", &["dev"]);
    for command in ["create-cluster", "deploy-all", "deploy-keda", "deploy-observability"] {
        checkout.succeed(command, &[]);
    }
    let secrets = ["hello", "nack", "operator", "proxy", "rating-service"];
    assert!(secrets.iter().all(|user| !checkout.secret(&format!("nats-user-{user}")).is_empty()));
}

#[test]
fn the_port_that_is_forwarded_is_the_gateways() {
    let gateway = deploy(&["render", "--overlay", "dev", "--only", "gateway"]);
    assert!(
        gateway.contains("kind: Gateway\n") && values_of(&gateway, "port: ").any(|port| port == "80"),
        "{gateway}"
    );
    let calls = everything();
    assert!(calls.iter().any(|call| call.ends_with(" port-forward service/uptake 8080:80")), "{calls:?}");
}

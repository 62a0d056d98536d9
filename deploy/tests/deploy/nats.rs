//! Users of NATS, and the values of its charts.

use std::collections::{BTreeMap, BTreeSet};

use deploy::{
    nats::{Platform, Role, Workers, permissions, server_config, users, values},
    output, worker,
};
use serde_json::Value;

use super::overlay;

/// What the documents say, by role and kind.
type Told = BTreeMap<String, BTreeSet<(String, String)>>;

/// The tables below this heading of docs/operations.md.
fn told() -> Told {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once("\n## NATS: users and permissions\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut told = Told::new();
    let mut role = String::new();
    for line in section.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            name.clone_into(&mut role);
        }
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [kind @ ("publish" | "subscribe" | "not"), subject, reason] = cells[..] {
            assert!(!reason.is_empty(), "{line}");
            let row = (kind.to_owned(), subject.trim_matches('`').to_owned());
            assert!(told.entry(role.clone()).or_default().insert(row), "twice: {line}");
        }
    }
    told
}

/// A platform whose names are the placeholders of the documents.
fn platform() -> Platform {
    let settings = overlay("dev", &[]).unwrap();
    let mut service = settings.services["rating-service"].clone();
    service.prefixes = vec!["/CALLEE".to_owned()];
    let callee = worker::config(&settings, "CALLEE", &service).unwrap();
    service.prefixes = vec!["/SERVICE".to_owned()];
    let own = worker::config(&settings, "SERVICE", &service).unwrap();
    let workers = |config, user: &str, calls: &[&str]| Workers {
        user: user.to_owned(),
        config,
        calls: calls.iter().map(|&call| call.to_owned()).collect(),
    };
    let services = vec![workers(own, "SERVICE", &["CALLEE"]), workers(callee, "CALLEE", &[])];
    Platform { root: settings.root.parse().unwrap(), services }
}

/// A subject as the documents write it: with placeholders, and one row for all streams where the same holds of each.
fn written(role: Role<'_>, subject: &str) -> String {
    let mut subject = subject.replace("SERVICE", "<service>").replace("CALLEE", "<callee>");
    let is_listed = subject.starts_with("$JS.API.CONSUMER.LIST.");
    let own = ["uptake-call-<service>", "uptake-job-<service>"];
    let others = ["uptake-dead", "KV_uptake-jobs", "KV_uptake-platform"];
    let one_row: &[&str] = match role {
        Role::Service(_) => &own,
        Role::Nack => &[&own[..], &others].concat(),
        Role::Proxy | Role::Operator if is_listed => &[&own[..], &others].concat(),
        Role::Proxy | Role::Operator => &[],
    };
    for stream in one_row {
        subject = subject.replace(stream, "<stream>");
    }
    subject
}

/// What a role may; what is of the callee alone is left out where the same stands there of any service.
fn coded(platform: &Platform, role: Role<'_>) -> BTreeSet<(String, String)> {
    let is_service = matches!(role, Role::Service(_));
    let permissions = permissions(platform, role);
    let of_kind = |kind: &str, subjects: Vec<String>| -> Vec<(String, String)> {
        subjects.into_iter().map(|subject| (kind.to_owned(), subject)).collect()
    };
    let all = [
        of_kind("publish", permissions.publish.allow),
        of_kind("subscribe", permissions.subscribe.allow),
        of_kind("not", permissions.subscribe.deny),
    ]
    .concat();
    assert!(permissions.publish.deny.is_empty());
    all.into_iter()
        .filter(|(_, subject)| is_service || !subject.contains("CALLEE"))
        .map(|(kind, subject)| (kind, written(role, &subject)))
        .collect()
}

#[test]
fn the_documents_tell_each_subject_that_a_role_may_use_and_no_other() {
    let platform = platform();
    let roles = [
        ("`proxy`", Role::Proxy),
        ("`operator`", Role::Operator),
        ("`nack`", Role::Nack),
        ("A service's workers", Role::Service(&platform.services[0])),
    ];
    let coded: Told =
        roles.map(|(name, role)| (name.to_owned(), coded(&platform, role))).into_iter().collect();
    let told = told();
    for (role, rows) in &coded {
        let told = told.get(role).cloned().unwrap_or_default();
        let missing: Vec<_> = rows.difference(&told).collect();
        let wrong: Vec<_> = told.difference(rows).collect();
        assert!(missing.is_empty() && wrong.is_empty(), "{role}: missing {missing:#?}, wrong {wrong:#?}");
    }
    assert_eq!(told.keys().collect::<Vec<_>>(), coded.keys().collect::<Vec<_>>());
}

#[test]
fn no_user_may_everything_and_no_two_share_an_inbox() {
    for name in ["dev", "prod", "aks"] {
        let users = users(&Platform::of(&overlay(name, &[]).unwrap()).unwrap());
        for user in &users {
            let all = [&user.permissions.publish.allow, &user.permissions.subscribe.allow];
            for subject in all.into_iter().flatten() {
                assert!(
                    ![">", "$JS.>", "$JS.API.>", "uptake.>"].contains(&subject.as_str()),
                    "{}",
                    user.name
                );
            }
            let own = format!("_INBOX.{}.>", user.name);
            for other in users.iter().filter(|other| other.name != user.name && other.name != "nack") {
                assert!(!other.permissions.subscribe.allow.contains(&own), "{} hears {own}", other.name);
            }
        }
    }
}

#[test]
fn passwords_come_from_secrets_and_stand_nowhere() {
    for name in ["dev", "prod", "aks"] {
        let settings = overlay(name, &[]).unwrap();
        let values = values(&settings, "nats").unwrap();
        let account = &values["config"]["merge"]["accounts"]["UPTAKE"];
        let users = account["users"].as_array().unwrap();
        assert_eq!(users.len(), 3 + settings.services.len());
        for user in users {
            let name = user["user"].as_str().unwrap();
            let variable = format!("NATS_PASSWORD_{}", name.to_uppercase().replace('-', "_"));
            assert_eq!(user["password"], format!("<< ${variable} >>"));
            let secret = &values["container"]["env"][&variable]["valueFrom"]["secretKeyRef"];
            assert_eq!(
                (&secret["name"], &secret["key"]),
                (&format!("nats-user-{name}").into(), &"password".into())
            );
        }
        assert_eq!(values["config"]["merge"]["system_account"], "SYS");
        assert_eq!(values["config"]["merge"]["accounts"]["SYS"], serde_json::json!({}));
        assert_eq!(values["natsBox"]["enabled"], false);
    }
}

#[test]
fn production_has_three_servers_that_speak_tls_on_nodes_of_their_own() {
    let prod = values(&overlay("prod", &[]).unwrap(), "nats").unwrap();
    let tls = &prod["config"]["nats"]["tls"];
    assert_eq!((&tls["enabled"], &tls["secretName"]), (&true.into(), &"nats-tls".into()));
    assert_eq!(prod["config"]["cluster"]["replicas"], 3);
    // From server to server, too, and servers know each other by their authority.
    assert_eq!(&prod["config"]["cluster"]["tls"], tls);
    assert_eq!(prod["tlsCA"], serde_json::json!({"enabled": true, "secretName": "nats-tls"}));
    assert_eq!(prod["podTemplate"]["topologySpreadConstraints"]["kubernetes.io/hostname"]["maxSkew"], 1);
    for part in ["container", "reloader", "promExporter"] {
        assert!(prod[part]["image"]["digest"].as_str().unwrap().starts_with("sha256:"), "{part}");
        let security = &prod[part]["merge"]["securityContext"];
        assert_eq!(security["capabilities"]["drop"], serde_json::json!(["ALL"]), "{part}");
        assert_eq!(
            (&security["readOnlyRootFilesystem"], &security["runAsNonRoot"]),
            (&true.into(), &true.into())
        );
        assert!(prod[part]["merge"]["resources"]["limits"]["memory"].is_string(), "{part}");
    }
    let dev = values(&overlay("dev", &[]).unwrap(), "nats").unwrap();
    assert_eq!(dev["config"]["nats"]["tls"]["enabled"], false);
    assert_eq!(dev["config"]["cluster"]["enabled"], false);
}

#[test]
fn nack_runs_its_control_loop_without_a_password() {
    for (name, url) in [("dev", "nats://nats:4222"), ("prod", "tls://nats:4222")] {
        let values = values(&overlay(name, &[]).unwrap(), "nack").unwrap();
        assert_eq!(values["jetstream"]["nats"]["url"], url);
        assert_eq!(values["jetstream"]["controlLoop"], true);
        assert_eq!(values["namespaced"], true);
        assert!(!output::yaml(&values).unwrap().contains("assword"), "{name}");
    }
}

#[test]
fn nack_reaches_nats_by_an_account_that_every_stream_and_consumer_names() {
    for (name, url, ca) in
        [("dev", "nats://nats:4222", Value::Null), ("prod", "tls://nats:4222", "ca.crt".into())]
    {
        let rendered = deploy::render::render(&overlay(name, &[]).unwrap()).unwrap();
        let values = rendered.iter().map(|one| one.object.to_value().unwrap());
        let (accounts, others): (Vec<_>, Vec<_>) = values
            .filter(|value| value["apiVersion"] == "jetstream.nats.io/v1beta2")
            .partition(|value| value["kind"] == "Account");
        let spec = &accounts[0]["spec"];
        assert_eq!((accounts.len(), &spec["servers"][0]), (1, &url.into()), "{name}");
        assert_eq!(
            (&spec["user"]["secret"]["name"], &spec["tls"]["ca"]),
            (&"nats-user-nack".into(), &ca),
            "{name}"
        );
        assert!(
            !others.is_empty() && others.iter().all(|other| other["spec"]["account"] == spec["name"]),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_chart_is_refused_with_those_that_there_are() {
    let error = values(&overlay("dev", &[]).unwrap(), "redis").unwrap_err().to_string();
    assert!(error.contains("redis") && error.contains("nats") && error.contains("nack"), "{error}");
}

#[test]
fn the_same_users_are_written_for_a_server_of_ones_own() {
    let users = users(&Platform::of(&overlay("dev", &[]).unwrap()).unwrap());
    let passwords: BTreeMap<_, _> = users.iter().map(|user| (user.name.clone(), "p".to_owned())).collect();
    let lines = server_config(&users, &passwords);
    let accounts = lines.lines().find_map(|line| line.strip_prefix("accounts: ")).unwrap();
    let accounts: Value = serde_json::from_str(accounts).unwrap();
    let written = accounts["UPTAKE"]["users"].as_array().unwrap();
    for (user, written) in users.iter().zip(written) {
        assert_eq!(written["permissions"], serde_json::to_value(&user.permissions).unwrap());
    }
    assert!(lines.contains("system_account: \"SYS\""));
}

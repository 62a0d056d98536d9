//! Rules and alerts, as Prometheus itself reads them.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;
use test_support::{Prometheus, tools};

use super::{folder, text_of, words};

const RUNBOOK: &str = "docs/operations.md";

/// All rules, as `/api/v1/rules` tells them.
async fn rules() -> Vec<Value> {
    let prometheus = Prometheus::start("", &text_of("deploy/monitoring/rules.yaml")).await;
    let groups = prometheus.api("rules").await.unwrap();
    let groups = groups["groups"].as_array().unwrap().iter();
    groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

async fn alerts() -> Vec<Value> {
    rules().await.into_iter().filter(|rule| rule["type"] == "alerting").collect()
}

fn text<'a>(rule: &'a Value, member: &str) -> &'a str {
    rule[member].as_str().unwrap_or_default()
}

#[tokio::test]
async fn the_rules_pass_their_own_tests() {
    let promtool = tokio::task::spawn_blocking(tools::prometheus).await.unwrap().unwrap().promtool;
    for arguments in [["check", "rules", "rules.yaml"], ["test", "rules", "rules.test.yaml"]] {
        let output = Command::new(&promtool).args(arguments).current_dir(folder()).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&printed));
    }
}

#[tokio::test]
async fn each_alert_is_tested_and_each_test_is_of_an_alert() {
    let names: BTreeSet<_> = alerts().await.iter().map(|alert| text(alert, "name").to_owned()).collect();
    let tests = text_of("deploy/monitoring/rules.test.yaml");
    // The alert of a test stands before what is expected: once with something, once with nothing.
    let mut fires = BTreeSet::new();
    let mut stays_quiet = BTreeSet::new();
    for test in tests.split("- alertname: ").skip(1) {
        let name = test.lines().next().unwrap().trim().to_owned();
        if test.contains("exp_alerts: []") {
            stays_quiet.insert(name)
        } else {
            fires.insert(name)
        };
    }
    assert_eq!(fires, names);
    assert_eq!(stays_quiet, names);
}

#[tokio::test]
async fn each_alert_says_how_bad_it_is_and_leads_to_its_own_section_and_each_section_is_of_an_alert() {
    let alerts = alerts().await;
    for alert in &alerts {
        let name = text(alert, "name");
        let severity = text(&alert["labels"], "severity");
        assert!(["critical", "warning"].contains(&severity), "{name}: {severity:?}");
        // Both together name a value or a label, but for the one that is about there being none.
        let annotations = &alert["annotations"];
        let said = format!("{}{}", text(annotations, "summary"), text(annotations, "description"));
        assert!(said.contains("{{") || name == "UptakePlatformNotRead", "{name}: {said}");
        let anchor = format!("{RUNBOOK}#{}", name.to_lowercase());
        assert_eq!(text(annotations, "runbook_url"), anchor);
    }
    let document = text_of(RUNBOOK);
    let sections = document.lines().filter_map(|line| line.strip_prefix("### Uptake"));
    let sections: Vec<_> = sections.map(|name| format!("Uptake{name}")).collect();
    let names: Vec<_> = alerts.iter().map(|alert| text(alert, "name")).collect();
    assert_eq!(sections, names, "sections of {RUNBOOK}, in the order of the rules");
}

#[tokio::test]
async fn rules_name_no_metric_and_no_label_that_is_not_there() {
    let (rules, mut known) = (rules().await, words::known());
    assert!(rules.len() > 10, "{rules:?}");
    known.extend(rules.iter().map(|rule| text(rule, "name").to_owned()));
    for rule in rules {
        let expression = text(&rule, "query");
        let unknown = words::unknown(expression, &known);
        assert!(unknown.is_empty(), "{}: {unknown:?} in {expression}", text(&rule, "name"));
    }
}

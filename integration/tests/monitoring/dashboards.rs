//! The dashboards: what Grafana would only show as an empty panel.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use test_support::Prometheus;

use super::{folder, text_of, words};

/// What Grafana puts in before it asks, and something of that kind.
const VARIABLES: [(&str, &str); 2] = [("$__rate_interval", "1m"), ("$__interval", "15s")];

fn dashboards() -> Vec<(String, Value)> {
    let files = fs::read_dir(folder().join("dashboards")).unwrap().map(|file| file.unwrap().path());
    let all: Vec<_> = files
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let dashboard = serde_json::from_slice(&fs::read(&path).unwrap());
            (name.clone(), dashboard.unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect();
    assert!(all.len() >= 3, "the look into the folder finds next to nothing");
    all
}

/// All objects of a document that have this member.
fn having<'a>(value: &'a Value, member: &str, found: &mut Vec<&'a Value>) {
    if value.get(member).is_some() {
        found.push(value);
    }
    let (members, items) = (value.as_object(), value.as_array());
    for inner in members.into_iter().flat_map(|object| object.values()).chain(items.into_iter().flatten()) {
        having(inner, member, found);
    }
}

fn all_having<'a>(dashboard: &'a Value, member: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    having(dashboard, member, &mut found);
    found
}

/// The expressions of panels and annotations, and those within the queries of variables.
fn expressions(dashboard: &Value) -> Vec<String> {
    let queries = all_having(dashboard, "expr").into_iter().map(|target| target["expr"].as_str().unwrap());
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let definitions = variables.filter_map(|variable| variable["definition"].as_str()).map(|definition| {
        let metric = definition.strip_prefix("label_values(").and_then(|rest| rest.rsplit_once(','));
        metric.unwrap_or_else(|| panic!("no label_values: {definition}")).0
    });
    queries.chain(definitions).map(str::to_owned).collect()
}

#[test]
fn dashboards_and_panels_have_ids_of_their_own() {
    let all = dashboards();
    let uids: BTreeSet<_> = all.iter().map(|(_, dashboard)| dashboard["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), all.len());
    for (name, dashboard) in &all {
        assert!(dashboard["title"].as_str().unwrap().starts_with("Uptake: "), "{name}");
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}");
        let titles =
            panels.iter().map(|panel| panel["title"].as_str().unwrap()).filter(|title| !title.is_empty());
        assert_eq!(titles.count(), panels.len(), "{name}: each panel has a title");
    }
}

#[test]
fn the_data_source_is_a_variable_everywhere() {
    for (name, dashboard) in dashboards() {
        let first = &dashboard["templating"]["list"][0];
        assert_eq!((&first["name"], &first["type"]), (&"datasource".into(), &"datasource".into()), "{name}");
        let sources = all_having(&dashboard, "datasource");
        assert!(sources.len() > 10, "{name}");
        for source in sources {
            assert_eq!(source["datasource"]["uid"], "${datasource}", "{name}: {source}");
        }
    }
}

#[tokio::test]
async fn every_query_parses_and_names_only_what_is_there() {
    let (prometheus, known) = (Prometheus::start("", "groups: []").await, words::known());
    for (name, dashboard) in dashboards() {
        let expressions = expressions(&dashboard);
        assert!(expressions.len() > 10, "{name}");
        for expression in expressions {
            let plain = VARIABLES
                .iter()
                .fold(expression.clone(), |text, (variable, value)| text.replace(variable, value));
            let encoded: String = plain.bytes().map(|octet| format!("%{octet:02X}")).collect();
            let parsed = prometheus.api(&format!("format_query?query={encoded}")).await;
            parsed.unwrap_or_else(|error| panic!("{name}: {error}: {expression}"));
            let unknown = words::unknown(&expression, &known);
            assert!(unknown.is_empty(), "{name}: {unknown:?} in {expression}");
        }
    }
}

#[test]
fn the_pages_about_alerts_name_panels_that_there_are() {
    let all = dashboards();
    let titles: BTreeSet<_> = all
        .iter()
        .flat_map(|(_, dashboard)| all_having(dashboard, "title"))
        .filter_map(|titled| titled["title"].as_str())
        .collect();
    let document = text_of("docs/operations.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let markers = ["panel *", "panels *", "dashboard *"].iter();
    let named: Vec<_> = markers.flat_map(|marker| document.split(marker).skip(1)).collect();
    assert!(named.len() > 5, "{named:?}");
    for text in named {
        let title = text.split('*').next().unwrap_or_default();
        assert!(titles.contains(title), "docs/operations.md names {title:?}");
    }
}

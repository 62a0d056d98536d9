//! Which words of an expression are names of ours, and whether there are such metrics and labels.

use std::collections::BTreeSet;

use super::text_of;

/// How names of metrics and labels of this platform begin.
const OURS: [&str; 7] = ["uptake_", "http_", "messaging_", "db_", "error_", "target_", "service_"];

/// Metrics and labels, as the table in docs/operations.md has them.
pub(super) fn known() -> BTreeSet<String> {
    let document = text_of("docs/operations.md");
    let table = document.split("\n## ").find(|section| section.starts_with("Metrics\n")).unwrap_or_default();
    let mut known = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let (name, kind, labels) = (cells[1].trim_matches('`'), cells[2], cells[3]);
        match kind {
            "histogram" => known.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}"))),
            _ => drop(known.insert(name.to_owned())),
        }
        known.extend(words(labels).map(str::to_owned));
    }
    assert!(known.len() > 30, "the table is not read: {known:?}");
    known
}

/// The names of ours in an expression that are unknown; what has a colon is the name of a rule. What stands in quotes is no name.
pub(super) fn unknown<'a>(expression: &'a str, known: &BTreeSet<String>) -> Vec<&'a str> {
    let unquoted = expression.split('"').step_by(2);
    let is_ours = |word: &str| word.contains(':') || OURS.iter().any(|prefix| word.starts_with(prefix));
    let all = unquoted.flat_map(words).filter(|word| is_ours(word));
    all.filter(|word| !known.contains(*word)).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !"_:".contains(c)).filter(|word| !word.is_empty())
}

#[test]
fn a_misspelt_metric_or_label_is_found() {
    let known = ["uptake_jobs".to_owned(), "uptake_job_state".to_owned()].into();
    assert!(unknown("sum by (uptake_job_state) (uptake_jobs{x=\"uptake_x\"})", &known).is_empty());
    assert_eq!(
        unknown("sum by (uptake_state) (uptake_job{uptake_job_state=~\"a\"})", &known),
        ["uptake_state", "uptake_job"]
    );
    assert_eq!(unknown("stream:uptake_jobs:max > 0", &known), ["stream:uptake_jobs:max"]);
}

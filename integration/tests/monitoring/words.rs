//! Which words of an expression are names of ours, and whether there are such metrics and labels.

use std::collections::BTreeSet;

use super::text_of;

/// How names of metrics and labels of this platform begin.
const OURS: [&str; 7] = ["uptake_", "http_", "messaging_", "db_", "error_", "target_", "service_"];

/// What Prometheus sees behind a name: the unit, and what its kind adds.
const SUFFIXES: [&str; 8] =
    ["", "_total", "_bytes", "_seconds", "_seconds_bucket", "_seconds_sum", "_seconds_count", "_info"];

/// Metrics and labels: the names that the code has, in each form that they may have in Prometheus.
pub(super) fn known() -> BTreeSet<String> {
    let names = text_of("common/src/telemetry/names.rs");
    let names = names.split('"').skip(1).step_by(2).map(|name| name.replace('.', "_"));
    // What tells of the process as a whole is named by the SDK.
    let of_sdk = ["target", "service_name", "service_version"].map(str::to_owned);
    let all = names.chain(of_sdk);
    all.flat_map(|name| SUFFIXES.map(|suffix| format!("{name}{suffix}"))).collect()
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

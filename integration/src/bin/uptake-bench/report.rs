//! What was measured: a table for people, a list for programs.

use std::fmt;

use serde_json::{Value, json};

/// What a value should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
        }
    }
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    target: Option<Target>,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, target: None }
    }

    pub(crate) fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    fn json(&self) -> Value {
        let target = self.target.map(|target| target.to_string());
        json!({"name": self.name, "value": self.value, "unit": self.unit, "target": target})
    }
}

/// A list of `{name, value, unit, target}`. A value that could not be measured is null.
pub(crate) fn json(rows: &[Row]) -> Value {
    rows.iter().map(Row::json).collect()
}

/// Lines of name, value, target, and whether it is met.
pub(crate) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
    let mut lines = String::new();
    for Row { name, value, unit, target } in rows {
        // A rate needs no digits behind the point, a ratio does.
        let digits = if *value < 10.0 { 3 } else { usize::from(*value < 1000.0) };
        let number = format!("{value:.digits$} {unit}");
        let verdict = match target {
            Some(target) if target.is_met(*value) => format!("{target}, met"),
            Some(target) => format!("{target}, NOT MET"),
            None => String::new(),
        };
        lines.push_str(format!("{name:<width$}  {number:<14} {verdict}").trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        vec![
            Row::new("GET /hello", 21_832.4, "1/s"),
            Row::new("GET /hello ÷ raw loop", 0.391, "").target(Target::AtLeast(0.6)),
            Row::new("memory", 12.25, "KiB").target(Target::AtMost(20.0)),
            Row::new("nothing", f64::NAN, "ms").target(Target::AtMost(2.0)),
        ]
    }

    #[test]
    fn the_list_has_four_members_a_figure() {
        assert_eq!(
            json(&rows()),
            json!([
                {"name": "GET /hello", "value": 21_832.4, "unit": "1/s", "target": null},
                {"name": "GET /hello ÷ raw loop", "value": 0.391, "unit": "", "target": ">= 0.6"},
                {"name": "memory", "value": 12.25, "unit": "KiB", "target": "<= 20"},
                {"name": "nothing", "value": null, "unit": "ms", "target": "<= 2"},
            ])
        );
    }

    #[test]
    fn the_table_says_which_targets_are_met() {
        let table = table(&rows());
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split("  ").filter(|cell| !cell.trim().is_empty()).map(str::trim).collect())
            .collect();
        assert_eq!(lines[0], ["GET /hello", "21832 1/s"]);
        assert_eq!(lines[1], ["GET /hello ÷ raw loop", "0.391", ">= 0.6, NOT MET"]);
        assert_eq!(lines[2], ["memory", "12.2 KiB", "<= 20, met"]);
        assert!(lines[3].last().unwrap().ends_with("NOT MET"), "what is unknown is not met");
    }
}

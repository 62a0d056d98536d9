//! The versions of all that a cluster gets: `deploy/versions.env`, which the shell reads as well.

use std::collections::BTreeMap;

/// All lines of `versions.env`, by name.
#[must_use]
pub fn all() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("../versions.env").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).collect()
}

/// One of them; empty if there is none, which a test forbids for those that are asked for.
#[must_use]
pub fn get(name: &str) -> &'static str {
    all().get(name).copied().unwrap_or_default()
}

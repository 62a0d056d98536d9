//! Compares two deployments, object by object.

use std::collections::BTreeMap;

use anyhow::Result;
use similar::TextDiff;

use crate::{output::yaml, render::Rendered};

/// What differs, as a unified diff for each object; empty if nothing does.
///
/// # Errors
/// When an object cannot be written.
pub fn diff(old: &[Rendered], new: &[Rendered]) -> Result<String> {
    let (old, new) = (by_title(old)?, by_title(new)?);
    let mut titles: Vec<_> = old.keys().chain(new.keys()).collect();
    titles.sort();
    titles.dedup();
    let mut text = String::new();
    for title in titles {
        let side = |texts: &BTreeMap<String, String>| texts.get(title).cloned().unwrap_or_default();
        let (old, new) = (side(&old), side(&new));
        if old != new {
            let diff = TextDiff::from_lines(&old, &new);
            text.push_str(&diff.unified_diff().header(title, title).to_string());
        }
    }
    Ok(text)
}

fn by_title(rendered: &[Rendered]) -> Result<BTreeMap<String, String>> {
    rendered.iter().map(|one| Ok((one.object.title(), yaml(&one.object.to_value()?)?))).collect()
}

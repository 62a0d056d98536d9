//! Reads manifests that somebody has changed after they were rendered.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{check::Finding, component::Component, object::Object, render::Rendered};

/// Endings of the files that are read.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// All objects of a folder and of those in it. What is no object that is known here is a finding, for nothing could be said of it;
/// so is one that is there twice.
///
/// # Errors
/// When the folder or a file cannot be read, a file is no YAML, or there is nothing at all.
pub fn read(folder: &Path) -> Result<(Vec<Rendered>, Vec<Finding>)> {
    let mut files = Vec::new();
    list(folder, &mut files)?;
    let (mut rendered, mut findings) = (Vec::new(), Vec::new());
    let mut titles = BTreeSet::new();
    for path in files {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
            .with_context(|| format!("{}: this is no YAML", path.display()))?;
        for (index, document) in documents.into_iter().enumerate() {
            if document.is_null() || document["kind"] == "Kustomization" {
                continue;
            }
            let at = format!("{}, document {}", path.display(), index + 1);
            let text = |field: &str| document[field].as_str().unwrap_or("(no kind)").to_owned();
            let name = document["metadata"]["name"].as_str().unwrap_or("(no name)");
            let title = format!("{} {name}", text("kind"));
            match Object::from_value(document.clone()) {
                Ok(object) if titles.insert(object.title()) => {
                    rendered.push(Rendered { component: Component::Namespace, object });
                }
                Ok(_) => findings.push(Finding {
                    object: title,
                    field: at,
                    message: "it is there twice".to_owned(),
                }),
                Err(error) => {
                    findings.push(Finding { object: title, field: at, message: format!("{error:#}") });
                }
            }
        }
    }
    ensure!(!rendered.is_empty() || !findings.is_empty(), "{}: there are no manifests", folder.display());
    Ok((rendered, findings))
}

/// The files of a folder and of those in it, in the order of their names.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let at = || format!("cannot read {}", folder.display());
    let entries = fs::read_dir(folder).with_context(at)?.collect::<Result<Vec<_>, _>>().with_context(at)?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_dir() {
            list(&path, files)?;
        } else if ENDINGS.contains(&ending) {
            files.push(path);
        }
    }
    Ok(())
}

//! Writes objects as YAML.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{component::Component, render::Rendered};

/// The first line of each folder's list of files, by which the folder is known as ours.
const MARK: &str = "# Written by `deploy render`; what is changed here is lost.\n";
/// The list of files of a folder, as kustomize reads it.
const LIST: &str = "kustomization.yaml";

/// Objects as one text of several documents.
///
/// # Errors
/// When an object cannot be written.
pub fn documents<'a>(rendered: impl IntoIterator<Item = &'a Rendered>) -> Result<String> {
    let mut text = String::new();
    for one in rendered {
        text.push_str("---\n");
        text.push_str(&yaml(&one.object.to_value()?)?);
    }
    Ok(text)
}

/// A value as YAML.
///
/// # Errors
/// When it cannot be written.
pub fn yaml(value: &Value) -> Result<String> {
    // What reads manifests reads YAML 1.1, where `on` is a truth: such texts are quoted.
    let options = serde_saphyr::ser_options! { yaml_12: false, prefer_block_scalars: true };
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, value, options).context("cannot write YAML")?;
    Ok(text)
}

/// Writes a file for each component, and a list of them, into a folder that is empty or was written so before.
///
/// # Errors
/// When the folder holds something else, or cannot be written.
pub fn write(rendered: &[Rendered], folder: &Path) -> Result<Vec<PathBuf>> {
    let mut components: Vec<&Component> = rendered.iter().map(|one| &one.component).collect();
    components.dedup();
    let mut files = Vec::new();
    for component in components {
        let own = rendered.iter().filter(|one| one.component == *component);
        files.push((folder.join(format!("{}.yaml", component.file_stem())), documents(own)?));
    }
    let names = files.iter().filter_map(|(path, _)| path.file_name()?.to_str());
    let list: String = names.map(|name| format!("- {name}\n")).collect();
    let list =
        format!("{MARK}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{list}");
    clear(folder)?;
    files.push((folder.join(LIST), list));
    for (path, text) in &files {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Makes the folder, and removes what an earlier run has written into it.
fn clear(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let found: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let is_ours = fs::read_to_string(folder.join(LIST)).is_ok_and(|text| text.starts_with(MARK));
    ensure!(
        found.is_empty() || is_ours,
        "{} holds something that was not rendered; give an empty folder, or one that does not exist",
        folder.display()
    );
    for path in found.iter().filter(|path| path.extension().is_some_and(|ending| ending == "yaml")) {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

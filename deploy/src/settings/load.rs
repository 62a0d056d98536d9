//! Reads overlays: a file, what it extends, files with values, and single settings, the later over the earlier.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{Settings, validate};

/// The overlays that come with the program.
pub const OVERLAYS: [(&str, &str); 3] = [
    ("dev", include_str!("../../overlays/dev.yaml")),
    ("prod", include_str!("../../overlays/prod.yaml")),
    ("aks", include_str!("../../overlays/aks.yaml")),
];

/// Overlays that extend one another; a longer chain is an error, and so a circle.
const MAX_DEPTH: usize = 4;

/// Where settings come from.
#[derive(Clone, Debug, clap::Args)]
pub struct Source {
    /// The overlay: dev, prod, aks, or the path of a file of your own, which may begin with `extends: prod`.
    #[arg(long, value_name = "OVERLAY")]
    pub overlay: String,
    /// A file with settings that go over those of the overlay, such as the digests of images; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub values: Vec<std::path::PathBuf>,
    /// One setting that goes over all files, such as `proxy.replicas.max=40`; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Reads all settings, and checks what can be checked without rendering.
///
/// # Errors
/// With the file and the setting: it is unknown, missing, or cannot be so.
pub fn load(source: &Source) -> Result<Settings> {
    let mut tree = overlay(&source.overlay, None, MAX_DEPTH)?;
    for path in &source.values {
        let values = parse(&read(path)?).with_context(|| path.display().to_string())?;
        // A file of comments alone sets nothing; merged as it is, it would take all settings away.
        ensure!(values.is_object() || values.is_null(), "{}: it holds no settings", path.display());
        if values.is_object() {
            json_patch::merge(&mut tree, &values);
        }
    }
    for set in &source.set {
        assign(&mut tree, set)?;
    }
    let settings = typed(tree, source)?;
    validate::validate(&settings).with_context(|| format!("overlay {}", source.overlay))?;
    Ok(settings)
}

/// Gives the settings their types. What `--set` gives is text where text is wanted, though it may look like a number: some
/// commits do, and these are tags of images.
fn typed(mut tree: Value, source: &Source) -> Result<Settings> {
    loop {
        let error = match serde_path_to_error::deserialize(tree.clone()) {
            Ok(settings) => return Ok(settings),
            Err(error) => error,
        };
        let path = error.path().to_string();
        let wants_text = error.inner().to_string().ends_with("expected a string");
        let set = source.set.iter().rev().filter_map(|set| set.split_once('=')).find(|(key, _)| *key == path);
        let place = tree.pointer_mut(&format!("/{}", path.replace('.', "/")));
        match (set, place) {
            (Some((_, text)), Some(place)) if wants_text && (place.is_number() || place.is_boolean()) => {
                *place = Value::String(text.to_owned());
            }
            _ => {
                let at = if path == "." { String::new() } else { format!("{path}: ") };
                let hint = if wants_text { "; put it in quotes" } else { "" };
                bail!("overlay {}: {at}{}{hint}", source.overlay, error.inner());
            }
        }
    }
}

/// The tree of an overlay, over that of the one that it extends. A path is relative to the file that names it.
fn overlay(name: &str, from: Option<&Path>, depth: usize) -> Result<Value> {
    ensure!(depth > 0, "{name}: overlays extend one another more than {MAX_DEPTH} deep");
    let known = OVERLAYS.iter().find(|(known, _)| *known == name);
    let path = from.and_then(Path::parent).unwrap_or(Path::new("")).join(name);
    let text = match known {
        Some((_, text)) => (*text).to_owned(),
        None if name.contains(['/', '.']) => read(&path)?,
        None => bail!(
            "there is no overlay {name:?}; there are {}, or give the path of a file, such as ./{name}.yaml",
            OVERLAYS.map(|(name, _)| name).join(", ")
        ),
    };
    let mut tree = parse(&text).with_context(|| format!("overlay {name}"))?;
    let Some(fields) = tree.as_object_mut() else { bail!("overlay {name}: it holds no settings") };
    let Some(base) = fields.remove("extends") else { return Ok(tree) };
    let base = base.as_str().with_context(|| format!("overlay {name}: extends: is no name"))?.to_owned();
    let mut whole = overlay(&base, Some(&path), depth - 1)?;
    json_patch::merge(&mut whole, &tree);
    Ok(whole)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn parse(text: &str) -> Result<Value> {
    serde_saphyr::from_str(text).context("this is no YAML")
}

/// Sets one value; those above it that are not there yet are made.
fn assign(tree: &mut Value, set: &str) -> Result<()> {
    let (key, value) = set
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .with_context(|| format!("--set {set}: write it as KEY=VALUE, such as images.tag=v1"))?;
    let mut place = tree;
    for name in key.split('.') {
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        let fields = place.as_object_mut();
        let fields = fields
            .with_context(|| format!("--set {set}: what is above {name:?} has no settings below it"))?;
        place = fields.entry(name).or_insert(Value::Null);
    }
    *place = match parse(value) {
        // A number beyond all bounds, such as 1e999, which is a commit too.
        Err(_) if value.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Value::String(value.to_owned()),
        parsed => parsed.with_context(|| format!("--set {set}"))?,
    };
    Ok(())
}

//! Holds custom resources to the schemas of their operators, as an API server does when they are applied: types, unknown fields,
//! rules in CEL. Then it looks at what the API server would fill in.

mod filled;
mod scalers;
mod structural;

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use self::scalers::Scalers;
use super::Finding;
use crate::versions;

/// API versions whose kinds are no custom resources.
const BUILT_IN: [&str; 6] =
    ["v1", "apps/v1", "autoscaling/v2", "batch/v1", "networking.k8s.io/v1", "policy/v1"];
/// How a definition of the Gateway API says that it is not the standard one.
const CHANNEL: &str = "gateway.networking.k8s.io/channel";
/// Characters of a message; some repeat the object.
const MAX_MESSAGE: usize = 300;

/// The definitions of custom resources that a folder has.
#[derive(Debug)]
pub struct Schemas {
    known: BTreeMap<(String, String), Schema>,
    scalers: Scalers,
}

/// What is known of a kind.
#[derive(Debug)]
struct Schema {
    /// As the definition says it, for the rules in CEL and what is filled in.
    own: Value,
    /// The same as JSON Schema, which refuses what an API server drops.
    validator: jsonschema::Validator,
}

/// A definition, and the file that it was in.
struct Definition {
    file: String,
    experimental: bool,
    schema: Value,
}

impl Schemas {
    /// Reads all definitions of a folder, and KEDA's list of scalers (`*scalers-schema.json`) if it is there.
    ///
    /// # Errors
    /// With the file: it cannot be read, is no YAML, or has a schema that is none. Also when several files define a kind, and
    /// their names do not tell which is ours.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut found: BTreeMap<_, Vec<Definition>> = BTreeMap::new();
        let mut scalers = Scalers::default();
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let read =
                || fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
            if file.ends_with("scalers-schema.json") {
                scalers = Scalers::parse(&read()?).with_context(|| file)?;
            } else if file.ends_with(".yaml") || file.ends_with(".yml") {
                definitions(&file, &read()?, &mut found).with_context(|| file.clone())?;
            }
        }
        ensure!(!found.is_empty(), "{} has no definition of a custom resource", folder.display());
        let mut known = BTreeMap::new();
        for ((version, kind), definitions) in found {
            let Definition { file, schema, .. } = ours(&kind, definitions)?;
            let validator = structural::validator(&schema).with_context(|| format!("{file}: {kind}"))?;
            known.insert((version, kind), Schema { own: schema, validator });
        }
        Ok(Self { known, scalers })
    }

    /// What is wrong with an object. Kinds that are not custom always hold; a custom one without a schema is told on standard
    /// error.
    #[must_use]
    pub fn check(&self, object: &Value) -> Vec<Finding> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
        let title = format!("{kind} {}", text(&object["metadata"]["name"]));
        if BUILT_IN.contains(&version.as_str()) {
            return Vec::new();
        }
        let Some(schema) = self.known.get(&(version.clone(), kind.clone())) else {
            eprintln!("{title} is not checked: there is no schema of {kind} ({version})");
            return Vec::new();
        };
        let mut found = schema.violations(object);
        if found.is_empty() {
            // Rules and defaults are for what has the right shape.
            found.extend(schema.broken_rules(object));
            found.extend(filled::by_the_api_server(&kind, &schema.own, object));
            found.extend(self.scalers.check(&kind, object));
        }
        let finding = |(field, message): (String, String)| Finding { object: title.clone(), field, message };
        found.into_iter().map(finding).collect()
    }
}

impl Schema {
    fn violations(&self, object: &Value) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for error in self.validator.iter_errors(object) {
            let field = dotted(error.instance_path().as_str());
            match error.kind() {
                ValidationErrorKind::AdditionalProperties { unexpected } => {
                    let unknown = unexpected.iter().map(|name| join(&field, name));
                    found.extend(unknown.map(|field| {
                        (field, "the kind has no such field, so the API server would drop it".to_owned())
                    }));
                }
                _ => found.push((field, error.to_string().chars().take(MAX_MESSAGE).collect())),
            }
        }
        found
    }

    fn broken_rules(&self, object: &Value) -> Vec<(String, String)> {
        let errors = kube_cel::Validator::new().validate(&self.own, object, None).err();
        let errors = errors.map(kube_cel::ValidationErrors::into_vec).unwrap_or_default();
        errors
            .into_iter()
            .map(|error| (error.field_path, format!("{} ({})", error.message, error.rule)))
            .collect()
    }
}

/// The schemas of a file's definitions, by API version and kind.
fn definitions(
    file: &str,
    text: &str,
    found: &mut BTreeMap<(String, String), Vec<Definition>>,
) -> Result<()> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).context("this is no YAML")?;
    for document in documents.iter().filter(|one| one["kind"] == "CustomResourceDefinition") {
        let spec = &document["spec"];
        let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str()) else {
            bail!("a definition has no group or no kind")
        };
        let experimental = document["metadata"]["annotations"][CHANNEL] == "experimental";
        for version in spec["versions"].as_array().into_iter().flatten() {
            let name = version["name"].as_str().unwrap_or_default();
            let schema = version["schema"]["openAPIV3Schema"].clone();
            let key = (format!("{group}/{name}"), kind.to_owned());
            found.entry(key).or_default().push(Definition { file: file.to_owned(), experimental, schema });
        }
    }
    Ok(())
}

/// The one of several definitions that is of the versions that we deploy.
fn ours(kind: &str, mut all: Vec<Definition>) -> Result<Definition> {
    if all.iter().any(|one| !one.experimental) {
        all.retain(|one| !one.experimental);
    }
    if all.len() > 1 {
        let pinned = versions::all();
        // Others than of the form 1.2.3 could be anything.
        let pinned: Vec<_> = pinned.values().filter(|value| value.matches('.').count() == 2).collect();
        all.retain(|one| pinned.iter().any(|version| one.file.contains(version.trim_start_matches('v'))));
    }
    ensure!(
        all.len() == 1,
        "{} files define {kind} in a version of ours; keep one, or name files with versions as versions.env has them",
        all.len()
    );
    all.pop().with_context(|| format!("nothing defines {kind}"))
}

/// A JSON pointer (RFC 6901) as people write fields: `spec.listeners[0].port`.
fn dotted(pointer: &str) -> String {
    let mut field = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        match part.parse::<usize>() {
            Ok(index) => field.push_str(&format!("[{index}]")),
            Err(_) => field = join(&field, &part),
        }
    }
    field
}

fn join(field: &str, name: &str) -> String {
    if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
}

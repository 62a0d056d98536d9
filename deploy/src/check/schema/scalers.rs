//! What KEDA's scalers read. A trigger's metadata are free texts to the schema of ScaledObject; KEDA finds a wrong one when it runs.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

/// Scalers by type; none where the list is not there.
#[derive(Debug, Default)]
pub(super) struct Scalers(BTreeMap<String, Vec<Parameter>>);

#[derive(Debug, Deserialize)]
struct List {
    scalers: Vec<Scaler>,
}

#[derive(Debug, Deserialize)]
struct Scaler {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameter {
    name: String,
    #[serde(default)]
    optional: bool,
    default: Option<Value>,
    #[serde(default)]
    metadata_variable_readable: bool,
    #[serde(default)]
    trigger_authentication_variable_readable: bool,
}

impl Scalers {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let list: List = serde_json::from_str(text).context("this is no list of scalers")?;
        Ok(Self(list.scalers.into_iter().map(|scaler| (scaler.kind, scaler.parameters)).collect()))
    }

    /// What is wrong with the triggers of a scaled object.
    pub(super) fn check(&self, kind: &str, object: &Value) -> Vec<(String, String)> {
        let triggers =
            object["spec"]["triggers"].as_array().filter(|_| kind == "ScaledObject" && !self.0.is_empty());
        let mut found = Vec::new();
        for (index, trigger) in triggers.into_iter().flatten().enumerate() {
            let at = format!("spec.triggers[{index}]");
            let Some(parameters) = trigger["type"].as_str().and_then(|kind| self.0.get(kind)) else {
                found.push((format!("{at}.type"), format!("KEDA has no scaler of type {}", trigger["type"])));
                continue;
            };
            let Some(metadata) = trigger["metadata"].as_object() else { continue };
            let has_authentication = trigger.get("authenticationRef").is_some();
            for name in metadata.keys().filter(|name| !parameters.iter().any(|known| known.reads(name))) {
                found.push((format!("{at}.metadata.{name}"), "KEDA's scaler does not read it".to_owned()));
            }
            let needed = parameters.iter().filter(|known| known.is_needed(has_authentication));
            for known in needed.filter(|known| !metadata.keys().any(|name| known.reads(name))) {
                found.push((format!("{at}.metadata.{}", known.name), "KEDA's scaler needs it".to_owned()));
            }
        }
        found
    }
}

impl Parameter {
    /// A text may also come from a variable of the workload, by the same name and `FromEnv`.
    fn reads(&self, name: &str) -> bool {
        self.metadata_variable_readable && name.strip_suffix("FromEnv").unwrap_or(name) == self.name
    }

    fn is_needed(&self, has_authentication: bool) -> bool {
        !self.optional
            && self.default.is_none()
            && self.metadata_variable_readable
            && !(has_authentication && self.trigger_authentication_variable_readable)
    }
}

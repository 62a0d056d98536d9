//! The schema of a definition as JSON Schema. The dialect of definitions differs in four points
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>).

use anyhow::{Result, anyhow};
use jsonschema::{Draft, PatternOptions};
use serde_json::{Map, Value, json};

/// What holds an object to a schema.
///
/// # Errors
/// When it is no schema.
pub(super) fn validator(schema: &Value) -> Result<jsonschema::Validator> {
    let mut schema = mapped(schema, true);
    if let Some(fields) = schema["properties"].as_object_mut() {
        // The API server has schemas of its own for these.
        for (name, own) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
            fields.insert(name.to_owned(), json!({"type": own}));
        }
    }
    // Patterns are Go's, whose syntax the `regex` crate has, too. Older drafts would refuse what is not JavaScript's.
    let options = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(false);
    options
        .build(&schema)
        .map_err(|error| anyhow!("this is no schema at {}: {:?}", error.instance_path(), error.kind()))
}

/// A node and all below it. `is_structure`: whether it says which fields there are, not only what else holds of them.
fn mapped(node: &Value, is_structure: bool) -> Value {
    let Some(node) = node.as_object() else { return node.clone() };
    let is = |name: &str| node.get(name) == Some(&Value::Bool(true));
    let mut made: Map<String, Value> =
        node.iter().map(|(name, value)| (name.clone(), below(name, value, is_structure))).collect();
    made.retain(|name, _| {
        !name.starts_with("x-kubernetes-") && !["default", "nullable", "format"].contains(&name.as_str())
    });
    if is("x-kubernetes-int-or-string") {
        made.remove("anyOf");
        made.insert("type".to_owned(), json!(["integer", "string"]));
    }
    if is("nullable") {
        let kind = made.get("type").cloned().unwrap_or(Value::Null);
        let kinds = kind.as_array().cloned().unwrap_or_else(|| vec![kind]);
        made.insert("type".to_owned(), kinds.into_iter().chain([json!("null")]).collect());
    }
    let is_open = is("x-kubernetes-preserve-unknown-fields") || is("x-kubernetes-embedded-resource");
    if is_structure && made.get("type") == Some(&json!("object")) && !is_open {
        made.entry("additionalProperties").or_insert(json!(false));
    }
    Value::Object(made)
}

fn below(name: &str, value: &Value, is_structure: bool) -> Value {
    match (name, value) {
        ("properties", Value::Object(fields)) => {
            fields.iter().map(|(name, field)| (name.clone(), mapped(field, is_structure))).collect()
        }
        ("items" | "additionalProperties", value) => mapped(value, is_structure),
        ("not", value) => mapped(value, false),
        ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
            parts.iter().map(|part| mapped(part, false)).collect()
        }
        _ => value.clone(),
    }
}

//! Which problems an operation can answer with, and how the document tells of them.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Map, Value, json};
use uptake::{Fault, problem::TYPE_PREFIX};

/// Slugs by status.
pub(super) type Slugs = BTreeMap<u16, BTreeSet<&'static str>>;

/// What an operation has, and what therefore can be wrong with a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    /// The slug of an id that nothing has.
    pub(super) not_found: Option<&'static str>,
    pub(super) has_query: bool,
    pub(super) has_body: bool,
    /// The body is no JSON.
    pub(super) is_csv: bool,
    pub(super) uses_database: bool,
    /// The body names users and services.
    pub(super) refers: bool,
}

impl Traits {
    /// The service's own problems.
    fn own(self) -> Slugs {
        let mut slugs = Slugs::new();
        let mut add = |status, names: &[&'static str]| slugs.entry(status).or_default().extend(names);
        add(400, &["malformed-condition"]);
        add(412, &["precondition-failed"]);
        if let Some(slug) = self.not_found {
            add(404, &[slug]);
        }
        if self.has_query {
            add(422, &["invalid-query"]);
        }
        if self.has_body {
            add(400, &["unreadable-body"]);
            add(413, &["body-too-large"]);
            add(415, &["unsupported-media-type", "unsupported-content-encoding"]);
        }
        if self.has_body && self.is_csv {
            add(422, &["invalid-csv"]);
        } else if self.has_body {
            add(400, &["malformed-json"]);
            add(422, &["invalid-body"]);
        }
        if self.uses_database {
            add(500, &["internal"]);
            add(503, &["database-busy"]);
        }
        if self.refers {
            add(409, &["rating-exists"]);
            add(422, &["unknown-reference"]);
        }
        slugs
    }
}

/// What the platform can answer in the service's place, whatever the operation.
fn of_the_platform() -> Slugs {
    let mut slugs = Slugs::new();
    // An operation that is in the document has a method that is possible.
    let other_methods = [Fault::MethodNotAllowed, Fault::MethodNotSupported];
    for fault in Fault::ALL.into_iter().filter(|fault| !other_methods.contains(fault)) {
        slugs.entry(fault.status().as_u16()).or_default().insert(fault.slug());
    }
    slugs
}

/// The responses of an operation with problems, and the components that they refer to. Operations with the same
/// problems of a status share one.
pub(super) fn responses(operation: Traits, components: &mut Map<String, Value>) -> Map<String, Value> {
    let own = operation.own();
    let mut all = of_the_platform();
    for (status, slugs) in &own {
        all.entry(*status).or_default().extend(slugs);
    }
    let mut responses = Map::new();
    for (status, slugs) in all {
        let name = component_name(status, own.get(&status));
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
        components.entry(name).or_insert_with(|| response(status, &slugs));
    }
    responses
}

/// Such as `ServiceUnavailable`, or `NotFound_user-not-found` where the service has problems of its own.
fn component_name(status: u16, own: Option<&BTreeSet<&'static str>>) -> String {
    let mut name = reason(status).replace(' ', "");
    for slug in own.into_iter().flatten() {
        name.push('_');
        name.push_str(slug);
    }
    name
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Problem")
}

fn response(status: u16, slugs: &BTreeSet<&'static str>) -> Value {
    let types: Vec<_> = slugs.iter().map(|slug| format!("{TYPE_PREFIX}{slug}")).collect();
    let told: Vec<_> = slugs.iter().map(|slug| format!("`{slug}`")).collect();
    let example = json!({"type": types.first(), "title": reason(status), "status": status});
    let schema = json!({"allOf": [
        {"$ref": "#/components/schemas/Problem"},
        {"properties": {"type": {"enum": types}, "status": {"const": status}}},
    ]});
    let mut headers = json!({
        "Cache-Control": {"$ref": "#/components/headers/NoStore"},
        "Proxy-Status": {"$ref": "#/components/headers/ProxyStatus"},
        "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
    });
    match status {
        503 => headers["Retry-After"] = json!({"$ref": "#/components/headers/RetryAfter"}),
        415 => {
            for name in ["Accept", "Accept-Patch", "Accept-Encoding"] {
                headers[name] = json!({"description": "What is taken here", "schema": {"type": "string"}});
            }
        }
        _ => {}
    }
    json!({
        "description": format!("{}: {}", reason(status), told.join(", ")),
        "headers": headers,
        "content": {"application/problem+json": {"schema": schema, "example": example}},
    })
}

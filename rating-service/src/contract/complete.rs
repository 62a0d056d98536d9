//! What follows from an operation's parameters and bodies: problems, fields of answers, links.

use serde_json::{Map, Value, json};

use super::problems::{self, Traits};

/// Adds to the document what its macros do not tell.
pub(super) fn complete(document: &mut Value) {
    let mut responses = Map::new();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                add_problems(path, operation, &mut responses);
                add_fields(path, method, operation);
                add_links(path, method, operation);
            }
        }
    }
    let components = &mut document["components"];
    components["responses"] = responses.into();
    components["headers"] = headers();
    components["schemas"]["Problem"] = problem();
    for (name, schema) in components["schemas"].as_object_mut().into_iter().flatten() {
        if let Some(noun) = name.strip_prefix("Page_") {
            schema["properties"]["items"]["items"] = json!({"$ref": format!("#/components/schemas/{noun}")});
        }
        if name.starts_with("New") || name.ends_with("Patch") {
            close(schema);
        }
    }
}

/// Members of bodies that are not named are refused.
fn close(schema: &mut Value) {
    if schema.get("properties").is_some() {
        schema["additionalProperties"] = false.into();
    }
    for part in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        close(part);
    }
}

fn add_problems(path: &str, operation: &mut Value, components: &mut Map<String, Value>) {
    let parameters = operation["parameters"].as_array();
    let traits = Traits {
        not_found: match path {
            "/users/{id}" => Some("user-not-found"),
            "/services/{id}" => Some("service-not-found"),
            "/ratings/{id}" => Some("rating-not-found"),
            _ => None,
        },
        has_query: parameters.into_iter().flatten().any(|parameter| parameter["in"] == "query"),
        has_body: operation.get("requestBody").is_some(),
        is_csv: operation["requestBody"]["content"].get("text/csv").is_some(),
        uses_database: path != super::PATH,
        refers: operation["operationId"] == "createRatings",
    };
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.extend(problems::responses(traits, components));
    }
}

/// The fields of successful answers.
fn add_fields(path: &str, method: &str, operation: &mut Value) {
    let field = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    let responses = &mut operation["responses"];
    match method {
        "get" => {
            let known = json!({"ETag": field("ETag"), "Cache-Control": field("NoCache")});
            responses["200"]["headers"] = known.clone();
            if !path.ends_with("{id}") && path != super::PATH {
                responses["200"]["headers"]["Link"] = field("Link");
            }
            let description = "The client has this state already: see If-None-Match";
            responses["304"] = json!({"description": description, "headers": known});
        }
        "patch" => responses["200"]["headers"] = json!({"ETag": field("ETag")}),
        "post" if responses.get("201").is_some() => {
            let tag = if path == "/ratings" { "ETagOfOne" } else { "ETag" };
            responses["201"]["headers"] = json!({"ETag": field(tag), "Location": field("Location")});
        }
        _ => {}
    }
}

/// From what was made to what can be done with it.
fn add_links(path: &str, method: &str, operation: &mut Value) {
    let noun = match path {
        "/users" => "User",
        "/services" => "Service",
        "/ratings" => "Rating",
        _ => return,
    };
    if method != "post" {
        return;
    }
    let mut links = Map::new();
    let mut link = |operation: String, parameter: &str| {
        let parameters = json!({parameter: "$response.body#/id"});
        links.insert(operation.clone(), json!({"operationId": operation, "parameters": parameters}));
    };
    for verb in ["get", "change", "delete"] {
        link(format!("{verb}{noun}"), "id");
    }
    match noun {
        "User" => link("listRatings".to_owned(), "userId"),
        "Service" => link("listRatings".to_owned(), "serviceId"),
        _ => {}
    }
    operation["responses"]["201"]["links"] = links.into();
}

fn headers() -> Value {
    let text = |description: &str, required: bool, example: &str| json!({"description": description, "required": required, "schema": {"type": "string"}, "example": example});
    let tag = r#""bLWbKuVZCRnt5cnNQ4hZzA""#;
    json!({
        "ETag": text("Strong entity tag of the body (RFC 9110 §8.8.3)", true, tag),
        "ETagOfOne": text("Strong entity tag of the body, if one rating was made", false, tag),
        "Link": text("The first and the next page (RFC 8288)", false, r#"</api/users?cursor=WzFd>; rel="next""#),
        "Location": text("Path of what was made", true, "/api/users/01a1970b-a156-7a67-bb60-b8527463211a"),
        "NoCache": text("Keep it, but ask each time whether it is still so", true, "no-cache"),
        "NoStore": text("Problems are not kept", true, "no-store"),
        "ProxyStatus": text("Who failed, where the platform made this answer (RFC 9209)", false,
            r#"uptake; error=destination_unavailable; details="disconnected""#),
        "RequestId": text("Identity of the request in logs, from the proxy", false, "af0bde6a812921b2-3"),
        "RetryAfter": {
            "description": "Seconds after which to try again",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
            "example": 1,
        },
    })
}

/// The form of every problem; each response says which types it can have.
fn problem() -> Value {
    let fault = json!({
        "type": "object",
        "required": ["detail"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the body"},
            "parameter": {"type": "string", "description": "Name of the query parameter"},
            "detail": {"type": "string"},
            "ratingId": {"type": "string", "format": "uuid", "description": "The rating that is in the way"},
        },
    });
    json!({
        "description": "A problem document (RFC 9457)",
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "What programs match on"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "requestId": {"type": "string", "description": "Where the platform made this answer"},
            "errors": {"type": "array", "items": fault, "maxItems": 200,
                "description": "All that is wrong with the request"},
            "line": {"type": "integer", "description": "Of malformed JSON or CSV, counted from 1"},
            "column": {"type": "integer", "description": "In octets, counted from 1"},
            "pointer": {"type": "string", "description": "JSON pointer to the innermost value that was read"},
        },
    })
}

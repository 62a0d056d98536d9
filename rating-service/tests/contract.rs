//! The document against the code.

use std::{collections::BTreeSet, fs};

use http::{Method, StatusCode, header};
use rating_service::contract::{PATH, document};
use serde_json::Value;
use uptake::{Fault, problem::TYPE_PREFIX};

use crate::support::{App, NOBODY, request, send};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/openapi.json");

/// Methods that a path of the document can have.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

#[test]
fn the_contract_is_the_one_that_was_agreed() {
    let text = serde_json::to_string_pretty(document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(GOLDEN, &text).unwrap();
    }
    let agreed = fs::read_to_string(GOLDEN).unwrap();
    // The whole of both would hide what differs.
    let differs = agreed.lines().zip(text.lines()).position(|(agreed, text)| agreed != text);
    assert!(
        agreed == text,
        "line {:?} differs: UPDATE_GOLDEN=1 writes {GOLDEN} anew",
        differs.map(|line| line + 1)
    );
}

#[tokio::test]
async fn the_document_is_served_with_a_tag() {
    let app = App::start().await;
    let answer = app.get(PATH).await;
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-cache");
    assert!(answer.headers.contains_key(header::ETAG));
    assert_eq!(&answer.ok(), document());
}

#[tokio::test]
async fn the_document_has_exactly_the_methods_of_the_router() {
    let app = App::start().await;
    for (path, item) in document()["paths"].as_object().unwrap() {
        let target = path.replace("{id}", NOBODY);
        let answer = send(app.router(), request(Method::OPTIONS, &target, None)).await;
        let allow: BTreeSet<_> = answer.headers[header::ALLOW].to_str().unwrap().split(',').collect();
        for method in METHODS {
            let documented = item.get(method.as_str().to_lowercase()).is_some();
            let answer = send(app.router(), request(method.clone(), &target, None)).await;
            assert_eq!(answer.status != StatusCode::METHOD_NOT_ALLOWED, documented, "{method} {path}");
            assert_eq!(allow.contains(method.as_str()), documented, "{method} {path}");
        }
        assert_eq!(allow.contains("HEAD"), item.get("get").is_some(), "{path}");
    }
}

#[test]
fn every_operation_can_be_understood_and_called_by_its_name() {
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        for text in ["summary", "description", "operationId"] {
            assert!(
                operation[text].as_str().is_some_and(|text| !text.is_empty()),
                "{text} of {method} {path}"
            );
        }
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        for parameter in operation["parameters"].as_array().unwrap() {
            assert!(parameter["description"].is_string(), "{parameter} of {method} {path}");
        }
    }
}

/// The types of all problems in the document.
fn documented_slugs() -> BTreeSet<String> {
    let responses = document()["components"]["responses"].as_object().unwrap();
    let types = responses.values().flat_map(|response| {
        let schema = &response["content"]["application/problem+json"]["schema"];
        schema["allOf"][1]["properties"]["type"]["enum"].as_array().unwrap()
    });
    types.map(|name| name.as_str().unwrap().strip_prefix(TYPE_PREFIX).unwrap().to_owned()).collect()
}

#[test]
fn the_document_names_exactly_the_problems_that_there_are() {
    // The first text of each pair in `Error::kind`.
    let kinds = include_str!("../src/error.rs")
        .split_once("fn kind(&self)")
        .unwrap()
        .1
        .split_once("\n    }\n")
        .unwrap()
        .0;
    let own = kinds.split("(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut expected: BTreeSet<String> = own.map(str::to_owned).collect();
    assert!(expected.len() > 15, "{expected:?}");
    expected.extend(Fault::ALL.map(|fault| fault.slug().to_owned()));
    // No operation can have these: what the document says of them is in its description.
    let description = document()["info"]["description"].as_str().unwrap();
    for other in ["not-found", "method-not-allowed"] {
        assert!(expected.remove(other) && description.contains(&format!("`{other}`")), "{other}");
    }
    assert!(expected.remove("method-not-supported"));
    assert_eq!(documented_slugs(), expected);
}

//! What HTTP asks of every route.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::json;

use crate::support::{Answer, App, request, send};

const COLLECTIONS: [&str; 3] = ["/users", "/services", "/ratings"];

async fn post(app: &App, path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = Request::post(path);
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    send(app.router(), request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_body_that_is_not_json_is_400() {
    let app = App::start().await;
    for path in COLLECTIONS {
        for body in ["", "{", "{\"name\": \"x\"} x", "\u{feff}{}", "{\"score\": 1e999}"] {
            post(&app, path, Some("application/json"), body).await.problem(400, "malformed-json");
        }
        post(&app, path, Some("application/json"), &b"{\"name\": \"\xff\"}"[..])
            .await
            .problem(400, "malformed-json");
        post(&app, path, Some("application/json"), "[".repeat(100_000)).await.problem(400, "malformed-json");
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_422() {
    let app = App::start().await;
    for path in COLLECTIONS {
        for body in [json!(["Ann"]), json!("Ann"), json!(null), json!(1), json!([])] {
            app.post(path, body).await.problem(422, "invalid-body");
        }
    }
    assert_eq!(app.get("/users").await.items("id").len(), 0);
}

#[tokio::test]
async fn a_body_of_another_media_type_is_415() {
    let app = App::start().await;
    for path in COLLECTIONS {
        for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            post(&app, path, content_type, "{\"name\": \"Ann\"}")
                .await
                .problem(415, "unsupported-media-type");
        }
    }
    let answer = post(&app, "/users", Some("application/json; charset=utf-8"), "{\"name\": \"Ann\"}").await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_patch_may_come_as_a_merge_patch() {
    let app = App::start().await;
    let id = app.user("Ann").await;
    let request = Request::patch(format!("/users/{id}"))
        .header(header::CONTENT_TYPE, "application/merge-patch+json")
        .body("{\"name\": \"Bea\"}".into())
        .unwrap();
    assert_eq!(send(app.router(), request).await.ok()["name"], "Bea");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let app = App::start().await;
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
    post(&app, "/users", Some("application/json"), body).await.problem(413, "body-too-large");
}

#[tokio::test]
async fn a_method_that_a_path_lacks_is_405_and_allow_names_the_others() {
    let app = App::start().await;
    for (path, method, allowed) in [
        ("/users", Method::DELETE, "GET,HEAD,POST"),
        ("/services", Method::PUT, "GET,HEAD,POST"),
        ("/ratings", Method::PATCH, "DELETE,GET,HEAD,POST"),
        ("/users/x", Method::POST, "DELETE,GET,HEAD,PATCH"),
        ("/services/x", Method::PUT, "DELETE,GET,HEAD,PATCH"),
        ("/ratings/x", Method::OPTIONS, "DELETE,GET,HEAD,PATCH"),
    ] {
        let answer = send(app.router(), request(method, path, None)).await;
        let mut allow: Vec<_> = answer.headers[header::ALLOW].to_str().unwrap().split(',').collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed);
        answer.problem(405, "method-not-allowed");
    }
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    let app = App::start().await;
    for path in ["/", "/user", "/users/", "/users/a/b", "/Users", "//users"] {
        app.get(path).await.problem(404, "not-found");
        app.post(path, json!({})).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let app = App::start().await;
    let answer = send(app.router(), request(Method::HEAD, "/users", None)).await;
    assert_eq!((answer.status, answer.body.is_null()), (StatusCode::OK, true));
}

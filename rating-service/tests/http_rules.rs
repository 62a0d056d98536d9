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
        for body in ["", "{", "{\"name\": \"x\"} x", "\u{feff}{}"] {
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
async fn a_method_that_a_path_lacks_is_405_and_allow_names_the_others_like_options_does() {
    let app = App::start().await;
    for (path, method, allowed) in [
        ("/users", Method::DELETE, "GET,HEAD,OPTIONS,POST"),
        ("/services", Method::PUT, "GET,HEAD,OPTIONS,POST"),
        ("/ratings", Method::PATCH, "DELETE,GET,HEAD,OPTIONS,POST"),
        ("/users/x", Method::POST, "DELETE,GET,HEAD,OPTIONS,PATCH"),
        ("/services/x", Method::PUT, "DELETE,GET,HEAD,OPTIONS,PATCH"),
        ("/ratings/x", Method::POST, "DELETE,GET,HEAD,OPTIONS,PATCH"),
    ] {
        let sorted = |answer: &Answer| {
            let mut allow: Vec<_> = answer.field(header::ALLOW).split(',').collect();
            allow.sort_unstable();
            allow.join(",")
        };
        let answer = send(app.router(), request(method, path, None)).await;
        assert_eq!(sorted(&answer), allowed);
        answer.problem(405, "method-not-allowed");
        let options = send(app.router(), request(Method::OPTIONS, path, None)).await;
        assert_eq!(sorted(&options), allowed);
        assert_eq!(options.headers.contains_key("accept-patch"), allowed.contains("PATCH"), "RFC 5789 §3.1");
        options.no_content();
    }
}

#[tokio::test]
async fn a_415_says_what_would_be_taken() {
    let app = App::start().await;
    let answer = post(&app, "/users", Some("text/plain"), "{}").await;
    assert_eq!(answer.field(header::ACCEPT), "application/json");
    assert!(!answer.headers.contains_key("accept-patch"));
    // A JSON Patch (RFC 6902) is JSON too, but something else.
    for content_type in ["application/json-patch+json", "text/plain"] {
        let request = Request::patch("/users/x").header(header::CONTENT_TYPE, content_type);
        let answer = send(app.router(), request.body("[]".into()).unwrap()).await;
        assert_eq!(answer.field("accept-patch"), "application/merge-patch+json, application/json");
        assert_eq!(answer.field(header::ACCEPT), "application/merge-patch+json, application/json");
        answer.problem(415, "unsupported-media-type");
    }
    post(&app, "/users", Some("application/merge-patch+json"), "{}")
        .await
        .problem(415, "unsupported-media-type");
    let request = Request::post("/users").header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::CONTENT_ENCODING, "gzip").body("{}".into()).unwrap();
    let answer = send(app.router(), request).await;
    assert_eq!(answer.field(header::ACCEPT_ENCODING), "identity");
    answer.problem(415, "unsupported-content-encoding");
}

#[tokio::test]
async fn whatever_a_client_accepts_it_gets_json() {
    let app = App::start().await;
    let request = Request::get("/users").header(header::ACCEPT, "text/html, application/json;q=0");
    let answer = send(app.router(), request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.field(header::CONTENT_TYPE)), (StatusCode::OK, "application/json"));
}

#[tokio::test]
async fn no_error_is_kept_by_a_cache() {
    let app = App::start().await;
    for path in ["/", "/users/x", "/users?x=1"] {
        assert_eq!(app.get(path).await.field(header::CACHE_CONTROL), "no-store");
    }
    assert_eq!(app.delete("/users").await.field(header::CACHE_CONTROL), "no-store");
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
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let rating = app.rating(&user, &service, 1.0).await;
    let items = [format!("/users/{user}"), format!("/services/{service}"), format!("/ratings/{rating}")];
    let others = ["/users?limit=x", "/users/x", "/x"].map(str::to_owned);
    for path in COLLECTIONS.map(str::to_owned).iter().chain(&items).chain(&others) {
        let head = send(app.router(), request(Method::HEAD, path, None)).await;
        let get = app.get(path).await;
        assert_eq!((head.status, &head.headers), (get.status, &get.headers), "{path}");
        assert!(head.body.is_null());
        assert_eq!(head.field(header::CONTENT_LENGTH), get.body.to_string().len().to_string(), "{path}");
    }
}

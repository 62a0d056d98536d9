//! The stack of `page-server`, without a socket. What the page itself answers, the tests of the proxy's page tell.

use std::fs;

use clap::Parser as _;
use http_body_util::{BodyExt as _, Full};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;

const INDEX: &str = "<base href=\"/\"><meta name=\"api\" content=\"\">";

fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("assets")).unwrap();
    for (name, text) in [("index.html", INDEX), ("assets/a-1.js", "plain"), ("assets/a-1.js.br", "brotli")] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn config(folder: &TempDir, arguments: &[&str]) -> Config {
    let ui_dir = format!("--ui-dir={}", folder.path().display());
    Config::parse_from([&[NAME, &ui_dir], arguments].concat())
}

/// What a page with these settings answers.
async fn ask(arguments: &[&str], request: http::request::Builder) -> (Response<()>, String) {
    let folder = built();
    let config = config(&folder, arguments);
    let service = public(config.page().unwrap(), &config, CancellationToken::new());
    let request = request.header("host", "x").body(Full::<Bytes>::default()).unwrap();
    told(service.oneshot(request).await.unwrap()).await
}

async fn told(response: Response<Body>) -> (Response<()>, String) {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), String::from_utf8(body.into()).unwrap())
}

fn field<'a>(response: &'a Response<()>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_page_is_told_its_own_path_and_that_of_the_services() {
    let (response, body) = ask(&[], Request::get("/ui/services/7")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body, "<base href=\"/ui/\"><meta name=\"api\" content=\"/api\">");
    assert!(field(&response, "content-security-policy").contains("default-src 'none'"));
    assert!(!field(&response, "x-request-id").is_empty());

    let (_, body) = ask(&["--ui-path=/app", "--api-path=/v1"], Request::get("/app")).await;
    assert_eq!(body, "<base href=\"/app/\"><meta name=\"api\" content=\"/v1\">");
}

#[tokio::test]
async fn files_are_served_as_they_were_compressed() {
    let (response, body) = ask(&[], Request::get("/ui/assets/a-1.js").header("accept-encoding", "br")).await;
    assert_eq!((field(&response, "content-encoding"), body.as_str()), ("br", "brotli"));
    assert!(field(&response, "cache-control").contains("immutable"));
    let (response, body) = ask(&[], Request::head("/ui/assets/a-1.js")).await;
    assert_eq!((field(&response, "content-length"), body.as_str()), ("5", ""));
}

#[tokio::test]
async fn nothing_else_is_served() {
    for (method, target, status) in [
        ("GET", "/", 404),
        ("GET", "/api/users", 404),
        ("GET", "/uix", 404),
        ("GET", "/-/openapi", 404),
        ("GET", "/healthz", 404),
        ("GET", "/ui/assets/b.js", 404),
        ("POST", "/ui/", 405),
        ("TRACE", "/ui/", 501),
        ("OPTIONS", "*", 400),
    ] {
        let (response, body) = ask(&[], Request::builder().method(method).uri(target)).await;
        assert_eq!(response.status(), status, "{method} {target}");
        assert!(body.contains("\"requestId\""), "{method} {target}: {body}");
    }
    let long = format!("/ui/{}", "x".repeat(MAX_TARGET_OCTETS));
    assert_eq!(ask(&[], Request::get(long)).await.0.status(), StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn at_the_root_the_page_leaves_the_paths_of_the_services_alone() {
    let at_root = |target: &'static str| ask(&["--ui-path=/"], Request::get(target));
    assert_eq!(at_root("/services/7").await.1, "<base href=\"/\"><meta name=\"api\" content=\"/api\">");
    assert_eq!(at_root("/api/users").await.0.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_body_that_nobody_reads_closes_its_connection() {
    let folder = built();
    let config = config(&folder, &[]);
    let service = public(config.page().unwrap(), &config, CancellationToken::new());
    let request = Request::post("/ui/").header("host", "x").body(Full::from("text")).unwrap();
    let (response, _) = told(service.oneshot(request).await.unwrap()).await;
    assert_eq!((response.status().as_u16(), field(&response, "connection")), (405, "close"));
}

#[test]
fn a_folder_that_is_no_page_and_two_pages_at_one_path_are_refused() {
    let folder = built();
    let error = config(&folder, &["--api-path=/ui"]).page().unwrap_err().to_string();
    assert!(error.contains("--ui-path (PAGE_UI_PATH): /ui/ is the path of the services"), "{error}");
    fs::remove_file(folder.path().join("index.html")).unwrap();
    let error = format!("{:#}", config(&folder, &[]).page().unwrap_err());
    assert!(error.contains("--ui-dir (PAGE_UI_DIR)") && error.contains("there is no index.html"), "{error}");
}

#[tokio::test]
async fn it_is_ready_until_it_drains() {
    let drain = CancellationToken::new();
    let ask = async |path: &str| {
        let request = Request::get(path).body(()).unwrap();
        told(private(drain.clone()).oneshot(request).await.unwrap()).await
    };
    assert_eq!(ask("/readyz").await.1, "{\"ready\":true}\n");
    assert_eq!(ask("/metrics").await.0.status(), StatusCode::OK);
    assert_eq!(ask("/ui/").await.0.status(), StatusCode::NOT_FOUND);
    drain.cancel();
    assert_eq!(ask("/readyz").await.0.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask("/healthz").await.0.status(), StatusCode::OK);
}

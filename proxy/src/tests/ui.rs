//! The page that the proxy serves itself.

use std::fs;

use tempfile::TempDir;
use test_support::issuer;

use super::*;

const INDEX: &str =
    "<base href=\"/\"><meta name=\"api\" content=\"/api\"><script src=\"./assets/a-1.js\"></script>";

/// A folder with a page, as a build leaves it.
fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("assets")).unwrap();
    for (name, text) in [
        ("index.html", INDEX),
        ("index.html.br", "old"),
        ("robots.txt", "none"),
        (".hidden", "x"),
        ("a b%.svg", "<svg/>"),
        ("assets/a-1.js", "plain"),
        ("assets/a-1.js.br", "brotli"),
        ("assets/a-1.js.gz", "gzip"),
        ("lonely.txt.gz", "gzip"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    // As in a mounted volume.
    std::os::unix::fs::symlink(".hidden", folder.path().join("linked.txt")).unwrap();
    folder
}

/// A proxy with a page, and its folder; the services are below a path.
fn page_beside(services: &str, arguments: &[&str]) -> (Proxy, TempDir) {
    let folder = built();
    let ui_dir = format!("--ui-dir={}", folder.path().display());
    let arguments = [&["--strip-prefix", services, &ui_dir], arguments].concat();
    (Proxy::new(&arguments, hello), folder)
}

fn page() -> (Proxy, TempDir) {
    page_beside("/api", &[])
}

fn field<'a>(response: &'a Response<()>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_page_is_served_and_told_where_it_lies() {
    let (proxy, _folder) = page();
    let written = INDEX.replace("href=\"/\"", "href=\"/ui/\"");
    for target in ["/ui", "/ui/", "/ui?x=1", "/ui/index.html", "/ui/services/7", "/ui/services/", "/ui//x"] {
        let (response, body) = proxy.ask(Method::GET, target).await;
        assert_eq!((response.status(), body), (StatusCode::OK, written.clone().into()), "{target}");
        assert_eq!(field(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(field(&response, "cache-control"), "no-cache");
    }
    let (elsewhere, _folder) = page_beside("", &["--ui-path", "/a/b/"]);
    let (_, body) = elsewhere.ask(Method::GET, "/a/b/x").await;
    assert_eq!(body, INDEX.replace("href=\"/\"", "href=\"/a/b/\"").replace("\"/api\"", "\"\""));
    assert!(proxy.asked().is_empty() && elsewhere.asked().is_empty());
}

#[tokio::test]
async fn each_file_says_what_it_is_and_how_long_it_may_be_kept() {
    let (proxy, _folder) = page();
    for (target, body, media_type, cache) in [
        (
            "/ui/assets/a-1.js",
            "plain",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        ("/ui/robots.txt", "none", "text/plain; charset=utf-8", "no-cache"),
        ("/ui/a%20b%25.svg", "<svg/>", "image/svg+xml; charset=utf-8", "no-cache"),
        ("/ui/linked.txt", "x", "text/plain; charset=utf-8", "no-cache"),
        ("/ui/lonely.txt.gz", "gzip", "application/octet-stream", "no-cache"),
    ] {
        let (response, found) = proxy.ask(Method::GET, target).await;
        assert_eq!((response.status(), &found[..]), (StatusCode::OK, body.as_bytes()), "{target}");
        assert_eq!(
            (field(&response, "content-type"), field(&response, "cache-control")),
            (media_type, cache)
        );
        assert_security(&response);
        let (head, nothing) = proxy.ask(Method::HEAD, target).await;
        assert_eq!((head.status(), nothing.len()), (StatusCode::OK, 0));
        assert_eq!(field(&head, "content-length"), body.len().to_string());
    }
}

fn assert_security(response: &Response<()>) {
    let policy = field(response, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; ") && !policy.contains("unsafe"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(field(response, name), value, "{name}");
    }
    assert!(field(response, "permissions-policy").contains("camera=()"));
}

#[tokio::test]
async fn what_is_missing_is_not_found_and_never_the_page() {
    let (proxy, _folder) = page();
    for target in [
        "/ui/assets/a-2.js",
        "/ui/assets/",
        "/ui/assets",
        "/ui/assets/%2e%2e/robots",
        "/ui/favicon.ico",
        "/ui/.hidden",
        "/ui/index.html.br",
        "/ui/assets/a-1.js.br",
        "/ui/..",
        "/ui/../robots.txt",
        "/ui/assets/../robots.txt",
        "/ui/\\..\\robots.txt",
        "/ui//robots.txt",
        "/ui/robots.txt/",
        "/ui/robots.txt%00",
        "/uix",
        "/",
    ] {
        let answer = proxy.ask(Method::GET, target).await;
        if target == "/ui/robots.txt/" || target == "/ui/assets" {
            assert_eq!(answer.0.status(), StatusCode::OK, "a view: {target}");
            continue;
        }
        assert_problem(&answer, Fault::NoRoute);
        if target.starts_with("/ui/") {
            assert_security(&answer.0);
        }
    }
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let answer = proxy.ask(method, "/ui/robots.txt").await;
        assert_problem(&answer, Fault::MethodNotAllowed);
        assert_eq!(field(&answer.0, "allow"), "GET, HEAD");
    }
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn a_file_is_sent_in_a_form_that_its_client_takes_and_not_twice() {
    let (proxy, _folder) = page();
    let ask = async |fields: &[(&'static str, &str)]| {
        let request = fields
            .iter()
            .fold(Request::get("/ui/assets/a-1.js"), |request, (name, value)| request.header(*name, *value));
        proxy.send(request.body(Full::<Bytes>::default()).unwrap()).await
    };
    let mut tags = Vec::new();
    for (accepted, coding, body) in
        [("gzip, br", "br", "brotli"), ("gzip", "gzip", "gzip"), ("zstd", "", "plain")]
    {
        let (response, found) = ask(&[("accept-encoding", accepted)]).await;
        assert_eq!((field(&response, "content-encoding"), &found[..]), (coding, body.as_bytes()));
        assert_eq!(field(&response, "vary"), "accept-encoding");
        let tag = field(&response, "etag").to_owned();
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let (response, nothing) = ask(&[("accept-encoding", accepted), ("if-none-match", &known)]).await;
            assert_eq!((response.status(), nothing.len()), (StatusCode::NOT_MODIFIED, 0));
            assert_eq!(field(&response, "etag"), tag);
            assert_eq!(field(&response, "vary"), "accept-encoding");
        }
        tags.push(tag);
    }
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    let (other, body) = ask(&[("accept-encoding", "gzip"), ("if-none-match", &tags[0])]).await;
    assert_eq!((other.status(), &body[..]), (StatusCode::OK, &b"gzip"[..]), "a tag is of one form");
    let page = Request::get("/ui/").header("accept-encoding", "br").body(Full::<Bytes>::default()).unwrap();
    assert!(
        proxy.send(page).await.1.starts_with(b"<base "),
        "what was compressed before it was told where it lies"
    );
}

#[tokio::test]
async fn of_the_page_and_the_services_the_longer_path_counts() {
    for (ui, services, of_page, of_services) in [
        ("/ui", "/api", "/ui/x", "/api/ui"),
        ("/ui", "", "/ui/x", "/users"),
        ("/", "/api", "/users", "/api/users"),
        ("/api/ui", "/api", "/api/ui/x", "/api/users"),
        ("/a", "/a/b", "/a/bc", "/a/b/c"),
    ] {
        let (proxy, _folder) = page_beside(services, &["--ui-path", ui, "--deny", "/ui"]);
        assert!(proxy.ask(Method::GET, of_page).await.1.starts_with(b"<base "), "{ui} {of_page}");
        assert!(proxy.asked().is_empty());
        let (_, body) = proxy.ask(Method::GET, "/-/openapi").await;
        assert!(body.starts_with(b"{\"documents\":"), "the proxy's own comes first");
        if of_services != "/api/ui" {
            assert_eq!(proxy.ask(Method::GET, of_services).await.1, "hello", "{services} {of_services}");
        }
    }
    let without = Proxy::new(&["--ui-path", "/ui"], hello);
    assert_eq!(without.ask(Method::GET, "/ui/x").await.1, "hello", "no folder, no page");
}

#[tokio::test]
async fn the_page_is_public_and_counts_as_an_answer() {
    let keys = tempfile::NamedTempFile::new().unwrap();
    fs::write(keys.path(), issuer::jwks(&[&issuer::Issuer::new("key")])).unwrap();
    let settings = ["--auth-jwks", keys.path().to_str().unwrap(), "--auth-required", "/"];
    let (proxy, _folder) = page_beside("/api", &settings);
    assert_problem(&proxy.ask(Method::GET, "/api/users").await, Fault::Unauthenticated);
    let (response, limits) =
        proxy.open(Request::get("/ui/robots.txt").body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!((response.status(), limits.answer_octets()), (StatusCode::OK, 4));
    drop(response);
    assert_eq!(limits.answer_octets(), 0);
}

#[test]
fn a_folder_or_path_that_is_no_page_is_refused_with_the_reason() {
    let refused = |folder: &std::path::Path, arguments: &[&str]| {
        let ui_dir = format!("--ui-dir={}", folder.display());
        let config = Config::parse_from([&["proxy", "--strip-prefix=/api", &ui_dir], arguments].concat());
        format!("{:#}", Ui::read(&config.ui, &config.routing).unwrap_err())
    };
    let folder = built();
    for path in ["/-/", "/-/x", "/api/-/x"] {
        assert!(refused(folder.path(), &["--ui-path", path]).contains("the proxy answers itself"), "{path}");
    }
    assert!(refused(folder.path(), &["--ui-path", "/api/"]).contains("another --strip-prefix"));

    let link = folder.path().join("out.txt");
    std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
    assert!(refused(folder.path(), &[]).contains("out.txt is a link that leads out of it"));
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(".", &link).unwrap();
    assert!(refused(folder.path(), &[]).contains("lies in more than 16 folders"));
    fs::remove_file(&link).unwrap();
    fs::File::create(&link).unwrap().set_len(65 << 20).unwrap();
    assert!(refused(folder.path(), &[]).contains("more than 67108864 octets"));
    fs::remove_file(&link).unwrap();

    fs::write(folder.path().join("index.html"), "<html>").unwrap();
    assert!(refused(folder.path(), &[]).contains("index.html: it must have <base href="));
    fs::remove_file(folder.path().join("index.html")).unwrap();
    let words = refused(folder.path(), &[]);
    assert!(words.contains("--ui-dir (PROXY_UI_DIR)") && words.contains("was the page built?"), "{words}");
    assert!(refused(&folder.path().join("none"), &[]).contains("No such file"));
}

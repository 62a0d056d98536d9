//! The console without a platform behind it: who is let in, and to what.

use clap::Parser as _;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::config::Config;

const TOKEN: &str = "0123456789abcdef";
const INDEX: &str = "<base href=\"/\"><meta name=\"api\" content=\"/api\">";

/// What came of a request.
struct Answer {
    status: StatusCode,
    fields: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The slug of a problem.
    fn slug(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(self.field("content-type"), "application/problem+json");
        problem["type"].as_str().unwrap().strip_prefix("urn:uptake:problem:").unwrap().to_owned()
    }

    /// The cookie as a browser sends it.
    fn cookie(&self) -> String {
        self.field("set-cookie").split(';').next().unwrap().to_owned()
    }
}

struct Stage {
    console: Console,
    _folder: TempDir,
}

impl Stage {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (page, token) = (folder.path().join("page"), folder.path().join("token"));
        std::fs::create_dir(&page).unwrap();
        std::fs::write(page.join("index.html"), INDEX).unwrap();
        std::fs::write(page.join("icon.svg"), "<svg/>").unwrap();
        std::fs::write(&token, TOKEN).unwrap();
        let settings = [
            "proxy".to_owned(),
            format!("--console-dir={}", page.display()),
            format!("--console-token-file={}", token.display()),
        ];
        let config = Config::parse_from(settings);
        Self { console: Console::start(&config.console).unwrap().unwrap(), _folder: folder }
    }

    /// What comes of a request; 299 stands for that it would be fulfilled.
    async fn ask(&self, method: Method, target: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        let request = Request::builder().method(method).uri(target).header("host", "localhost:8081");
        let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let (parts, body) = request.body(Full::from(body.to_owned())).unwrap().into_parts();
        let path = strip(parts.uri.path(), PATH).unwrap();
        let response = match strip(path, API) {
            None => self.console.file(&parts, path),
            Some(path) => match self.console.admit(&parts, path, body).await {
                Ok(_) => Response::builder().status(299).body(Body::default()).unwrap(),
                Err(response) => response,
            },
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status, fields: head.headers, body }
    }

    async fn get(&self, target: &str) -> Answer {
        self.ask(Method::GET, target, &[], "").await
    }

    async fn sign_in(&self, token: &str) -> Answer {
        let fields = [("content-type", "application/json")];
        self.ask(Method::POST, "/console/api/session", &fields, &json!({"token": token}).to_string()).await
    }

    async fn with_cookie(&self, target: &str, cookie: &str) -> Answer {
        self.ask(Method::GET, target, &[("cookie", cookie)], "").await
    }
}

#[tokio::test]
async fn files_are_for_everybody_and_the_page_knows_where_it_lies() {
    let stage = Stage::start();
    let written = INDEX.replace("\"/\"", "\"/console/\"").replace("\"/api\"", "\"/console/api\"");
    for target in
        ["/console", "/console/", "/console/dead-letters/7?x=1", "/console/../dead-letters", "/console//x"]
    {
        let answer = stage.get(target).await;
        assert_eq!((answer.status, answer.body), (StatusCode::OK, written.clone().into()), "{target}");
    }
    let icon = stage.get("/console/icon.svg").await;
    assert_eq!(
        (&icon.body[..], icon.field("content-type")),
        (&b"<svg/>"[..], "image/svg+xml; charset=utf-8")
    );
    assert!(icon.field("content-security-policy").starts_with("default-src 'none'; script-src 'self'; "));
    for target in ["/console/x.js", "/console/%2e%2e/icon.svg", "/console/../icon.svg", "/console/assets/"] {
        let missing = stage.get(target).await;
        assert_eq!(
            (missing.status, missing.slug().as_str()),
            (StatusCode::NOT_FOUND, "no-route"),
            "{target}"
        );
    }
    let posted = stage.ask(Method::POST, "/console/", &[], "").await;
    assert_eq!((posted.slug().as_str(), posted.field("allow")), ("method-not-allowed", "GET, HEAD"));
}

#[tokio::test]
async fn who_shows_the_token_is_let_in_until_signed_out() {
    let stage = Stage::start();
    let before = stage.get("/console/api/session").await;
    assert_eq!((before.status, before.slug().as_str()), (StatusCode::UNAUTHORIZED, "sign-in-needed"));
    assert_eq!(before.field("www-authenticate"), "Cookie realm=\"uptake-console\"");
    let signed_in = stage.sign_in(TOKEN).await;
    assert_eq!((signed_in.status, signed_in.body.len()), (StatusCode::NO_CONTENT, 0));
    let cookie = signed_in.cookie();
    let session = stage.with_cookie("/console/api/session", &cookie).await;
    let told: Value = serde_json::from_slice(&session.body).unwrap();
    let expires: Timestamp = told["expires"].as_str().unwrap().parse().unwrap();
    assert!(told["signedIn"] == true && expires > Timestamp::now(), "{told}");
    for name in ["overview", "history", "dead-letters", "dead-letters/7", "jobs"] {
        let target = &format!("/console/api/{name}");
        assert_eq!(stage.get(target).await.slug(), "sign-in-needed", "{target}");
        assert_eq!(stage.with_cookie(target, &cookie).await.status, 299, "{target}");
    }
    for nothing in
        ["/console/api", "/console/api/", "/console/api/x", "/console/api//jobs", "/console/api/session/"]
    {
        assert_eq!(stage.get(nothing).await.slug(), "sign-in-needed", "{nothing}");
        assert_eq!(stage.with_cookie(nothing, &cookie).await.slug(), "no-route", "{nothing}");
    }
    let out = stage.ask(Method::DELETE, "/console/api/session", &[("cookie", &cookie)], "").await;
    assert_eq!((out.status, out.cookie().as_str()), (StatusCode::NO_CONTENT, "uptake-console="));
    assert!(out.field("set-cookie").ends_with("; Max-Age=0"));
}

#[tokio::test]
async fn a_sign_in_is_json_of_a_few_octets() {
    let stage = Stage::start();
    let (json, long) = (("content-type", "application/json; charset=utf-8"), "x".repeat(5_000));
    for (content_type, body, status, slug) in [
        (json, "", 400, "bad-sign-in"),
        (json, "{}", 400, "bad-sign-in"),
        (json, "{\"token\": 7}", 400, "bad-sign-in"),
        (json, "{\"token\": \"x\", \"user\": \"x\"}", 400, "bad-sign-in"),
        (json, "\u{1f980}", 400, "bad-sign-in"),
        (json, &long, 413, "body-too-large"),
        (("content-type", "text/plain"), "{\"token\": \"0123456789abcdef\"}", 415, "unsupported-media-type"),
        (("x-nothing", ""), "{\"token\": \"0123456789abcdef\"}", 415, "unsupported-media-type"),
        (json, "{\"token\": \"\"}", 401, "wrong-token"),
    ] {
        let answer = stage.ask(Method::POST, "/console/api/session", &[content_type], body).await;
        assert_eq!((answer.status.as_u16(), answer.slug().as_str()), (status, slug), "{body:.40}");
        assert_eq!(answer.field("set-cookie"), "", "{body:.40}");
    }
    let put = stage.ask(Method::PUT, "/console/api/session", &[json], "").await;
    assert_eq!((put.slug().as_str(), put.field("allow")), ("method-not-allowed", "GET, HEAD, POST, DELETE"));
}

#[tokio::test(start_paused = true)]
async fn who_guesses_is_stopped_and_who_is_signed_in_is_not() {
    let stage = Stage::start();
    let cookie = stage.sign_in(TOKEN).await.cookie();
    for _ in 0..10 {
        let wrong = stage.sign_in("0123456789abcdeg").await;
        assert_eq!((wrong.status, wrong.slug().as_str()), (StatusCode::UNAUTHORIZED, "wrong-token"));
    }
    for token in ["0123456789abcdeg", TOKEN] {
        let refused = stage.sign_in(token).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!((refused.slug().as_str(), refused.field("retry-after")), ("too-many-wrong-tokens", "60"));
    }
    assert_eq!(stage.with_cookie("/console/api/jobs", &cookie).await.status, 299);
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    assert_eq!(stage.sign_in(TOKEN).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_page_of_another_origin_is_not_listened_to() {
    let stage = Stage::start();
    let cookie = stage.sign_in(TOKEN).await.cookie();
    let body = json!({"token": "wrong"}).to_string();
    for foreign in [("origin", "http://localhost:8080"), ("sec-fetch-site", "same-site"), ("origin", "null")]
    {
        for _ in 0..12 {
            let fields = [("content-type", "application/json"), foreign];
            let answer = stage.ask(Method::POST, "/console/api/session", &fields, &body).await;
            assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::FORBIDDEN, "foreign-origin"));
        }
        for (method, target) in [(Method::DELETE, "/console/api/session"), (Method::GET, "/console/api/jobs")]
        {
            let answer = stage.ask(method, target, &[("cookie", &cookie), foreign], "").await;
            assert_eq!(answer.slug(), "foreign-origin", "{target} {foreign:?}");
        }
    }
    assert_eq!(stage.sign_in("wrong").await.slug(), "wrong-token", "none of them was counted");
    let own = [("content-type", "application/json"), ("origin", "http://localhost:8081")];
    let answer =
        stage.ask(Method::POST, "/console/api/session", &own, &json!({"token": TOKEN}).to_string()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let typed = [("cookie", cookie.as_str()), ("sec-fetch-site", "none")];
    assert_eq!(stage.ask(Method::GET, "/console/api/jobs", &typed, "").await.status, 299);
}

#[tokio::test]
async fn behind_tls_the_cookie_is_not_sent_in_the_clear() {
    let stage = Stage::start();
    let fields = [("content-type", "application/json"), ("x-forwarded-proto", "https")];
    let body = json!({"token": TOKEN}).to_string();
    let answer = stage.ask(Method::POST, "/console/api/session", &fields, &body).await;
    assert!(answer.field("set-cookie").ends_with("; Secure"), "{}", answer.field("set-cookie"));
}

#[tokio::test]
async fn a_program_shows_the_token_with_each_request() {
    let stage = Stage::start();
    let ask = async |fields: &[&str]| {
        let request =
            fields.iter().fold(Request::builder(), |request, value| request.header("authorization", *value));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let Some(refused) = stage.console.program_refused(&parts) else { return "let in".to_owned() };
        let (head, body) = refused.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer { status: head.status, fields: head.headers, body };
        let challenge =
            if answer.status == StatusCode::UNAUTHORIZED { "Bearer realm=\"uptake-console\"" } else { "" };
        assert_eq!(answer.field("www-authenticate"), challenge);
        answer.slug()
    };
    let right = format!("Bearer {TOKEN}");
    for (fields, slug) in [
        (&[][..], "token-needed"),
        (&["Basic eA=="], "token-needed"),
        (&["Bearer "], "token-needed"),
        (&[&right, &right], "token-needed"),
        (&["Bearer 0123456789abcdeg"], "wrong-token"),
        (&[&right], "let in"),
        (&["bearer 0123456789abcdef"], "let in"),
    ] {
        assert_eq!(ask(fields).await, slug, "{fields:?}");
    }
    for _ in 0..9 {
        assert_eq!(ask(&["Bearer x"]).await, "wrong-token");
    }
    assert_eq!(ask(&[&right]).await, "too-many-wrong-tokens");
}

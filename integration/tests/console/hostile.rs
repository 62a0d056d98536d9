//! Paths and bodies that no page sends.

use std::time::Duration;

use test_support::raw_exchange;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::stage::{Browser, TOKEN, slug, start};

#[tokio::test]
async fn no_path_leads_out_of_the_console() {
    let (platform, _settings) = start().await;
    let browser = Browser::signed_in(&platform.proxies[0]).await;
    let index = browser.get("/console").await.body;
    let (long, long_api) =
        (format!("/console/{}", "x".repeat(60_000)), format!("/console/api/{}", "%2e".repeat(20_000)));
    for target in [
        "/console/",
        "/console/../dead-letters",
        "/console//etc/passwd",
        "/console/%2e%2e/healthz",
        "/console/api%2fjobs",
        "/console/./api",
        "/console/dead-letters/7",
        &long,
    ] {
        let answer = browser.get(target).await;
        assert!(answer.status == 200 && answer.body == index, "{target:.60}: {}", answer.status);
    }
    for target in [
        "/console/../index.html",
        "/console/%2e%2e/index.html",
        "/console/..%2findex.html",
        "/console/assets/../../main.rs",
        "/console/assets/",
        "/console/index.html%00",
        "/consolex",
        "//console",
        "/Console",
        "/console/api/../session",
        "/console/api/..%2fsession",
        "/console/api//session",
        "/console/api/session/",
        "/console/api/dead-letters/18446744073709551616",
        "/console/api/dead-letters/-1",
        "/console/api/dead-letters/1/redrive/",
        "/console/api/jobs/../../healthz",
        &long_api,
    ] {
        let answer = browser.get(target).await;
        assert_eq!((answer.status, slug(&answer).as_str()), (404, "no-route"), "{target:.60}");
    }
    for query in ["after=x", "limit=-1", "cause=%FF", "service=a&service=b", "servce=x"] {
        let answer = browser.get(&format!("/console/api/dead-letters?{query}")).await;
        assert_eq!((answer.status, slug(&answer).as_str()), (400, "bad-query"), "{query}");
    }
}

#[tokio::test]
async fn a_sign_in_is_bounded_in_size_and_in_time() {
    let (platform, _settings) = start().await;
    let browser = Browser::at(&platform.proxies[0]);
    let post = async |content_type: &str, body: &str| {
        browser.ask_with("POST", "/console/api/session", &[("Content-Type", content_type)], body).await
    };
    let token = format!("{{\"token\": \"{TOKEN}\"}}");
    for (content_type, body, status, wrong) in [
        ("text/plain", token.as_str(), 415, "unsupported-media-type"),
        ("application/x-www-form-urlencoded", "token=x", 415, "unsupported-media-type"),
        ("application/json", "[]", 400, "bad-sign-in"),
        ("application/json", &"[".repeat(4_000), 400, "bad-sign-in"),
        ("application/json", &format!("{{\"token\": \"{}\"}}", "x".repeat(5_000)), 413, "body-too-large"),
    ] {
        let answer = post(content_type, body).await;
        assert_eq!((answer.status, slug(&answer).as_str()), (status, wrong), "{body:.40}");
    }
    let head = format!(
        "POST /console/api/session HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 40\r\n",
        platform.proxies[0].admin()
    );
    let mut slow = TcpStream::connect(platform.proxies[0].admin()).await.unwrap();
    slow.write_all(format!("{head}\r\n{{").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(60), slow.read_buf(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
    let cut = format!("{head}Connection: close\r\n\r\n{token:.40}");
    let cut = raw_exchange(platform.proxies[0].admin(), cut.as_bytes());
    assert!(cut.await.unwrap().starts_with(b"HTTP/1.1 400"), "cut off at its announced length");
    assert_eq!(post("application/json; charset=utf-8", &token).await.status, 204);
}

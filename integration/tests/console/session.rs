//! Signing in, and staying so.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use integration::{Platform, SOON, program::spawn};
use test_support::HttpClient;
use tokio::net::TcpStream;

use super::stage::{ADMIN, Browser, Settings, TOKEN, slug, start};

#[tokio::test]
async fn there_is_no_console_unless_it_is_configured() {
    let platform = Platform::builder().workers(0).start().await;
    let proxy = &platform.proxies[0];
    for target in ["/console", "/console/", "/console/api/session", "/console/api/overview"] {
        let answer = Browser::at(proxy).get(target).await;
        assert_eq!((answer.status, slug(&answer).as_str()), (404, "no-route"), "{target}");
    }
    let (console, _settings) = start().await;
    let answer = console.client().await.get("/console/").await.unwrap();
    assert_eq!(answer.status, 404, "not where clients are");
    let mut client = HttpClient::connect(console.proxies[0].admin()).await.unwrap();
    let page = client.get("/console/").await.unwrap();
    assert!(page.text().contains("<base href=\"/console/\" />"), "{}", page.text());
    assert!(page.text().contains("<meta name=\"api\" content=\"/console/api\" />"), "{}", page.text());
    let asset = client.get("/console/assets/main-0a1b2c.js").await.unwrap();
    assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
}

#[tokio::test]
async fn a_console_that_cannot_be_is_named_with_its_setting() {
    let (short, good) = (Settings::new("too-short"), Settings::new(TOKEN));
    let [dir, token] = short.args();
    for (args, words) in [
        (vec![dir.as_str(), &token], "--console-token-file (PROXY_CONSOLE_TOKEN_FILE)"),
        (vec![&dir, "--console-token-file=/no/such/file"], "/no/such/file"),
        (
            vec!["--console-dir=/no/such/folder", &good.args()[1]],
            "--console-dir (PROXY_CONSOLE_DIR): /no/such/folder",
        ),
        (vec![&dir], "--console-token-file <FILE>"),
    ] {
        let mut process = spawn("http-to-nats-proxy", &args);
        assert!(!process.wait_exit(SOON).await.success());
        let told = async || process.output().contains(words);
        assert!(test_support::eventually(SOON, told).await, "{words}: {}", process.output());
    }
}

#[tokio::test]
async fn only_with_the_token_is_anything_told() {
    let (platform, _settings) = start().await;
    let proxy = &platform.proxies[0];
    let mut browser = Browser::at(proxy);
    let targets = ["overview", "history", "dead-letters", "dead-letters/1", "jobs", "nothing"];
    for target in targets {
        let answer = browser.get(&format!("/console/api/{target}")).await;
        assert_eq!((answer.status, slug(&answer).as_str()), (401, "sign-in-needed"), "{target}");
        assert!(answer.header("www-authenticate").is_some());
    }
    let wrong = browser.sign_in(&TOKEN.to_uppercase()).await;
    assert_eq!((wrong.status, slug(&wrong).as_str()), (401, "wrong-token"));
    assert_eq!(browser.cookie, "");
    let right = browser.sign_in(TOKEN).await;
    let cookie = right.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/console; Max-Age=43200"), "{cookie}");
    for (target, status) in [("session", 200), ("history", 200), ("nothing", 404), ("jobs", 404)] {
        let answer = browser.get(&format!("/console/api/{target}")).await;
        assert_eq!(answer.status, status, "{target}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{target}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
    }
    let head = browser.ask_with("HEAD", "/console/api/history", &[], "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(browser.ask("DELETE", "/console/api/session").await.status, 204);
}

#[tokio::test]
async fn cookies_that_the_proxy_did_not_make_with_this_token_are_none() {
    let (platform, _settings) = start().await;
    let other = Settings::new("another-token-of-the-tests");
    let elsewhere = other.platform(Platform::builder().workers(0)).await;
    let cookie = Browser::signed_in(&platform.proxies[0]).await.cookie;
    let (value, tag) = cookie.split_once('.').unwrap();
    let expiry: u64 = value.strip_prefix("uptake-console=").unwrap().parse().unwrap();
    let mut browser = Browser::at(&platform.proxies[0]);
    for forged in [
        format!("uptake-console={}.{tag}", expiry + 1),
        format!("uptake-console=1.{tag}"),
        format!("uptake-console={expiry}.{}", tag.chars().rev().collect::<String>()),
        format!("uptake-console={expiry}."),
        format!("uptake-console={TOKEN}"),
        "uptake-console=\u{e9}".to_owned(),
        "x".repeat(20_000),
    ] {
        browser.cookie = forged;
        let answer = browser.get("/console/api/session").await;
        assert_eq!(answer.status, 401, "{:.60}", browser.cookie);
    }
    browser.cookie = cookie.clone();
    assert_eq!(browser.get("/console/api/session").await.status, 200);
    let mut foreign = Browser::at(&elsewhere.proxies[0]);
    foreign.cookie = cookie;
    assert_eq!(foreign.get("/console/api/session").await.status, 401, "of another token");
}

#[tokio::test]
async fn a_session_is_known_to_all_proxies_with_the_token_also_after_a_restart() {
    let settings = Settings::new(TOKEN);
    let mut platform = settings.platform(Platform::builder().workers(0).proxies(2)).await;
    let cookie = Browser::signed_in(&platform.proxies[0]).await.cookie;
    let knows = async |proxy: &integration::Proxy| {
        let mut browser = Browser::at(proxy);
        browser.cookie.clone_from(&cookie);
        browser.get("/console/api/session").await.status == 200
    };
    assert!(knows(&platform.proxies[1]).await);
    drop(platform.proxies.remove(0));
    platform.add_proxy(&[]).await;
    assert!(knows(&platform.proxies[1]).await, "the one that was started anew");
}

#[tokio::test]
async fn wrong_tokens_by_the_dozen_are_stopped_and_change_nothing_for_who_is_signed_in() {
    let (platform, _settings) = start().await;
    let proxy = &platform.proxies[0];
    let browser = Browser::signed_in(proxy).await;
    let guesses = (0..60).map(|number| async move {
        let answer = Browser::at(proxy).sign_in(&format!("guess-of-the-tests-{number}")).await;
        (answer.status, answer.header("retry-after").map(|seconds| seconds.parse::<u64>().unwrap()))
    });
    let answers = futures_util::future::join_all(guesses).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 401).count(), 10, "{answers:?}");
    let refused: Vec<_> = answers.iter().filter(|(status, _)| *status == 429).collect();
    assert_eq!(refused.len(), 50);
    assert!(
        refused.iter().all(|(_, after)| after.is_some_and(|after| (1..=60).contains(&after))),
        "{answers:?}"
    );
    let right = Browser::at(proxy).sign_in(TOKEN).await;
    assert_eq!((right.status, slug(&right).as_str()), (429, "too-many-wrong-tokens"), "no guess finds it");
    assert_eq!(browser.get("/console/api/session").await.status, 200);
    let logged = async || {
        let lines = proxy.process.lines();
        lines.iter().filter(|line| line.contains("a wrong token at the console from=\"127.0.0.1\"")).count()
            == 10
    };
    assert!(test_support::eventually(SOON, logged).await, "{}", proxy.process.output());
    assert!(!proxy.process.output().contains("guess-of-the-tests"), "no token is logged");
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_though_it_had_the_cookie() {
    let (platform, _settings) = start().await;
    let browser = Browser::signed_in(&platform.proxies[0]).await;
    let own = format!("http://{}", platform.proxies[0].admin());
    let service = format!("http://{}", platform.address());
    for (fields, wrong) in [
        (&[ADMIN, ("Origin", "http://evil.example")][..], "foreign-origin"),
        (&[ADMIN, ("Origin", &service)], "foreign-origin"),
        (&[ADMIN, ("Origin", "null")], "foreign-origin"),
        (&[ADMIN, ("Sec-Fetch-Site", "same-site")], "foreign-origin"),
        (&[("Origin", &own)], "admin-field-required"),
    ] {
        for (method, target) in [("DELETE", "dead-letters"), ("POST", "dead-letters/1/redrive")] {
            let answer = browser.ask_with(method, &format!("/console/api/{target}"), fields, "").await;
            assert_eq!((answer.status, slug(&answer).as_str()), (403, wrong), "{method} {fields:?}");
        }
    }
    // Passes, and finds no stream.
    assert_eq!(slug(&browser.ask("DELETE", "/console/api/dead-letters").await), "no-dead-letters");
    let preflight = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "DELETE")];
    let answer = browser.ask_with("OPTIONS", "/console/api/dead-letters", &preflight, "").await;
    assert_eq!(answer.status, 403);
    assert!(answer.header("access-control-allow-origin").is_none());
    let answer = browser.ask("OPTIONS", "/console/api/dead-letters").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, DELETE")));
}

#[tokio::test]
async fn over_http2_the_console_knows_its_own_host() {
    let (platform, _settings) = start().await;
    let address = platform.proxies[0].admin();
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let shaken =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), stream).await;
    let (mut sender, connection) = shaken.unwrap();
    let connection = tokio::spawn(connection);
    let origins = [format!("http://{address}"), "http://evil.example".to_owned()];
    for (origin, status) in origins.iter().zip([StatusCode::NO_CONTENT, StatusCode::FORBIDDEN]) {
        let request = Request::post(format!("http://{address}/console/api/session"));
        let request = request.header("origin", origin).header("content-type", "application/json");
        let body = serde_json::json!({"token": TOKEN}).to_string();
        let answer = sender.send_request(request.body(Full::from(body)).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{origin}");
    }
    connection.abort();
}

#[tokio::test]
async fn what_programs_do_without_the_console_wants_its_token_too() {
    let (platform, _settings) = start().await;
    let bearer = format!("Bearer {TOKEN}");
    let (token, wrong) = (("Authorization", bearer.as_str()), ("Authorization", "Bearer 0123456789abcdef"));
    for (method, target, fields, status, said) in [
        ("GET", "/dead-letters", vec![], 401, "token-needed"),
        ("GET", "/jobs", vec![ADMIN], 401, "token-needed"),
        ("DELETE", "/dead-letters", vec![ADMIN], 401, "token-needed"),
        ("POST", "/dead-letters/1/redrive", vec![ADMIN, wrong], 401, "wrong-token"),
        ("DELETE", "/dead-letters/1", vec![token], 403, "admin-field-required"),
        ("DELETE", "/dead-letters/1", vec![ADMIN, token], 404, "no-dead-letters"),
    ] {
        let mut client = HttpClient::connect(platform.proxies[0].admin()).await.unwrap();
        let answer = client.request(method, target, &fields, "").await.unwrap();
        assert_eq!((answer.status, slug(&answer).as_str()), (status, said), "{method} {target}");
    }
    let mut client = HttpClient::connect(platform.proxies[0].admin()).await.unwrap();
    for open in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(client.get(open).await.unwrap().status, 200, "{open}");
    }
}

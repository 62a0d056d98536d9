//! Who calls: tokens at the proxy, and what services learn of them.

use integration::{Platform, Proxy, SOON, assert_problem};
use serde_json::{Value, json};
use test_support::{
    HttpClient, Issuer, JwksServer, RawResponse, eventually,
    issuer::{in_seconds, jwks, unsigned},
};

/// A file of keys that is there as long as its folder.
struct KeyFile {
    _folder: tempfile::TempDir,
    path: String,
}

impl KeyFile {
    fn of(issuer: &Issuer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        std::fs::write(&path, jwks(&[issuer])).unwrap();
        Self { path: path.to_str().unwrap().to_owned(), _folder: folder }
    }
}

async fn ask(proxy: &Proxy, target: &str, fields: &[(&str, &str)]) -> RawResponse {
    HttpClient::connect(proxy.address()).await.unwrap().request("GET", target, fields, "").await.unwrap()
}

async fn with_token(proxy: &Proxy, target: &str, token: &str) -> RawResponse {
    ask(proxy, target, &[("Authorization", &format!("Bearer {token}"))]).await
}

#[track_caller]
fn assert_invalid(response: &RawResponse) {
    assert_problem(response, 401, "invalid-token");
    assert_eq!(response.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn services_learn_who_calls_and_so_do_those_that_they_call() {
    let issuer = Issuer::new("k1");
    let keys = KeyFile::of(&issuer);
    let settings =
        ["--auth-jwks", &keys.path, "--auth-audience", "api,other", "--auth-issuer", "https://id.example"];
    let mut platform = Platform::builder().workers(0).proxy_args(&settings).start().await;
    for (name, prefixes) in
        [("outer", "/hello/relay"), ("inner", "/hello/whoami,/hello/members,/hello/inspect")]
    {
        platform.add_worker(&["--service-name", name, "--prefixes", prefixes]).await;
    }
    let claims = json!({"sub": "Zoë ☃", "iss": "https://id.example", "aud": ["api"], "exp": in_seconds(60),
                        "roles": ["admin", "\u{1f980}"], "deep": {"x": [1.5, null, true, -7, "\r\n\u{7f}"]}});
    let (proxy, token) = (&platform.proxies[0], issuer.token(&claims));
    for target in ["/hello/whoami", "/hello/relay?target=/hello/whoami"] {
        assert_eq!(with_token(proxy, target, &token).await.json(), claims, "{target}");
        assert_eq!(ask(proxy, target, &[]).await.json(), Value::Null, "{target}");
    }
    assert_eq!(with_token(proxy, "/hello/members", &token).await.text(), "Hello, Zoë ☃!\n");
    assert_eq!(
        with_token(proxy, "/hello/relay?target=/hello/members", &token).await.text(),
        "Hello, Zoë ☃!\n"
    );
    // The service's own refusal, for the proxy lets everybody pass.
    let refused = ask(proxy, "/hello/members", &[]).await;
    assert_eq!((refused.status, refused.header("proxy-status")), (401, None));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    // What was verified is passed on as it came, and so is what is for services.
    let seen = with_token(proxy, "/hello/inspect", &token).await.json();
    assert_eq!(seen["fields"]["authorization"][0], format!("Bearer {token}"));
    let seen = ask(proxy, "/hello/inspect", &[("Authorization", "Basic YTpi")]).await.json();
    assert_eq!(seen["fields"]["authorization"][0], "Basic YTpi");
}

#[tokio::test]
async fn no_field_of_a_client_makes_it_somebody() {
    let issuer = Issuer::new("k1");
    let keys = KeyFile::of(&issuer);
    let platform = Platform::builder().proxy_args(&["--auth-jwks", &keys.path]).start().await;
    let claimed = [
        ("Uptake-Auth-Subject", "root"),
        ("Uptake-Auth-Claims", "{\"sub\":\"root\"}"),
        ("Http-Uptake-Auth-Subject", "root"),
        ("X-Uptake-Auth-Subject", "root"),
    ];
    let proxy = &platform.proxies[0];
    assert_eq!(ask(proxy, "/hello/whoami", &claimed).await.json(), Value::Null);
    let bearer = format!("Bearer {}", issuer.token_of("ada"));
    let both = [&claimed[..], &[("Authorization", bearer.as_str())]].concat();
    assert_eq!(ask(proxy, "/hello/whoami", &both).await.json()["sub"], "ada");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_bad_token_is_401_everywhere_and_nothing_is_published() {
    let (issuer, stranger) = (Issuer::new("k1"), Issuer::new("k2"));
    let keys = KeyFile::of(&issuer);
    let platform =
        Platform::builder().proxy_args(&["--auth-jwks", &keys.path, "--auth-leeway", "0"]).start().await;
    let proxy = &platform.proxies[0];
    let good = json!({"sub": "ada", "exp": in_seconds(60)});
    let point = issuer.jwk()["x"].as_str().unwrap().to_owned();
    let hs256 = {
        let message = unsigned(&json!({"alg": "HS256", "kid": "k1"}), &good);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, point.as_bytes());
        let signature = ring::hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, signature))
    };
    let before = platform.hello_stream().await.last_sequence;
    for (case, token) in [
        ("expired", issuer.token(&json!({"sub": "ada", "exp": in_seconds(-1)}))),
        ("not valid yet", issuer.token(&json!({"sub": "ada", "exp": in_seconds(60), "nbf": in_seconds(50)}))),
        ("alg: none", unsigned(&json!({"alg": "none"}), &good) + "."),
        ("alg: none, signed", issuer.sign(&json!({"alg": "none", "kid": "k1"}), &good)),
        ("signed with the public key", hs256),
        ("unknown key", stranger.token(&good)),
        ("unknown key under a known name", stranger.sign(&json!({"alg": "EdDSA", "kid": "k1"}), &good)),
        ("for somebody else", issuer.token(&json!({"sub": "ada", "exp": in_seconds(60), "aud": "other"}))),
        ("nobody", issuer.token(&json!({"exp": in_seconds(60)}))),
        ("no token", "abc".to_owned()),
    ] {
        let response = with_token(proxy, "/hello/whoami", &token).await;
        assert_eq!(response.status, 401, "{case}");
        assert_invalid(&response);
    }
    let bearer = format!("Bearer {}", issuer.token(&good));
    let twice = [("Authorization", bearer.as_str()), ("Authorization", bearer.as_str())];
    assert_invalid(&ask(proxy, "/hello/whoami", &twice).await);
    let large = issuer.token(&json!({"sub": "ada", "exp": in_seconds(60), "x": "x".repeat(9_000)}));
    assert_problem(&with_token(proxy, "/hello/whoami", &large).await, 431, "fields-too-large");
    assert_eq!(platform.hello_stream().await.last_sequence, before, "nothing was published");
    assert_eq!(with_token(proxy, "/hello/whoami", &issuer.token(&good)).await.json(), good);
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_required_path_is_not_reached_without_a_token_by_any_spelling() {
    let issuer = Issuer::new("k1");
    let keys = KeyFile::of(&issuer);
    let required = ["--auth-required", "/hello/inspect,/-/", "--auth-optional", "/hello/inspect/open"];
    let settings = [&["--strip-prefix", "/api", "--auth-jwks", &keys.path], &required[..]].concat();
    let platform = Platform::builder().proxy_args(&settings).start().await;
    let proxy = &platform.proxies[0];
    let before = platform.hello_stream().await.last_sequence;
    for target in [
        "/api/hello/inspect",
        "/api/hello/inspect/x?y=1",
        "/api/hello/%69nspect",
        "/api/hello/%2569nspect",
        "/api/hello//inspect",
        "/api/hello/./inspect",
        "/api/hello/x/../inspect",
        "/api/hello/inspect/open/%2e%2e/x",
        "/api/hello/inspect;x=1",
        "/api/hello%2Finspect",
        "http://x/api/hello/inspect",
        "/-/openapi",
        "/api/-/openapi",
    ] {
        let response = ask(proxy, target, &[]).await;
        assert_problem(&response, 401, "unauthenticated");
        assert_eq!(response.header("www-authenticate"), Some("Bearer"), "{target}");
    }
    assert_eq!(platform.hello_stream().await.last_sequence, before, "nothing was published");
    let token = issuer.token_of("ada");
    for target in ["/api/hello/inspect/x", "/api/-/openapi", "/-/openapi"] {
        assert_eq!(with_token(proxy, target, &token).await.status, 200, "{target}");
    }
    for target in ["/api/hello/inspect/open/a%20b", "/api/hello/whoami"] {
        assert_eq!(ask(proxy, target, &[]).await.status, 200, "{target}");
    }
}

#[tokio::test]
async fn while_there_are_no_keys_tokens_get_503_and_all_others_are_served() {
    let issuer = Issuer::new("k1");
    let token = issuer.token_of("ada");
    let mut platform = Platform::start().await;
    let large = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(300_000));
    type Set = fn(&JwksServer, &str);
    let servers: [(&str, Set); 6] = [
        ("down", |server, _| server.go_down()),
        ("silent", |server, _| server.fall_silent()),
        ("redirecting", |server, _| server.answer("302 Found", "")),
        ("failing", |server, _| server.answer("500 Internal Server Error", "{\"keys\":[]}")),
        ("no JWKS", |server, _| server.answer("200 OK", "<html>")),
        ("too large", |server, large| server.answer("200 OK", large)),
    ];
    let mut cases = Vec::new();
    for (case, set) in servers {
        let server = JwksServer::start().await;
        set(&server, &large);
        platform.add_proxy(&["--auth-jwks", server.url(), "--auth-required", "/hello/members"]).await;
        cases.push((case, server));
    }
    // Behind the proxy that every platform has.
    let cases: Vec<_> = platform.proxies[1..].iter().zip(cases).collect();
    for (proxy, (case, _)) in &cases {
        let response = with_token(proxy, "/hello/whoami", &token).await;
        assert_eq!(response.status, 503, "{case}: {}", response.text());
        assert_problem(&response, 503, "identity-unavailable");
        assert_eq!(response.header("retry-after"), Some("1"), "{case}");
        assert_eq!(ask(proxy, "/hello/whoami", &[]).await.json(), Value::Null, "{case}");
        assert_problem(&ask(proxy, "/hello/members", &[]).await, 401, "unauthenticated");
    }
    for (_, (_, server)) in &cases {
        server.publish(&[&issuer]);
    }
    for (proxy, (case, _)) in &cases {
        let served =
            eventually(SOON, async || with_token(proxy, "/hello/members", &token).await.status == 200);
        assert!(served.await, "{case}: the keys are not read when the server is well again");
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn keys_may_be_rotated_and_are_kept_while_their_server_is_down() {
    let (old, new) = (Issuer::new("k1"), Issuer::new("k2"));
    let server = JwksServer::start().await;
    server.publish(&[&old]);
    let platform =
        Platform::builder().proxy_args(&["--auth-jwks", server.url(), "--threads", "2"]).start().await;
    let proxy = &platform.proxies[0];
    let status =
        async |issuer: &Issuer| with_token(proxy, "/hello/members", &issuer.token_of("ada")).await.status;
    // The first request may come before the keys, and waits for them.
    assert_eq!(status(&old).await, 200);
    server.publish(&[&old, &new]);
    assert!(eventually(SOON, async || status(&new).await == 200).await, "the new key is not looked for");
    assert_eq!(status(&old).await, 200);
    server.go_down();
    assert_eq!((status(&old).await, status(&new).await), (200, 200));
    // Whoever makes up key ids does not make the proxy ask for each.
    let asked = server.asked();
    for number in 0..100 {
        assert_eq!(status(&Issuer::new(&format!("made-up-{number}"))).await, 401);
    }
    assert!(server.asked() - asked < 20, "asked {} times", server.asked() - asked);
    assert_eq!(status(&old).await, 200);
    server.publish(&[&new]);
    let revoked = async || status(&Issuer::new("made-up")).await == 401 && status(&old).await == 401;
    assert!(eventually(SOON, revoked).await, "the old key is still believed");
    assert_eq!(status(&new).await, 200);
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_job_knows_its_subject_and_is_shown_to_nobody_else() {
    let issuer = Issuer::new("k1");
    let keys = KeyFile::of(&issuer);
    let platform = Platform::builder().proxy_args(&["--auth-jwks", &keys.path]).start().await;
    let claims = |subject: &str, number: u8| json!({"sub": subject, "exp": in_seconds(60), "number": number});
    let submit = async |claims: &Value| {
        let bearer = format!("Bearer {}", issuer.token(claims));
        let fields =
            [("Authorization", bearer.as_str()), ("Idempotency-Key", "k"), ("Prefer", "respond-async")];
        let response = platform.ask("POST", "/hello/whoami", &fields, "").await;
        assert!([200, 202].contains(&response.status), "{}", response.text());
        response
    };
    let first = submit(&claims("ada", 1)).await;
    let location = first.header("location").unwrap().to_owned();
    let answer = format!("{location}/response");
    let proxy = &platform.proxies[0];
    let seen_by = async |subject: &str| with_token(proxy, &answer, &issuer.token(&claims(subject, 9))).await;
    assert!(
        eventually(SOON, async || seen_by("ada").await.status == 200).await,
        "{:?}",
        seen_by("ada").await
    );
    assert_eq!(seen_by("ada").await.json()["number"], 1, "the claims of the token that asked for it");
    for (case, response) in [("another", seen_by("bob").await), ("nobody", ask(proxy, &location, &[]).await)]
    {
        assert_eq!(response.status, 404, "{case}");
    }
    // Another token of the same subject repeats the request; the same key of another subject is another request.
    let repeated = submit(&claims("ada", 2)).await;
    assert_eq!((repeated.status, repeated.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!(repeated.json()["number"], 1);
    let other = submit(&claims("bob", 3)).await;
    assert_eq!(other.header("idempotency-replayed"), None);
    assert_ne!(other.header("location"), Some(location.as_str()));
    platform.assert_sound().await;
}

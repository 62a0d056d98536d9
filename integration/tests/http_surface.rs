//! What an HTTP client sees besides answers: HEAD, HTTP/2, CORS, the prefix, the private listener.

use bytes::Bytes;
use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use integration::{Platform, SOON, assert_fault, assert_problem};
use test_support::{HttpClient, RawResponse, eventually};
use tokio::net::TcpStream;

async fn request(platform: &Platform, method: &str, target: &str, fields: &[(&str, &str)]) -> RawResponse {
    platform.client().await.request(method, target, fields, "").await.unwrap()
}

#[tokio::test]
async fn head_has_the_length_of_get_and_no_body() {
    let platform = Platform::start().await;
    let mut client = platform.client().await;
    for target in ["/hello", "/hello/large?octets=100000"] {
        let get = client.get(target).await.unwrap();
        let head = client.request::<&str, &str>("HEAD", target, &[], "").await.unwrap();
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()), "{target}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    for (target, status, slug) in [("/nobody", 404, "no-route"), ("/hello/panic", 500, "handler-panicked")] {
        let head = client.request::<&str, &str>("HEAD", target, &[], "").await.unwrap();
        assert_fault(&head, status, slug);
        assert!(head.body.is_empty());
        // A body would be taken for the next answer.
        assert_eq!(client.get("/hello").await.unwrap().text(), "Hello, world!\n");
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn http2_with_prior_knowledge_echoes_and_answers_head() {
    let platform = Platform::start().await;
    let stream = TokioIo::new(TcpStream::connect(platform.address()).await.unwrap());
    let (sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), stream)
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    let uri = |path: &str| format!("http://{}{path}", platform.address());
    let ask = async |method: Method, path: &str, body: Bytes| {
        let request = Request::builder().method(method).uri(uri(path)).body(Full::new(body)).unwrap();
        let response = sender.clone().send_request(request).await.unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        let (parts, body) = response.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    };
    let large = Bytes::from(vec![b'x'; 512 * 1024]);
    let (first, second, head, none, host) = tokio::join!(
        ask(Method::POST, "/hello/echo", Bytes::from_static(b"over HTTP/2")),
        ask(Method::POST, "/hello/echo", large.clone()),
        ask(Method::HEAD, "/hello", Bytes::new()),
        ask(Method::GET, "/nobody", Bytes::new()),
        ask(Method::GET, "/hello/inspect/*/%2F//?a=%0d", Bytes::new()),
    );
    assert_eq!((first.0.status, &first.1[..]), (StatusCode::OK, &b"over HTTP/2"[..]));
    assert!(second.0.status == StatusCode::OK && second.1 == large);
    assert_eq!((head.0.status, head.1.len()), (StatusCode::OK, 0));
    assert_eq!(head.0.headers["content-length"], "14");
    assert_eq!(
        (none.0.status, &none.0.headers["content-type"]),
        (StatusCode::NOT_FOUND, &"application/problem+json".parse().unwrap())
    );
    let seen: serde_json::Value = serde_json::from_slice(&host.1).unwrap();
    assert_eq!(seen["target"], "/hello/inspect/*/%2F//?a=%0d");
    assert_eq!(seen["fields"]["host"][0], platform.address().to_string());
    let over = ask(Method::POST, "/hello/echo", Bytes::from(vec![b'x'; 512 * 1024 + 1])).await;
    assert_eq!(over.0.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        ask(Method::GET, "/hello", Bytes::new()).await.0.status,
        StatusCode::OK,
        "on the same connection"
    );
    platform.assert_sound().await;
    connection.abort();
}

#[tokio::test]
async fn an_http2_stream_that_is_reset_stops_its_handler() {
    let platform = Platform::start().await;
    let stream = TokioIo::new(TcpStream::connect(platform.address()).await.unwrap());
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), stream)
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    let uri = format!("http://{}/hello/work?ms=25000", platform.address());
    let waiting = tokio::spawn(sender.send_request(Request::get(uri).body(Full::default()).unwrap()));
    assert!(eventually(SOON, async || platform.counters().await.started == 1).await);
    waiting.abort();
    assert!(eventually(SOON, async || platform.counters().await.dropped == 1).await);
    assert!(!connection.is_finished());
    platform.assert_sound().await;
    connection.abort();
}

#[tokio::test]
async fn a_preflight_is_answered_by_the_proxy_and_never_published() {
    let builder = Platform::builder().proxy_args(&["--cors-origins", "https://app.example.com"]);
    let platform = builder.start().await;
    let before = platform.hello_stream().await.last_sequence;
    let preflight = |origin: &'static str| {
        [
            ("Origin", origin),
            ("Access-Control-Request-Method", "PATCH"),
            ("Access-Control-Request-Headers", "x-a"),
        ]
    };
    let allowed = request(&platform, "OPTIONS", "/hello", &preflight("https://app.example.com")).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example.com"));
    assert_eq!(allowed.header("access-control-allow-headers"), Some("x-a"));
    assert!(allowed.header("access-control-allow-methods").unwrap_or_default().contains("PATCH"));
    let other = request(&platform, "OPTIONS", "/hello", &preflight("https://evil.example.com")).await;
    assert_eq!(other.header("access-control-allow-origin"), None);
    assert_eq!(platform.hello_stream().await.last_sequence, before, "none was stored");

    let simple = request(&platform, "GET", "/hello", &[("Origin", "https://app.example.com")]).await;
    assert_eq!(simple.header("access-control-allow-origin"), Some("https://app.example.com"));
    // A page must be able to read why its request failed.
    let failed = request(&platform, "GET", "/nobody", &[("Origin", "https://app.example.com")]).await;
    assert_problem(&failed, 404, "no-route");
    assert_eq!(failed.header("access-control-allow-origin"), Some("https://app.example.com"));
    platform.assert_sound().await;
}

#[tokio::test]
async fn without_cors_an_options_request_belongs_to_the_service() {
    let platform = Platform::start().await;
    let fields = [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "PATCH")];
    let response = request(&platform, "OPTIONS", "/hello/inspect", &fields).await;
    assert_eq!((response.status, &response.json()["method"]), (200, &"OPTIONS".into()));
    assert_eq!(response.header("access-control-allow-origin"), None);
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_prefix_is_stripped_and_other_paths_are_not_found() {
    let mut platform = Platform::start().await;
    let address = platform.add_proxy(&["--strip-prefix", "/api", "--deny", "/hello/panic"]).await.address();
    let mut client = HttpClient::connect(address).await.unwrap();
    assert_eq!(client.get("/api/hello").await.unwrap().text(), "Hello, world!\n");
    for (target, inner) in [
        ("/api/hello/inspect/api?api=/api", "/hello/inspect/api?api=/api"),
        ("/api/hello/inspect//api/", "/hello/inspect//api/"),
    ] {
        assert_eq!(client.get(target).await.unwrap().json()["target"], inner);
    }
    for target in [
        "/hello",
        "/",
        "/api",
        "/api/",
        "/apihello",
        "/apI/hello",
        "/api//hello",
        "/api/-/x",
        "/api/hello/panic",
    ] {
        assert_problem(&client.get(target).await.unwrap(), 404, "no-route");
    }
    platform.proxies.pop();
    platform.assert_sound().await;
}

#[tokio::test]
async fn the_private_listener_tells_of_health_and_readiness_also_without_nats() {
    let mut platform = Platform::start().await;
    let admin = platform.proxies[0].admin();
    let health = async || HttpClient::connect(admin).await.unwrap().get("/healthz").await.unwrap().status;
    assert_eq!(health().await, 200);
    assert_eq!(platform.proxies[0].readyz().await["connected"], true);
    for path in ["/healthz", "/readyz"] {
        assert_problem(&platform.get(path).await, 404, "no-route");
    }
    platform.server.kill();
    let lost = eventually(SOON, async || platform.proxies[0].readyz().await["connected"] == false);
    assert!(lost.await);
    assert_eq!((health().await, &platform.proxies[0].readyz().await["ready"]), (200, &true.into()));
    let refused = platform.get("/hello").await;
    assert_problem(&refused, 503, "disconnected");
    assert!(refused.header("retry-after").is_some());
    platform.server.start_again().await;
    assert!(eventually(SOON, async || platform.get("/hello").await.status == 200).await);
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_stream_that_is_full_gets_503_and_says_when_to_try_again() {
    let builder = Platform::builder().worker_args(&["--permits", "1", "--max-waiting", "5"]);
    let platform = builder.start().await;
    let waiting: Vec<_> = (0..5).map(|_| platform.get_later("/hello/work?ms=1000")).collect();
    assert!(eventually(SOON, async || platform.hello_stream().await.messages == 5).await);
    let refused = platform.get("/hello").await;
    assert_problem(&refused, 503, "stream-full");
    let after = refused.header("retry-after").and_then(|after| after.parse::<u32>().ok());
    assert!(after.is_some_and(|after| after >= 1), "{after:?}");
    for answer in waiting {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn requests_wait_in_the_stream_while_there_is_no_worker() {
    let mut platform = Platform::start().await;
    platform.workers[0].process.kill();
    let waiting: Vec<_> = (0..20).map(|_| platform.get_later("/hello")).collect();
    assert!(eventually(SOON, async || platform.hello_stream().await.messages == 20).await);
    platform.add_worker(&[]).await;
    for answer in waiting {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn timing_of_queue_and_worker_is_told_to_the_client() {
    let platform = Platform::start().await;
    let response = platform.get("/hello/work?ms=200").await;
    let timing = response.header("server-timing").unwrap_or_default().to_owned();
    let part = |name: &str| {
        let part = timing.split(", ").find_map(|part| part.strip_prefix(&format!("{name};dur=")));
        part.and_then(|part| part.parse::<f64>().ok()).unwrap_or_else(|| panic!("{name} in {timing:?}"))
    };
    assert!(part("worker") >= 200.0 && part("total") >= part("worker") && part("queue") >= 0.0, "{timing}");
}

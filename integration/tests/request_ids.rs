//! The identity of a request in logs and traces.

use std::time::Duration;

use integration::Platform;
use tokio::time::sleep;

#[tokio::test]
async fn the_same_request_id_twice_at_once_is_answered_twice() {
    let platform = Platform::start().await;
    let ask = async |body: &'static str| {
        let mut client = platform.client().await;
        let fields = [("X-Request-Id", "the.same-id_1")];
        let slow = client.request("GET", "/hello/work?ms=500", &fields, "").await.unwrap();
        let echo = client.request("POST", "/hello/echo", &fields, body).await.unwrap();
        (slow, echo)
    };
    let (first, second) = tokio::join!(ask("first"), ask("second"));
    for ((slow, echo), body) in [(first, "first"), (second, "second")] {
        assert_eq!((slow.status, echo.status, echo.text().as_str()), (200, 200, body));
        for response in [slow, echo] {
            assert_eq!(response.header("x-request-id"), Some("the.same-id_1"));
        }
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_malformed_request_id_is_replaced() {
    let mut platform = Platform::start().await;
    let long = "x".repeat(129);
    let malformed: [&[u8]; 7] = [b"", b"a b", b"a/b", b"a\"b", b"J\xf6rg", b"<script>", long.as_bytes()];
    for id in malformed {
        let mut client = platform.client().await;
        let response = client.request("GET", "/hello/inspect", &[("X-Request-Id", id)], "").await.unwrap();
        assert_eq!(response.status, 200);
        let made = response.header("x-request-id").unwrap();
        let is_plain = |id: &str| {
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        assert!(made.as_bytes() != id && made.len() <= 128 && is_plain(made), "{made:?}");
    }
    let longest = "x".repeat(128);
    let mut client = platform.client().await;
    let response = client.request("GET", "/hello", &[("X-Request-Id", &longest)], "").await.unwrap();
    assert_eq!(response.header("x-request-id"), Some(longest.as_str()));
    platform.proxies[0].process.wait_for_line(&longest, Duration::from_secs(5)).await;
    platform.assert_sound().await;
}

#[tokio::test]
async fn every_request_is_one_line_in_the_log_of_the_proxy() {
    let platform = Platform::start().await;
    for target in ["/hello", "/nothing", "/hello/panic"] {
        let id = format!("log{}", target.replace('/', "-"));
        let mut client = platform.client().await;
        let response = client.request("GET", target, &[("X-Request-Id", &id)], "").await.unwrap();
        sleep(Duration::from_millis(100)).await;
        let lines = platform.proxies[0].process.lines();
        let lines: Vec<_> = lines.iter().filter(|line| line.contains(&id)).collect();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(lines[0].contains(&format!("status={}", response.status)), "{}", lines[0]);
    }
}

#[tokio::test]
async fn a_job_is_followed_by_its_request_id_to_its_dead_letter() {
    let mut platform =
        Platform::builder().worker_args(&["--job-route", "/hello/jobs/fail attempts=1"]).start().await;
    let mut client = platform.client().await;
    let fields = [("X-Request-Id", "to-follow"), ("Prefer", "respond-async")];
    let response = client.request("POST", "/hello/jobs/fail?times=1", &fields, "").await.unwrap();
    assert_eq!(response.status, 202);
    let job = response.json()["id"].as_str().unwrap().to_owned();
    let given_up =
        platform.workers[0].process.wait_for_line("given up; kept as a dead letter", Duration::from_secs(30));
    let line = given_up.await;
    assert!(line.contains("request_id=\"to-follow\"") && line.contains(&job), "{line}");
}

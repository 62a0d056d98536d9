//! A collector that is down, slow, or refuses: requests do not notice.

use std::time::Duration;

use integration::{Platform, SOON, Traced};
use test_support::{collector::Behaviour, eventually, free_port};

const SLOW: Duration = Duration::from_secs(3);
/// Requests of each story.
const REQUESTS: usize = 20;
/// So that several exports fail in a short time.
const OFTEN: [(&str, &str); 4] = [
    ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
    ("OTEL_BSP_EXPORT_TIMEOUT", "1000"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
];

/// All requests are answered as without a collector, and all programs end in time.
async fn story(stage: Traced) -> Vec<String> {
    for number in 0..REQUESTS {
        let answer = stage.ask(&format!("number-{number}"), "POST", "/hello/echo", &[], "\"x\"").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "\"x\""));
        // Each goes out in another export.
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    stage.platform.assert_sound().await;
    stage.end().await.logs
}

fn assert_one_warning(logs: &[String], what: &str) {
    for log in logs {
        let warnings: Vec<_> =
            log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect();
        assert_eq!(warnings.len(), 1, "{what}: {warnings:#?}\n{log}");
        assert!(warnings[0].contains("collector"), "{what}: {warnings:#?}");
    }
}

#[tokio::test]
async fn a_collector_that_is_down_costs_one_warning() {
    let nobody = format!("http://127.0.0.1:{}", free_port());
    for protocol in ["grpc", "http/protobuf"] {
        let own =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", nobody.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
        let stage = Traced::start_with(Platform::builder(), &[&own[..], &OFTEN].concat()).await;
        assert_one_warning(&story(stage).await, protocol);
    }
}

#[tokio::test]
async fn a_collector_that_refuses_costs_one_warning() {
    let stage = Traced::start_with(Platform::builder(), &OFTEN).await;
    stage.collector.behave(Behaviour::Refuses);
    assert_one_warning(&story(stage).await, "refuses");
}

#[tokio::test]
async fn a_collector_that_never_answers_costs_one_warning_and_holds_nobody_up_at_the_end() {
    let stage = Traced::start_with(Platform::builder(), &OFTEN).await;
    stage.collector.behave(Behaviour::Hangs);
    assert_one_warning(&story(stage).await, "hangs");
}

#[tokio::test]
async fn a_collector_that_is_slow_gets_everything_all_the_same() {
    let stage = Traced::start_with(Platform::builder(), &[("OTEL_BSP_SCHEDULE_DELAY", "100")]).await;
    stage.collector.behave(Behaviour::Slow(SLOW));
    for number in 0..REQUESTS {
        assert_eq!(stage.ask(&format!("number-{number}"), "GET", "/hello", &[], "").await.status, 200);
    }
    let servers = || {
        let spans = stage.collector.spans();
        spans.iter().filter(|span| span.kind == test_support::collector::Kind::Server).count()
    };
    assert!(eventually(SOON, async || servers() == REQUESTS).await, "{} of {REQUESTS}", servers());
}

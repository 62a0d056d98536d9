//! Who decides what is traced.

use integration::{Platform, Traced};

use super::assert_tree;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{CLIENT}-{flags}")
}

#[tokio::test]
async fn what_a_client_does_not_sample_is_not_exported_and_its_trace_id_is_logged_all_the_same() {
    let stage = Traced::start(Platform::builder()).await;
    let parent = traceparent("00");
    let fields = [("traceparent", parent.as_str()), ("tracestate", "vendor=1")];
    let answer = stage.ask("unsampled", "GET", "/hello/inspect", &fields, "").await;
    let seen = &answer.json()["fields"];
    assert!(seen["traceparent"][0].as_str().unwrap().ends_with("-00"), "{seen}");
    assert!(seen["traceparent"][0].as_str().unwrap().contains(TRACE), "{seen}");
    assert_eq!(seen["tracestate"][0], "vendor=1");
    // Its worker says so.
    stage.ask("panics", "GET", "/hello/panic", &fields[..1], "").await;
    let ended = stage.end().await;
    let named: Vec<_> = ended.collector.trace(TRACE).spans().to_vec();
    assert!(named.is_empty(), "{named:#?}");
    for (log, line) in [(&ended.logs[0], "INFO request "), (&ended.logs[1], "panic")] {
        let told = log.lines().any(|text| text.contains(line) && text.contains(TRACE));
        assert!(told, "no line of {line:?} with the trace id:\n{log}");
    }
}

#[tokio::test]
async fn what_a_client_samples_goes_on_below_its_own_span() {
    let stage = Traced::start(Platform::builder()).await;
    let parent = traceparent("01");
    let answer = stage.ask("sampled", "GET", "/hello", &[("traceparent", &parent)], "").await;
    assert_eq!(answer.status, 200);
    let ended = stage.end().await;
    let trace = ended.trace_of("sampled");
    assert_tree(
        &trace,
        &[
            "SERVER GET /hello [http-to-nats-proxy] (of another span)",
            "  PRODUCER publish uptake-call-hello [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-call-hello [hello]",
            "    CONSUMER process uptake-call-hello [hello]",
            "      INTERNAL handle GET /hello [hello]",
            "      PRODUCER reply [hello]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    let server = trace.roots()[0];
    assert_eq!((server.trace_id.as_str(), server.parent_id.as_str()), (TRACE, CLIENT));
}

/// How many of some requests without a trace context are traced, and whether those with a sampled one are.
async fn sampled(variables: &[(&str, &str)], requests: usize) -> (usize, bool) {
    let stage = Traced::start_with(Platform::builder(), variables).await;
    for _ in 0..requests {
        assert_eq!(stage.platform.get("/hello").await.status, 200);
    }
    let parent = traceparent("01");
    assert_eq!(stage.ask("sampled", "GET", "/hello", &[("traceparent", &parent)], "").await.status, 200);
    let spans = stage.end().await.collector.spans();
    let servers = spans.iter().filter(|span| span.kind == test_support::collector::Kind::Server);
    let (of_client, own): (Vec<_>, Vec<_>) = servers.partition(|span| span.trace_id == TRACE);
    (own.len(), !of_client.is_empty())
}

#[tokio::test]
async fn the_sampler_is_the_one_that_the_standard_variables_name() {
    let none = sampled(&[("OTEL_TRACES_SAMPLER", "parentbased_always_off")], 5);
    let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.5")];
    let (none, (some, _)) = tokio::join!(none, sampled(&ratio, 60));
    assert_eq!(none, (0, true));
    // Beyond these bounds it would be once in 10^10 runs.
    assert!((5..=55).contains(&some), "{some} of 60");
    assert_eq!(sampled(&[("OTEL_TRACES_SAMPLER", "always_off")], 5).await, (0, false));
}

#[tokio::test]
async fn a_disabled_sdk_exports_nothing() {
    let stage = Traced::start_with(Platform::builder(), &[("OTEL_SDK_DISABLED", "true")]).await;
    let parent = traceparent("01");
    let answer = stage.ask("disabled", "GET", "/hello/inspect", &[("traceparent", &parent)], "").await;
    assert!(answer.json()["fields"]["traceparent"][0].as_str().unwrap().contains(TRACE), "{}", answer.text());
    let ended = stage.end().await;
    assert_eq!(ended.collector.exports(), 0);
}

//! A trace context that is malformed or too large: the request is answered as ever.

use integration::{Platform, Traced};

#[tokio::test]
async fn a_malformed_traceparent_begins_a_trace_of_its_own() {
    let stage = Traced::start(Platform::builder()).await;
    let zeros = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
    let long = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-{}", "x".repeat(4096));
    let malformed: [&[u8]; 8] = [
        b"",
        b"x",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e473\xf6-00f067aa0ba902b7-01",
        zeros.as_bytes(),
        long.as_bytes(),
    ];
    for (number, value) in malformed.iter().enumerate() {
        let (id, mut client) = (format!("malformed-{number}"), stage.platform.client().await);
        let fields = [("x-request-id", id.as_bytes()), ("traceparent", *value), ("tracestate", b"vendor=1")];
        let answer = client.request("GET", "/hello/inspect", &fields, "").await.unwrap();
        assert_eq!(answer.status, 200, "{number}");
        assert!(
            answer.json()["fields"]["tracestate"].is_null(),
            "{number}: without its trace it means nothing"
        );
    }
    let ended = stage.end().await;
    for number in 0..malformed.len() {
        let trace = ended.trace_of(&format!("malformed-{number}"));
        assert_eq!(trace.roots()[0].parent_id, "", "{number}");
        assert_ne!(trace.roots()[0].trace_id, "4bf92f3577b34da6a3ce929d0e0e4736", "{number}");
    }
}

#[tokio::test]
async fn a_hostile_context_is_cut_and_not_refused() {
    let stage = Traced::start(Platform::builder()).await;
    let state: Vec<_> = (0..32).map(|number| format!("v{number}={}", "x".repeat(124))).collect();
    let state = state.join(",");
    assert!(state.len() >= 4096);
    let baggage: Vec<_> = (0..180).map(|number| format!("k{number}={}", "y".repeat(40))).collect();
    let fields = [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("tracestate", state.as_str()),
        ("baggage", &baggage.join(",")),
    ];
    let answer = stage.ask("hostile", "GET", "/hello/inspect", &fields, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = &answer.json()["fields"];
    let octets = |name: &str| seen[name][0].as_str().map_or(0, str::len);
    assert!(octets("tracestate") <= 512, "{seen}");
    assert!(octets("baggage") <= 8192, "{seen}");
    let ended = stage.end().await;
    let trace = ended.trace_of("hostile");
    assert!(trace.spans().iter().all(|span| span.trace_state.len() <= 512), "{:#?}", trace.spans());
    let told = format!("{:?}", trace.spans());
    assert!(!told.contains("yyyy"), "baggage is the application's own: {told}");
}

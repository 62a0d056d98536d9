//! A collector that people run stands in between: it understands what we export.

use integration::{Platform, SOON, Traced};
use test_support::{Collector, HttpClient, Process, eventually, free_port, tools};

use super::assert_tree;

/// rotel, which passes on what comes to `ports` for gRPC and HTTP.
async fn rotel(ports: [u16; 2], to: &Collector) -> Process {
    let [grpc, http] = ports.map(|port| format!("127.0.0.1:{port}"));
    let endpoint = to.grpc_url();
    let args = [
        ["--otlp-grpc-endpoint", &grpc],
        ["--otlp-http-endpoint", &http],
        ["--exporter", "otlp"],
        ["--otlp-exporter-endpoint", &endpoint],
        ["--otlp-exporter-protocol", "grpc"],
    ];
    let args = ["start", "--disable-batching"].into_iter().chain(args.into_iter().flatten());
    let rotel = Process::spawn(tools::rotel().unwrap().path, args, [("NO_COLOR", "1")]);
    let listens = async |port| HttpClient::connect(("127.0.0.1", port)).await.is_ok();
    let up = eventually(SOON, async || listens(ports[0]).await && listens(ports[1]).await);
    assert!(up.await, "{}", rotel.output());
    rotel
}

#[tokio::test]
async fn a_trace_arrives_through_a_collector_that_people_run_by_grpc_and_by_http() {
    let behind = Collector::start().await;
    let ports = [free_port(), free_port()];
    let _rotel = rotel(ports, &behind).await;
    for (protocol, port) in [("grpc", ports[0]), ("http/protobuf", ports[1])] {
        let endpoint = format!("http://127.0.0.1:{port}");
        let variables =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)];
        let stage = Traced::start_with(Platform::builder(), &variables).await;
        let id = format!("over-{protocol}").replace('/', "-");
        assert_eq!(stage.ask(&id, "GET", "/hello", &[], "").await.status, 200);
        let ended = stage.end().await;
        assert!(ended.collector.spans().is_empty(), "nothing goes past rotel");
        let server = async || {
            let spans = behind.spans();
            spans.into_iter().find(|span| span.attribute("uptake.request_id").as_ref() == Some(&id))
        };
        assert!(eventually(SOON, async || server().await.is_some()).await, "{:?}", behind.spans());
        let trace_id = server().await.unwrap().trace_id;
        let trace = behind.trace_when(&trace_id, SOON, |trace| trace.spans().len() >= 7).await;
        assert_tree(
            &trace,
            &[
                "SERVER GET /hello [http-to-nats-proxy]",
                "  PRODUCER publish uptake-call-hello [http-to-nats-proxy]",
                "    INTERNAL wait in uptake-call-hello [hello]",
                "    CONSUMER process uptake-call-hello [hello]",
                "      INTERNAL handle GET /hello [hello]",
                "      PRODUCER reply [hello]",
                "  INTERNAL respond [http-to-nats-proxy]",
            ],
        );
    }
}

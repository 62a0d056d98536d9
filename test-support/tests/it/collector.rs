use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, trace_service_client::TraceServiceClient,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use test_support::collector::{Behaviour, Collector, Kind};
use test_support::{HttpClient, eventually};

/// One span of trace 0101….
fn export(name: &str) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: name.to_owned(),
        kind: 2,
        ..Span::default()
    };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }
}

async fn post(collector: &Collector, target: &str, name: &str) -> u16 {
    let address = collector.http_url().replace("http://", "");
    let mut client = HttpClient::connect(address).await.unwrap();
    let fields = [("content-type", "application/x-protobuf")];
    let body = export(name).encode_to_vec();
    client.request("POST", target, &fields, &body).await.unwrap().status
}

#[tokio::test]
async fn a_collector_keeps_what_comes_over_grpc_and_over_http() {
    let collector = Collector::start().await;
    let mut client = TraceServiceClient::connect(collector.grpc_url()).await.unwrap();
    client.export(export("over gRPC")).await.unwrap();
    assert_eq!(post(&collector, "/v1/traces", "over HTTP").await, 200);
    assert_eq!(post(&collector, "/v1/elsewhere", "nowhere").await, 404);
    let trace = collector.trace(&"01".repeat(16));
    let names: Vec<_> = trace.spans().iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["over HTTP", "over gRPC"]);
    assert_eq!(trace.only("over gRPC").kind, Kind::Server);
}

#[tokio::test]
async fn a_collector_refuses_or_hangs_when_it_is_told_to() {
    let collector = Collector::start().await;
    let mut client = TraceServiceClient::connect(collector.grpc_url()).await.unwrap();
    collector.behave(Behaviour::Refuses);
    let refusal = client.export(export("refused")).await.unwrap_err();
    assert_eq!(refusal.code(), tonic::Code::Unavailable);
    assert_eq!(post(&collector, "/v1/traces", "refused").await, 503);
    collector.behave(Behaviour::Hangs);
    let hanging = tokio::spawn(async move { client.export(export("hangs")).await });
    assert!(eventually(Duration::from_secs(10), async || collector.exports() == 3).await);
    assert!(!hanging.is_finished());
    assert!(collector.spans().is_empty());
    hanging.abort();
}

//! OTLP over gRPC.

use opentelemetry_proto::tonic::collector::{
    metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status, async_trait,
    codec::CompressionEncoding::Gzip,
    transport::{Server, server::TcpIncoming},
};

use super::Kept;

pub(super) async fn serve(listener: TcpListener, kept: Kept) {
    let services = Server::builder()
        .add_service(TraceServiceServer::new(kept.clone()).accept_compressed(Gzip))
        .add_service(MetricsServiceServer::new(kept).accept_compressed(Gzip));
    if let Err(error) = services.serve_with_incoming(TcpIncoming::from(listener)).await {
        panic!("the collector has ended: {error}");
    }
}

fn refusal() -> Status {
    Status::unavailable("refused, as the test wants it")
}

#[async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        if !self.admit().await {
            return Err(refusal());
        }
        self.keep_spans(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[async_trait]
impl MetricsService for Kept {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        if !self.admit().await {
            return Err(refusal());
        }
        self.keep_metrics(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

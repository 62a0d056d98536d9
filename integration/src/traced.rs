//! A platform that exports its traces to a collector of the test.

use tempfile::TempDir;
use test_support::{Collector, Process, RawResponse, Signal, collector::Trace};

use crate::{Builder, Platform, SOON, program};

/// A running platform, and the collector to which all its programs export. Dropping it kills all of it.
#[derive(Debug)]
pub struct Traced {
    /// What is exported to.
    pub collector: Collector,
    /// Proxies and workers.
    pub platform: Platform,
    /// Those of `rating-service`, in the order of their start.
    pub services: Vec<Process>,
    database: TempDir,
    variables: Vec<(String, String)>,
}

impl Traced {
    /// Starts a platform that exports every trace by gRPC.
    pub async fn start(builder: Builder) -> Self {
        Self::start_with(builder, &[]).await
    }

    /// The same, with these variables of all programs besides. They come last, and so count more.
    ///
    /// # Panics
    ///
    /// When there is no folder for a database.
    pub async fn start_with(builder: Builder, variables: &[(&str, &str)]) -> Self {
        let collector = Collector::start().await;
        let endpoint = collector.grpc_url();
        let own =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
        let all = [&own[..], variables].concat();
        let platform = builder.variables(&all).start().await;
        let database = tempfile::tempdir().unwrap_or_else(|error| panic!("no folder: {error}"));
        let variables = all.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { collector, platform, services: Vec::new(), database, variables }
    }

    /// Starts a `rating-service` with these flags besides, on the same database as others, and waits until it pulls.
    pub async fn add_rating_service(&mut self, args: &[&str], variables: &[(&str, &str)]) -> &mut Process {
        let url = self.platform.server.url();
        let database = format!("sqlite://{}/ratings.db", self.database.path().display());
        let all = [&["--nats-url", &url, "--log", "info", "--database-url", &database], args].concat();
        let own = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<_> = own.chain(variables.iter().copied()).collect();
        let mut service = program::spawn_with("rating-service", &all, &variables);
        service.wait_for_line("pulling", SOON).await;
        self.services.push(service);
        let last = self.services.len() - 1;
        &mut self.services[last]
    }

    /// A request with a body of JSON, where there is one, and these fields; `id` is its request id.
    pub async fn ask(
        &self,
        id: &str,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> RawResponse {
        let mut all = vec![("x-request-id", id)];
        if !body.is_empty() {
            all.push(("content-type", "application/json"));
        }
        all.extend(fields);
        self.platform.ask(method, target, &all, body).await
    }

    /// Ends all programs in order, so that all is exported that they have to tell.
    pub async fn end(self) -> Ended {
        let Self { collector, mut platform, mut services, .. } = self;
        let proxies = platform.proxies.iter_mut().map(|proxy| &mut proxy.process);
        let workers = platform.workers.iter_mut().map(|worker| &mut worker.process);
        let mut processes: Vec<_> = proxies.chain(workers).chain(&mut services).collect();
        processes.iter_mut().for_each(|process| process.signal(Signal::TERM));
        let mut logs = Vec::new();
        for process in processes {
            process.wait_exit(SOON).await;
            logs.push(process.output());
        }
        Ended { collector, logs }
    }
}

/// What is left of a platform that has ended.
#[derive(Debug)]
pub struct Ended {
    /// All that was exported.
    pub collector: Collector,
    /// The output of proxies, workers and services, in this order.
    pub logs: Vec<String>,
}

impl Ended {
    /// The trace that holds the request with this id, as the proxy saw it.
    ///
    /// # Panics
    ///
    /// When no request with this id was exported, or several. The text shows what was.
    #[must_use]
    pub fn trace_of(&self, request_id: &str) -> Trace {
        let spans = self.collector.spans();
        let is_it = |span: &&test_support::collector::Span| {
            span.kind == test_support::collector::Kind::Server
                && span.attribute("uptake.request_id").as_deref() == Some(request_id)
        };
        let found: Vec<_> = spans.iter().filter(is_it).collect();
        match found[..] {
            [span] => self.collector.trace(&span.trace_id),
            _ => panic!(
                "{} requests {request_id:?} among {} spans:\n{}\n{}",
                found.len(),
                spans.len(),
                Trace::new(spans.clone()).outline(),
                self.logs.join("\n")
            ),
        }
    }
}

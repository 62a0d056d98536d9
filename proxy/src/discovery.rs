//! What this process tells of itself to whoever asks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uptake::{
    ConnectError,
    client::Dispatcher,
    discovery::{self, About, EndpointInfo, Figures},
    job::Operator,
    overview::ProxyFigures,
};

use crate::shard::Shared;

/// Subscribes to what proxies are asked by; what comes out answers for as long as it is awaited.
///
/// # Errors
/// When NATS cannot be subscribed to.
pub(crate) async fn answer<D: Dispatcher>(
    operator: &Operator,
    dispatchers: Vec<D>,
    shared: Shared,
) -> Result<impl Future<Output = ()> + Send + use<D>, ConnectError> {
    let about = about(&shared.config.nats.root);
    operator.introduce(about, move || vec![figures(&dispatchers, &shared)]).await
}

fn about(root: &uptake::wire::Root) -> About {
    let version = env!("CARGO_PKG_VERSION");
    About {
        name: discovery::PROXY.to_owned(),
        id: discovery::random_id(),
        version: version.to_owned(),
        description: "HTTP requests, published to JetStream".to_owned(),
        started: Timestamp::now(),
        metadata: BTreeMap::from([
            (discovery::ROOT.to_owned(), root.to_string()),
            (discovery::BUILD.to_owned(), discovery::build(version)),
        ]),
        endpoints: vec![EndpointInfo {
            name: discovery::HTTP.to_owned(),
            // Its requests come by HTTP; at NATS it listens for answers alone.
            subject: format!("{root}.reply.proxy.>"),
            queue_group: String::new(),
            metadata: BTreeMap::new(),
        }],
    }
}

fn figures<D: Dispatcher>(dispatchers: &[D], shared: &Shared) -> Figures {
    let responses: BTreeMap<_, _> =
        shared.figures.responses().map(|(class, n)| (class.to_owned(), n)).collect();
    let faults: BTreeMap<_, _> =
        shared.figures.faults().map(|(fault, n)| (fault.slug().to_owned(), n)).collect();
    let (limits, count) = (&shared.limits, |count: usize| u64::try_from(count).unwrap_or(u64::MAX));
    let figures = ProxyFigures {
        draining: shared.drain.is_cancelled(),
        in_flight: count(limits.requests()),
        in_flight_bytes: count(limits.octets()),
        answer_bytes: count(limits.answer_octets()),
        waiters: count(dispatchers.iter().map(D::waiting).sum()),
        connections: count(shared.connections.len()),
        responses,
        faults,
    };
    Figures {
        requests: figures.responses.values().sum(),
        errors: figures.faults.values().sum(),
        // Strings and numbers: always serializable.
        data: serde_json::to_value(figures).unwrap_or_default(),
        ..Figures::default()
    }
}

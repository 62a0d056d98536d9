//! What a worker tells of itself to whoever asks.

use std::{collections::BTreeMap, sync::Arc};

use async_nats::SubscribeError;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::{
    discovery::{self, About, EndpointInfo, Figures},
    overview::{ClassData, WorkerClass},
    wire::filters,
};

/// What of a worker there is to tell about.
pub(super) struct Told {
    /// When it was started.
    pub(super) started: Timestamp,
    pub(super) calls: Arc<Shared>,
    pub(super) jobs: Option<Arc<Shared>>,
    pub(super) drain: CancellationToken,
}

impl Told {
    /// Subscribes to what the worker is asked by; what comes out answers for as long as it is awaited. It has to be on the
    /// transport, so that no handler keeps it waiting.
    ///
    /// # Errors
    /// When a subscription cannot be made.
    pub(super) async fn answer(self) -> Result<impl Future<Output = ()> + Send, SubscribeError> {
        let (client, root, about) = (self.calls.client.clone(), self.calls.root.clone(), self.about());
        let figures = move || self.loops().map(|shared| figures(shared, self.drain.is_cancelled())).collect();
        discovery::respond(client, root, about, figures).await
    }

    fn loops(&self) -> impl Iterator<Item = &Shared> {
        [Some(&self.calls), self.jobs.as_ref()].into_iter().flatten().map(AsRef::as_ref)
    }

    fn about(&self) -> About {
        let (config, version) = (&self.calls.config, env!("CARGO_PKG_VERSION"));
        let streams: Vec<_> = self.loops().map(|shared| shared.stream.as_str()).collect();
        About {
            name: config.name.clone(),
            id: self.calls.instance.clone(),
            version: version.to_owned(),
            description: format!("requests of {}, pulled from JetStream", config.name),
            started: self.started,
            metadata: BTreeMap::from([
                (discovery::ROOT.to_owned(), self.calls.root.to_string()),
                (discovery::BUILD.to_owned(), discovery::build(version)),
                (discovery::ROUTES.to_owned(), routes(&self.calls)),
                (discovery::STREAMS.to_owned(), streams.join(" ")),
            ]),
            endpoints: self.loops().map(endpoint).collect(),
        }
    }
}

/// The path prefixes of a worker. None has a space.
fn routes(shared: &Shared) -> String {
    let prefixes = shared.config.prefixes.iter().map(|prefix| match prefix.trim_end_matches('/') {
        "" => "/",
        prefix => prefix,
    });
    prefixes.collect::<Vec<_>>().join(" ")
}

fn endpoint(shared: &Shared) -> EndpointInfo {
    let (config, class) = (&shared.config, shared.class);
    let subjects = config.prefixes.iter().flat_map(|prefix| filters(&shared.root, class, prefix));
    EndpointInfo {
        name: class.as_str().to_owned(),
        subject: format!("{}.{}.>", shared.root, class.as_str()),
        queue_group: config.consumer.clone(),
        metadata: BTreeMap::from([
            (discovery::ROUTES.to_owned(), routes(shared)),
            (discovery::STREAMS.to_owned(), shared.stream.clone()),
            (discovery::SUBJECTS.to_owned(), subjects.collect::<Vec<_>>().join(" ")),
        ]),
    }
}

fn figures(shared: &Shared, draining: bool) -> Figures {
    let counted = &shared.figures;
    let (answered, processing_time) = (counted.answers(), counted.processing_time());
    let last_error = counted.last_fault().map(|fault| fault.slug().to_owned());
    let busy = shared.in_flight.busy();
    // Read one after the other: for a moment a delivery may be counted as both.
    let out = counted.out().min(shared.permits.saturating_sub(busy));
    let done = answered + counted.faults();
    let class = WorkerClass {
        class: shared.class,
        stream: shared.stream.clone(),
        permits: shared.permits.into(),
        busy: busy.into(),
        out: out.into(),
        free: shared.permits.saturating_sub(busy + out).into(),
        deliveries: counted.first_deliveries() + counted.redeliveries(),
        redeliveries: counted.redeliveries(),
        answered,
        faults: counted.faults(),
        mean_ms: if done == 0 { 0.0 } else { processing_time.as_secs_f64() * 1e3 / done as f64 },
        last_error: last_error.clone(),
    };
    Figures {
        requests: class.deliveries,
        errors: class.faults,
        last_error: last_error.unwrap_or_default(),
        processing_time,
        // Strings and numbers: always serializable.
        data: serde_json::to_value(ClassData { draining, class }).unwrap_or_default(),
    }
}

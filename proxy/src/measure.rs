//! The metrics of this process: instruments that read what is in flight when somebody looks.

mod streams;

use std::sync::Arc;

use uptake::{
    client::{Dispatcher as _, NatsDispatcher},
    telemetry::{names, observe::gauge},
};

use crate::shard::Shared;

/// Has this process measured, and the platform's streams by it.
pub(crate) fn measure(dispatchers: &[NatsDispatcher], shared: &Shared) {
    let (limits, connections) = (shared.limits.clone(), shared.connections.clone());
    let in_flight = limits.clone();
    gauge(names::HTTP_SERVER_ACTIVE_REQUESTS, "{request}", "Requests in flight.", move |observe| {
        observe(in_flight.requests() as f64, &[]);
    });
    gauge(
        names::PROXY_IN_FLIGHT_SIZE,
        "By",
        "Octets of requests in flight, and of answers that clients have not yet taken.",
        move |observe| {
            observe(limits.octets() as f64, &[(names::DIRECTION, "request")]);
            observe(limits.answer_octets() as f64, &[(names::DIRECTION, "answer")]);
        },
    );
    gauge(names::PROXY_CONNECTIONS, "{connection}", "Open connections of clients.", move |observe| {
        observe(connections.len() as f64, &[]);
    });
    let waiting: Arc<[NatsDispatcher]> = dispatchers.into();
    gauge(names::PROXY_WAITERS, "{waiter}", "Calls and jobs that wait for an answer.", move |observe| {
        observe(waiting.iter().map(NatsDispatcher::waiting).sum::<usize>() as f64, &[]);
    });
    if let Some(dispatcher) = dispatchers.first() {
        streams::measure(dispatcher.clone());
    }
}

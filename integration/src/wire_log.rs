//! What a chaos proxy's log tells of the worker behind it.

use std::collections::{HashMap, HashSet};

use test_support::{
    ChaosProxy,
    chaos_proxy::{Delivery, EventKind},
};

/// The most deliveries that the worker behind `wire` had at once, unsettled, over all its connections.
///
/// Other than [`ChaosProxy::max_unsettled`] it knows how a story ended: what was written to a connection that was
/// cut, and is never settled, died on its way to the worker, and counts until the cut only.
#[must_use]
pub fn most_held(wire: &ChaosProxy) -> usize {
    let events = wire.events();
    let mut settled: HashMap<(String, u64), Vec<(usize, u64)>> = HashMap::new();
    for (index, event) in events.iter().enumerate() {
        if let EventKind::Acked(ack) = &event.kind
            && ack.kind.settles()
        {
            settled.entry((ack.stream.clone(), ack.stream_seq)).or_default().push((index, ack.delivered));
        }
    }
    let (mut held, mut most) = (HashMap::new(), 0);
    for (index, event) in events.into_iter().enumerate() {
        match event.kind {
            EventKind::Delivered(delivery) if !delivery.lost => {
                let key = (delivery.stream, delivery.stream_seq);
                // An ack of a later delivery does not show that this one had arrived.
                let settles =
                    |(at, delivered): &(usize, u64)| *at > index && *delivered <= delivery.delivered;
                let is_settled = settled.get(&key).is_some_and(|acks| acks.iter().any(settles));
                let ends_with = (!is_settled).then_some(event.connection);
                held.insert(key, ends_with);
                most = most.max(held.len());
            }
            EventKind::Acked(ack) if ack.kind.settles() => {
                held.remove(&(ack.stream, ack.stream_seq));
            }
            EventKind::Disconnected => held.retain(|_, ends_with| *ends_with != Some(event.connection)),
            _ => {}
        }
    }
    most
}

/// Asserts that no message was delivered twice, to none or several of these workers.
///
/// # Panics
///
/// When one was.
#[track_caller]
pub fn assert_delivered_once<'a>(wires: impl IntoIterator<Item = &'a ChaosProxy>) {
    let mut seen = HashSet::new();
    for delivery in wires.into_iter().flat_map(ChaosProxy::deliveries) {
        assert_eq!(delivery.delivered, 1, "redelivered: {delivery:?}");
        assert!(seen.insert((delivery.stream.clone(), delivery.stream_seq)), "twice: {delivery:?}");
    }
}

/// Asserts that a message was delivered again only after the connection was cut to which it went before.
///
/// # Panics
///
/// When a redelivery has no such reason.
#[track_caller]
pub fn assert_redelivered_only_after_a_cut(wires: &[&ChaosProxy]) {
    // Also those that never arrived: the server has counted them.
    let mut deliveries: Vec<(usize, Delivery)> = Vec::new();
    let mut ends = HashMap::new();
    for (worker, wire) in wires.iter().enumerate() {
        for event in wire.events() {
            match event.kind {
                EventKind::Delivered(delivery) => deliveries.push((worker, delivery)),
                EventKind::Disconnected => drop(ends.insert((worker, event.connection), event.at)),
                _ => {}
            }
        }
    }
    deliveries.sort_by_key(|(_, delivery)| delivery.at);
    let mut last: HashMap<u64, (usize, Delivery)> = HashMap::new();
    for (worker, delivery) in deliveries {
        let before = last.insert(delivery.stream_seq, (worker, delivery.clone()));
        if let Some((worker, before)) = before {
            let end = ends.get(&(worker, before.connection));
            assert!(
                end.is_some_and(|end| *end < delivery.at),
                "{delivery:?} though the connection lives that brought {before:?}"
            );
        }
    }
}

/// The deliveries of requests for `path` (without a query) by their method, such as `get` and `/hello/work`.
#[must_use]
pub fn deliveries_of(wire: &ChaosProxy, method: &str, path: &str) -> Vec<Delivery> {
    let subject = format!("uptake.call.{method}{}", path.replace('/', "."));
    wire.deliveries().into_iter().filter(|delivery| delivery.subject == subject).collect()
}

//! What streams and consumers say of services and jobs.

use super::{
    api::StreamSettings,
    platform::{ConsumerOverview, Jobs, ServiceOverview, StreamKind, StreamOverview},
    streams::Read,
};
use crate::wire::{Class, Root};

/// The service of a stream: by the usual name of streams, else by what a worker wrote into its description, else the name
/// of the stream.
pub(super) fn name(root: &Root, kind: StreamKind, settings: &StreamSettings) -> Option<String> {
    let class = class(kind)?.as_str();
    let prefix = format!("{root}-{class}-").replace('.', "_");
    let (name, described) = (&settings.name, format!("{class}s of "));
    let service = name.strip_prefix(&prefix).or_else(|| settings.description.strip_prefix(&described));
    Some(service.unwrap_or(name).to_owned())
}

/// One row for each stream of calls or jobs.
pub(super) fn of(read: &[Read]) -> Vec<ServiceOverview> {
    let row = |(stream, known): &Read| Some(service(stream, class(stream.kind)?, *known));
    let mut rows: Vec<_> = read.iter().filter_map(row).collect();
    rows.sort_by(|a, b| (&a.name, a.class.as_str(), &a.stream).cmp(&(&b.name, b.class.as_str(), &b.stream)));
    rows
}

/// The jobs of all services.
pub(super) fn jobs(read: &[Read]) -> Jobs {
    let mut jobs = Jobs::default();
    for (stream, known) in read {
        match stream.kind {
            StreamKind::Job => {
                let service = service(stream, Class::Job, *known);
                jobs.waiting += service.waiting;
                jobs.running += service.in_work;
            }
            StreamKind::Records => jobs.records += stream.messages,
            StreamKind::Call | StreamKind::DeadLetters | StreamKind::Other => {}
        }
    }
    jobs
}

/// `known`: whether the consumers could be read.
fn service(stream: &StreamOverview, class: Class, known: bool) -> ServiceOverview {
    let sum = |figure: fn(&ConsumerOverview) -> u64| stream.consumers.iter().map(figure).sum::<u64>();
    let (in_work, open_pulls) = (sum(|one| one.ack_pending), sum(|one| one.open_pulls));
    // Without a consumer nobody could pull them: all that is there waits.
    let waiting = if stream.consumers.is_empty() { stream.messages } else { sum(|one| one.pending) };
    ServiceOverview {
        name: stream.service.clone().unwrap_or_default(),
        class,
        stream: stream.name.clone(),
        consumer: stream.consumers.first().map(|consumer| consumer.name.clone()),
        waiting,
        in_work,
        oldest_seconds: stream.oldest_seconds,
        open_pulls,
        redelivered: sum(|one| one.redelivered),
        workers: 0,
        permits: 0,
        busy: 0,
        no_worker: known && waiting > 0 && open_pulls == 0 && in_work == 0,
    }
}

fn class(kind: StreamKind) -> Option<Class> {
    match kind {
        StreamKind::Call => Some(Class::Call),
        StreamKind::Job => Some(Class::Job),
        StreamKind::DeadLetters | StreamKind::Records | StreamKind::Other => None,
    }
}

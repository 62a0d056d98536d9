//! The gauges of streams and consumers: one look at the platform every few seconds, however many scrape.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::{Instant, interval};
use uptake::{
    client::NatsDispatcher,
    overview::{ConsumerOverview, StreamKind, StreamOverview, Streams},
    telemetry::{
        names,
        observe::{Attribute, Observe, gauge},
    },
};

/// Pause between two looks.
const PERIOD: Duration = Duration::from_secs(5);
/// For how long a look counts, where JetStream has not answered since: three are missed then.
const FRESH: Duration = Duration::from_secs(15);

/// The last look that JetStream answered.
#[derive(Clone, Default)]
struct Seen(Arc<RwLock<Option<(Streams, Instant)>>>);

impl Seen {
    /// Tells of the last look, unless it is too old to be true.
    fn with(&self, tell: impl FnOnce(&Streams)) {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((streams, at)) = &*seen
            && at.elapsed() < FRESH
        {
            tell(streams);
        }
    }

    /// Looks for as long as the process lives.
    async fn keep(self, dispatcher: NatsDispatcher) {
        let mut period = interval(PERIOD);
        period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            period.tick().await;
            match dispatcher.streams().await {
                Ok(streams) => {
                    *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((streams, Instant::now()));
                }
                Err(error) => tracing::debug!(%error, "the streams cannot be looked at"),
            }
        }
    }
}

/// Has streams and consumers measured, as a connection sees them.
pub(super) fn measure(dispatcher: NatsDispatcher) {
    let seen = Seen::default();
    tokio::spawn(seen.clone().keep(dispatcher));
    of_streams(&seen);
    of_consumers(&seen);
    of_platform(seen);
}

fn of_streams(seen: &Seen) {
    let each = |name, unit, description, value: fn(&StreamOverview) -> Option<f64>| {
        let seen = seen.clone();
        gauge(name, unit, description, move |observe| {
            seen.with(|seen| {
                for stream in &seen.streams {
                    if let Some(value) = value(stream) {
                        observe(value, &attributes(stream));
                    }
                }
            });
        });
    };
    each(names::STREAM_MESSAGES, "{message}", "Messages in a stream.", |stream| Some(stream.messages as f64));
    each(names::STREAM_MESSAGES_LIMIT, "{message}", "Messages that a stream takes.", |stream| {
        stream.max_messages.map(|limit| limit as f64)
    });
    each(names::STREAM_SIZE, "By", "Octets in a stream.", |stream| Some(stream.bytes as f64));
    each(names::STREAM_SIZE_LIMIT, "By", "Octets that a stream takes.", |stream| {
        stream.max_bytes.map(|limit| limit as f64)
    });
    each(
        names::STREAM_OLDEST_AGE,
        "s",
        "Age of the oldest call or job in a stream, waiting or in work; 0 where there is none.",
        |stream| match stream.kind {
            StreamKind::Call | StreamKind::Job => Some(stream.oldest_seconds.unwrap_or_default()),
            StreamKind::DeadLetters | StreamKind::Records | StreamKind::Other => None,
        },
    );
}

fn of_consumers(seen: &Seen) {
    let each = |name, unit, description, value: fn(&ConsumerOverview) -> Option<u64>| {
        let seen = seen.clone();
        gauge(name, unit, description, move |observe| {
            seen.with(|seen| {
                for (stream, consumer) in seen.streams.iter().flat_map(with_consumers) {
                    if let Some(value) = value(consumer) {
                        let mut of = attributes(stream);
                        of.push((names::CONSUMER, &consumer.name));
                        observe(value as f64, &of);
                    }
                }
            });
        });
    };
    each(
        names::CONSUMER_PENDING,
        "{message}",
        "Messages that a consumer has not delivered yet.",
        |consumer| Some(consumer.pending),
    );
    each(
        names::CONSUMER_ACK_PENDING,
        "{message}",
        "Messages that are delivered and not settled.",
        |consumer| Some(consumer.ack_pending),
    );
    each(
        names::CONSUMER_ACK_PENDING_LIMIT,
        "{message}",
        "Messages that may be delivered and not settled.",
        |consumer| consumer.max_ack_pending,
    );
    each(
        names::CONSUMER_PULL_REQUESTS,
        "{request}",
        "Pull requests that are open at a consumer.",
        |consumer| Some(consumer.open_pulls),
    );
    each(
        names::CONSUMER_PULL_REQUESTS_LIMIT,
        "{request}",
        "Pull requests that may be open at a consumer.",
        |consumer| consumer.max_waiting,
    );
    each(
        names::CONSUMER_REDELIVERED,
        "{message}",
        "Messages in work that were delivered before.",
        |consumer| Some(consumer.redelivered),
    );
}

fn of_platform(seen: Seen) {
    let look = |tell: fn(&Streams, &mut Observe<'_>)| {
        let seen = seen.clone();
        move |observe: &mut Observe<'_>| seen.with(|streams| tell(streams, observe))
    };
    gauge(
        names::DEAD_LETTERS,
        "{message}",
        "Dead letters that are kept, by service.",
        look(|streams, observe| {
            for (service, count) in &streams.dead_letters_by_service {
                observe(*count as f64, &[(names::SERVICE, service)]);
            }
        }),
    );
    gauge(
        names::JOBS,
        "{job}",
        "Jobs of all services: waiting in their streams, running, and kept as records, whatever their state.",
        look(|Streams { jobs, .. }, observe| {
            for (state, count) in
                [("waiting", jobs.waiting), ("running", jobs.running), ("kept", jobs.records)]
            {
                observe(count as f64, &[(names::JOB_STATE, state)]);
            }
        }),
    );
    gauge(
        names::PLATFORM_READ_TIME,
        "s",
        "Unix time, on the clock of NATS, of the last look at streams and consumers that JetStream answered.",
        move |observe| {
            // Also of an old one: that it is old is the news.
            if let Some((streams, _)) = &*seen.0.read().unwrap_or_else(PoisonError::into_inner) {
                observe(streams.at.as_microsecond() as f64 / 1e6, &[]);
            }
        },
    );
}

fn with_consumers(stream: &StreamOverview) -> impl Iterator<Item = (&StreamOverview, &ConsumerOverview)> {
    stream.consumers.iter().map(move |consumer| (stream, consumer))
}

fn attributes(stream: &StreamOverview) -> Vec<Attribute<'_>> {
    let class = match stream.kind {
        StreamKind::Call => "call",
        StreamKind::Job => "job",
        StreamKind::DeadLetters => "dead_letters",
        StreamKind::Records => "records",
        StreamKind::Other => "other",
    };
    let mut of = vec![(names::STREAM, stream.name.as_str()), (names::CLASS, class)];
    of.extend(stream.service.as_deref().map(|service| (names::SERVICE, service)));
    of
}

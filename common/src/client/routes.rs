//! The streams are the routing table: which of them owns a subject, asked only when nobody answered a publish.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::jetstream;
use futures_util::TryStreamExt as _;
use tokio::time::Instant;

/// A table younger than this is not read again.
const FRESH: Duration = Duration::from_secs(1);
/// A stream that is gone still owns its subjects for this long: it may be about to be made again.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How long JetStream may take to list its streams.
const LIST_TIMEOUT: Duration = Duration::from_secs(2);

/// Who owns a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A stream, though it does not answer at the moment.
    Some,
    /// No stream.
    None,
    /// JetStream does not say.
    Unknown,
}

/// The known streams. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    context: jetstream::Context,
    filter: Arc<str>,
    known: Arc<Mutex<HashMap<String, Instant>>>,
    /// When the table was read. Holding the lock is the right to read it, so one look-up serves all who wait.
    read: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

impl Routes {
    /// The streams whose subjects overlap with `filter`.
    pub(crate) fn new(client: async_nats::Client, filter: &str) -> Self {
        let mut context = jetstream::new(client);
        context.set_timeout(LIST_TIMEOUT);
        Self { context, filter: filter.into(), known: Arc::default(), read: Arc::default() }
    }

    /// Reads the table now, so that a stream that is lost later is known.
    pub(crate) async fn refresh(&self) -> bool {
        let mut read = self.read.lock().await;
        if read.is_some_and(|at| at.elapsed() < FRESH) {
            return true;
        }
        let listed = tokio::time::timeout(LIST_TIMEOUT, self.list()).await;
        let Ok(Ok(subjects)) = listed else { return false };
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, seen| now.duration_since(*seen) < REMEMBERED);
        known.extend(subjects.into_iter().map(|subject| (subject, now)));
        *read = Some(now);
        true
    }

    /// Who owns `subject`.
    pub(crate) async fn owner(&self, subject: &str) -> Owner {
        let answered = self.refresh().await;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.keys().any(|filter| matches(filter, subject)) {
            true => Owner::Some,
            false if answered => Owner::None,
            false => Owner::Unknown,
        }
    }

    async fn list(&self) -> Result<Vec<String>, async_nats::Error> {
        let streams: Vec<_> = self.context.streams().try_collect().await?;
        let subjects = streams.into_iter().flat_map(|stream| stream.config.subjects);
        Ok(subjects.filter(|subject| subject.starts_with(&*self.filter)).map(String::from).collect())
    }
}

/// Whether a subject filter (`*` one token, `>` the rest) covers a subject.
fn matches(filter: &str, subject: &str) -> bool {
    let mut subject = subject.split('.');
    for token in filter.split('.') {
        match (token, subject.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (token, Some(actual)) if token == actual => {}
            _ => return false,
        }
    }
    subject.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_filter_covers_what_nats_says_it_covers() {
        for (filter, subject, expected) in [
            ("a.*.b", "a.x.b", true),
            ("a.*.b", "a.x.c", false),
            ("a.*.b", "a.x", false),
            ("a.*.b", "a.x.b.c", false),
            ("a.*.b.>", "a.x.b.c.d", true),
            ("a.*.b.>", "a.x.b", false),
        ] {
            assert_eq!(matches(filter, subject), expected, "{filter} {subject}");
        }
    }
}

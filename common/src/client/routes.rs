//! The streams are the routing table: read when nobody answers a publish, and now and then.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_nats::jetstream;
use futures_util::TryStreamExt as _;
use tokio::time::Instant;

use super::load::StreamLoad;
use crate::wire;

/// A table younger than this is not read again.
const FRESH: Duration = Duration::from_secs(1);
/// How often the table is read without a reason.
const REFRESH_PERIOD: Duration = Duration::from_secs(30);
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

#[derive(Debug)]
struct Route {
    filter: String,
    stream: String,
    /// When it was first listed.
    since: Instant,
    /// When it was last listed.
    seen: Instant,
    load: Arc<StreamLoad>,
}

/// Routes by the first path token of their filter: a request looks at few.
type Table = HashMap<String, Vec<Route>>;

/// The known streams. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    context: jetstream::Context,
    prefix: Arc<str>,
    table: Arc<RwLock<Table>>,
    /// The last look-up. Holding the lock is the right to make one, so one look-up serves all who wait.
    look: Arc<tokio::sync::Mutex<Option<Look>>>,
    /// Told when the table lacks what it should have.
    wanted: Arc<tokio::sync::Notify>,
    /// Whether anything was ever to be published. Who never asks need not be allowed to list streams.
    used: Arc<AtomicBool>,
}

/// A look-up that has ended.
#[derive(Clone, Copy, Debug)]
struct Look {
    began: Instant,
    ended: Instant,
    /// Whether JetStream answered.
    answered: bool,
}

impl Routes {
    /// The streams whose subjects begin with `prefix`, such as `uptake.call.`.
    pub(crate) fn new(client: async_nats::Client, prefix: &str) -> Self {
        let mut context = jetstream::new(client);
        context.set_timeout(LIST_TIMEOUT);
        Self {
            context,
            prefix: prefix.into(),
            table: Arc::default(),
            look: Arc::default(),
            wanted: Arc::default(),
            used: Arc::default(),
        }
    }

    /// Reads the table for ever once it is used, so that a stream that is lost later is known; at once when
    /// [`miss`](Self::miss) says so.
    pub(crate) async fn run(self) {
        let mut period = tokio::time::interval(REFRESH_PERIOD);
        loop {
            tokio::select! {
                _ = period.tick(), if self.used.load(Relaxed) => {}
                () = self.wanted.notified() => {}
            }
            self.refresh(None).await;
        }
    }

    /// Says that a subject was looked for in vain: its stream may be younger than the table. Nobody waits for the look.
    pub(crate) fn miss(&self) {
        self.wanted.notify_one();
    }

    /// Begins to read the table, if that has not begun.
    pub(crate) fn begin(&self) {
        // Written once: all requests read it.
        if !self.used.load(Relaxed) && !self.used.swap(true, Relaxed) {
            self.wanted.notify_one();
        }
    }

    /// Who owns `subject`.
    pub(crate) async fn owner(&self, subject: &str) -> Owner {
        self.owner_since(subject, None).await
    }

    /// Who owns `subject`, by a look that was not begun before `earliest`.
    pub(crate) async fn owner_since(&self, subject: &str, earliest: Option<Instant>) -> Owner {
        let answered = self.refresh(earliest).await;
        match self.find(subject, |_| ()) {
            Some(()) => Owner::Some,
            None if answered => Owner::None,
            None => Owner::Unknown,
        }
    }

    /// Since when it is known that a stream owns `subject`.
    pub(crate) fn known_since(&self, subject: &str) -> Option<Instant> {
        self.find(subject, |route| route.since)
    }

    /// The load of the stream that owns `subject`, if it is known.
    pub(crate) fn load(&self, subject: &str) -> Option<Arc<StreamLoad>> {
        self.begin();
        self.find(subject, |route| route.load.clone())
    }

    /// The path prefix of the stream that owns `subject`, without a slash at its end, if it is known.
    pub(crate) fn prefix(&self, subject: &str) -> Option<String> {
        self.find(subject, |route| {
            let (_method, tokens) = route.filter.strip_prefix(&*self.prefix)?.split_once('.')?;
            if tokens == ">" {
                return Some(String::new());
            }
            wire::unescape_path(tokens.strip_suffix(".>").unwrap_or(tokens))
        })?
    }

    /// The paths that streams own by name, in order; `None` if JetStream does not answer.
    pub(crate) async fn paths(&self) -> Option<Vec<String>> {
        if !self.refresh(None).await {
            return None;
        }
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let tokens = table.values().flatten().filter_map(|route| {
            let (_method, tokens) = route.filter.strip_prefix(&*self.prefix)?.split_once('.')?;
            wire::unescape_path(tokens)
        });
        let paths: BTreeSet<String> = tokens.collect();
        Some(paths.into_iter().collect())
    }

    fn find<T>(&self, subject: &str, read: impl FnOnce(&Route) -> T) -> Option<T> {
        let head = self.head(subject)?;
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        // A stream that owns every path stands under its wildcard.
        let routes = [head, ">"].into_iter().filter_map(|head| table.get(head)).flatten();
        routes.into_iter().find(|route| matches(&route.filter, subject)).map(read)
    }

    /// The first path token of a subject or a filter: behind the prefix and the method.
    fn head<'a>(&self, subject: &'a str) -> Option<&'a str> {
        subject.strip_prefix(&*self.prefix)?.split('.').nth(1)
    }

    /// Reads the table unless it is fresh, and was not read before `earliest`. False if JetStream does not answer.
    async fn refresh(&self, earliest: Option<Instant>) -> bool {
        let began = Instant::now();
        let mut look = self.look.lock().await;
        // Who waited for a look-up has its outcome, so that a silent JetStream does not keep them all in a row.
        if let Some(last) = *look
            && (last.ended >= began || (last.answered && last.ended.elapsed() < FRESH))
            && earliest.is_none_or(|earliest| last.began >= earliest)
        {
            return last.answered;
        }
        let began = Instant::now();
        let listed = tokio::time::timeout(LIST_TIMEOUT, self.list()).await.ok().and_then(Result::ok);
        let ended = Instant::now();
        let answered = listed.is_some();
        if let Some(listed) = listed {
            self.update(listed, ended);
        }
        *look = Some(Look { began, ended, answered });
        answered
    }

    async fn list(&self) -> Result<Vec<(String, String)>, async_nats::Error> {
        let streams: Vec<_> = self.context.streams().try_collect().await?;
        let filters = streams.into_iter().flat_map(|stream| {
            let name = stream.config.name;
            stream.config.subjects.into_iter().map(move |filter| (filter, name.clone()))
        });
        Ok(filters.collect())
    }

    fn update(&self, listed: Vec<(String, String)>, now: Instant) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let mut loads: HashMap<String, Arc<StreamLoad>> = HashMap::new();
        for route in table.values().flatten() {
            loads.entry(route.stream.clone()).or_insert_with(|| route.load.clone());
        }
        for (filter, stream) in listed {
            let Some(head) = self.head(&filter) else { continue };
            let load = loads.entry(stream.clone()).or_default().clone();
            let routes = table.entry(head.to_owned()).or_default();
            let known = routes.iter().position(|route| route.filter == filter && route.stream == stream);
            let since = known.map_or(now, |known| routes[known].since);
            routes.retain(|route| route.filter != filter);
            routes.push(Route { filter, stream, since, seen: now, load });
        }
        for routes in table.values_mut() {
            routes.retain(|route| now.duration_since(route.seen) < REMEMBERED);
        }
        table.retain(|_, routes| !routes.is_empty());
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

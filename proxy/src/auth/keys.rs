//! The keys in use, and the task that keeps them fresh.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use super::{
    key::KeySet,
    source::{Source, SourceError},
};

/// How often a JWKS is read anew: a file, which costs nothing, and a URL.
const FILE_INTERVAL: Duration = Duration::from_secs(2);
const URL_INTERVAL: Duration = Duration::from_secs(300);
/// How long after a failure a URL is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How long after a look at the source a token with an unknown key does not cause another one: whoever makes up key ids must
/// not make us a nuisance to the issuer.
const FILE_PAUSE: Duration = Duration::from_millis(200);
const URL_PAUSE: Duration = Duration::from_secs(5);

/// The keys, as requests see them. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    latest: watch::Receiver<Latest>,
    wanted: Arc<Notify>,
}

/// What the last look at the source has brought.
#[derive(Clone, Debug)]
struct Latest {
    /// None until a look has brought some. They are kept while the source is away.
    keys: Option<Arc<KeySet>>,
    /// When a request may cause another look.
    again_at: Instant,
}

/// Why there are no keys at the start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("it is no JSON of a JWKS")]
    Document(#[from] serde_json::Error),
    #[error("it holds no public key of a kind that is known here: RSA, P-256, P-384, Ed25519")]
    Empty,
}

impl Keys {
    /// Starts the task that keeps the keys. It ends when all clones are gone. A file must be there and hold a key; a server
    /// may be away for now.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub(crate) async fn start(source: Source) -> Result<Self, KeysError> {
        let mut keeper = Keeper { document: None, is_well: true };
        let mut keys = None;
        if let Source::File(_) = source {
            let read = keeper.read(&source).await?.filter(|keys| keys.len() > 0);
            keys = Some(Arc::new(read.ok_or(KeysError::Empty)?));
        }
        let (sender, latest) = watch::channel(Latest { keys, again_at: Instant::now() });
        let wanted = Arc::new(Notify::new());
        tokio::spawn(keeper.keep(source, sender, wanted.clone()));
        Ok(Self { latest, wanted })
    }

    /// The keys of the last look that brought some.
    pub(crate) fn get(&self) -> Option<Arc<KeySet>> {
        self.latest.borrow().keys.clone()
    }

    /// Has the source looked at again and waits for the outcome. Returns at once, with false, if the last look was only
    /// just now.
    pub(crate) async fn look_again(&self) -> bool {
        let mut latest = self.latest.clone();
        if Instant::now() < latest.borrow_and_update().again_at {
            return false;
        }
        // Kept by `Notify` if the task is at it right now; then it comes too late, and does no harm.
        self.wanted.notify_one();
        latest.changed().await.is_ok()
    }
}

/// The task's own memory.
struct Keeper {
    /// What was read last.
    document: Option<Bytes>,
    /// Whether the last look went well.
    is_well: bool,
}

impl Keeper {
    async fn keep(mut self, source: Source, latest: watch::Sender<Latest>, wanted: Arc<Notify>) {
        let (interval, pause) = match source {
            Source::File(_) => (FILE_INTERVAL, FILE_PAUSE),
            Source::Url { .. } => (URL_INTERVAL, URL_PAUSE),
        };
        loop {
            let keys = self.look(&source).await;
            let now = Instant::now();
            latest.send_modify(|latest| {
                latest.again_at = now + pause;
                if let Some(keys) = keys {
                    latest.keys = Some(Arc::new(keys));
                }
            });
            let next = now + if self.is_well { interval } else { interval.min(RETRY_INTERVAL) };
            tokio::select! {
                () = sleep_until(next) => {}
                () = until_wanted(&wanted, now + pause) => {}
                () = latest.closed() => return,
            }
        }
    }

    /// The keys of the source if they have changed. Says once what is wrong with it.
    async fn look(&mut self, source: &Source) -> Option<KeySet> {
        let was_well = self.is_well;
        let read = self.read(source).await;
        self.is_well = read.is_ok();
        match read {
            Ok(Some(keys)) if keys.len() == 0 => {
                tracing::error!("the JWKS holds no key that can be used here: no token is valid");
                Some(keys)
            }
            Ok(Some(keys)) => {
                tracing::info!(keys = keys.len(), "the keys of tokens have been read");
                Some(keys)
            }
            Ok(None) => None,
            Err(error) => {
                if was_well {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(error, "the JWKS cannot be read; keys that are known stay in use");
                }
                None
            }
        }
    }

    /// Reads the source. `None` if it has not changed.
    async fn read(&mut self, source: &Source) -> Result<Option<KeySet>, KeysError> {
        let document = source.read().await?;
        if self.document.as_ref() == Some(&document) {
            return Ok(None);
        }
        let keys = KeySet::parse(&document)?;
        self.document = Some(document);
        Ok(Some(keys))
    }
}

/// Waits until a request wants another look, but not for one that came before `from`.
async fn until_wanted(wanted: &Notify, from: Instant) {
    loop {
        wanted.notified().await;
        if Instant::now() >= from {
            return;
        }
    }
}

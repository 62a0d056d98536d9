//! What is made anew at most once in a while, however many ask for it.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

/// Something that is made when it is asked for, and kept for all who ask soon after.
#[derive(Debug)]
pub(super) struct Latest<T> {
    kept_for: Duration,
    made: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Latest<T> {
    pub(super) fn new(kept_for: Duration) -> Self {
        Self { kept_for, made: Mutex::new(None) }
    }

    /// What is there, or what `make` makes; others who ask meanwhile wait for that. A failure is kept as well: what does not
    /// answer is not asked by each of them in turn. If who had it made has gone before the end, the next one begins anew.
    pub(super) async fn get(&self, make: impl AsyncFnOnce() -> T) -> T {
        let mut made = self.made.lock().await;
        if let Some((at, kept)) = &*made
            && at.elapsed() < self.kept_for
        {
            return kept.clone();
        }
        let new = make().await;
        *made = Some((Instant::now(), new.clone()));
        new
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicU32, Ordering::Relaxed},
    };

    use tokio::time::{advance, sleep, timeout};

    use super::*;

    const KEPT_FOR: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_at_once_or_soon_after_get_what_was_made_once() {
        let (latest, made) = (Latest::new(KEPT_FOR), AtomicU32::new(0));
        let ask = async || {
            latest
                .get(async || {
                    sleep(Duration::from_secs(1)).await;
                    made.fetch_add(1, Relaxed) + 1
                })
                .await
        };
        assert_eq!(futures_util::future::join_all((0..100).map(|_| ask())).await, [1; 100]);
        advance(KEPT_FOR - Duration::from_millis(1)).await;
        assert_eq!(ask().await, 1);
        advance(Duration::from_millis(1)).await;
        assert_eq!((ask().await, made.load(Relaxed)), (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_while_it_is_made_leaves_the_others_to_it() {
        let latest = Latest::new(KEPT_FOR);
        assert!(timeout(KEPT_FOR, latest.get(async || pending::<u32>().await)).await.is_err());
        assert_eq!(latest.get(async || 7).await, 7);
    }
}

//! How far an attempt has come, as its handler says, and whether it is still to go on.

use std::time::Duration;

use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::ledger::{Gone, Ledger};
use crate::wire::{JobId, MAX_PROGRESS_OCTETS, Progress, Record};

/// Least time between two writes of progress: the newest wins.
const PROGRESS_PERIOD: Duration = Duration::from_millis(500);
/// How often a record is read that is not written: a cancel may be lost, and another worker may have the job.
const LOOK_PERIOD: Duration = Duration::from_secs(10);

/// The job that a handler works at, in the extensions of its request.
///
/// ```
/// use axum::Extension;
/// use uptake::Job;
///
/// async fn report(job: Option<Extension<Job>>) -> &'static str {
///     if let Some(Extension(job)) = &job {
///         job.progress(50.0, "half of the rows");
///     }
///     "done"
/// }
/// # let _: axum::Router = axum::Router::new().route("/report", axum::routing::post(report));
/// ```
#[derive(Clone, Debug)]
pub struct Job {
    id: JobId,
    run: u32,
    attempt: u32,
    news: watch::Sender<Option<Progress>>,
}

impl Job {
    pub(super) fn new(record: &Record) -> (Self, watch::Receiver<Option<Progress>>) {
        let (news, told) = watch::channel(None);
        (Self { id: record.id.clone(), run: record.run, attempt: record.attempts, news }, told)
    }

    /// Which job.
    #[must_use]
    pub fn id(&self) -> &JobId {
        &self.id
    }

    /// Which of its lives, from 1: a redrive is the next one.
    #[must_use]
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Which of this run's executions, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Says how far the work has come: 0 to 100 percent, and a text for people, of which 512 octets are kept.
    ///
    /// Never waits. The newest is written, at most one in half a second.
    pub fn progress(&self, percent: f32, text: &str) {
        let percent = if percent.is_nan() { 0.0 } else { percent.clamp(0.0, 100.0) };
        let text = text[..text.floor_char_boundary(MAX_PROGRESS_OCTETS)].to_owned();
        self.news.send_replace(Some(Progress { percent, text }));
    }
}

/// Writes progress until `stop`. Ends with [`Gone`] when the attempt is not ours any more: its handler is to be
/// dropped.
pub(super) async fn follow(
    ledger: &mut Ledger,
    told: &mut watch::Receiver<Option<Progress>>,
    mut cancelled: oneshot::Receiver<()>,
    stop: &CancellationToken,
) -> Result<(), Gone> {
    let (mut next_write, mut is_told, mut may_cancel) = (Instant::now(), true, true);
    loop {
        let news = async {
            sleep_until(next_write).await;
            told.changed().await
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            // The record decides: whoever cancels writes it first.
            _ = &mut cancelled, if may_cancel => {
                may_cancel = false;
                ledger.look().await?;
            }
            // No news any more once the handler has dropped its job.
            changed = news, if is_told => {
                is_told = changed.is_ok();
                if is_told {
                    let progress = told.borrow_and_update().clone();
                    ledger.try_write(&Record { progress, ..ledger.record().clone() }).await?;
                    next_write = Instant::now() + PROGRESS_PERIOD;
                }
            }
            () = sleep(LOOK_PERIOD) => ledger.look().await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_clamped_and_its_text_cut_between_characters() {
        let (news, told) = watch::channel(None);
        let job = Job { id: JobId::from_bits(1), run: 1, attempt: 1, news };
        let last = || told.borrow().clone().unwrap();
        for (percent, kept) in [(-1.0, 0.0), (f32::NAN, 0.0), (1e9, 100.0), (12.5, 12.5)] {
            job.progress(percent, "");
            assert_eq!(last().percent, kept);
        }
        job.progress(1.0, &"ä".repeat(300));
        assert_eq!(last().text, "ä".repeat(256));
        job.progress(1.0, &format!("x{}", "ä".repeat(300)));
        assert_eq!(last().text.len(), MAX_PROGRESS_OCTETS - 1);
    }
}

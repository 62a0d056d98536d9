//! One delivery of a job: what it means is in the record, and each step is written there before anything else is done.
//!
//! | module | what it is |
//! |---|---|
//! | `claim` | what a delivery means, by the record |
//! | `ledger` | the record, and compare-and-set on it |
//! | `progress` | what a handler says of its job, and whether it is to go on |
//! | `outcome` | from what a handler did to the next record |
//! | `finish` | what comes after the record: dead letter, fast reply |
//! | `policy`, `config` | how jobs are tried; the settings |

mod claim;
pub(super) mod config;
mod finish;
mod ledger;
pub(super) mod policy;
pub(super) mod progress;

mod outcome;

use std::{sync::Arc, time::Duration};

use async_nats::{HeaderMap, Subject};
use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use tokio::{
    sync::{Mutex, MutexGuard, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use self::{
    claim::{Claim, Ours, claim, is_last_chance},
    config::JobConfig,
    ledger::{Gone, Ledger, Step},
    outcome::{Ended, Outcome},
    policy::JobPolicy,
    progress::Job,
};
use super::{
    adapter::{self, End, Handler},
    delivery::{self, Delivery, Info, Settlement},
    measure,
    shared::Shared,
    spans,
};
use crate::{
    Context, Fault,
    fault_point::fault_point,
    job::store::JobStore,
    telemetry,
    wire::{self, DecodedJob, Envelope, JobId, JobState, Original, Record},
};
pub(super) use finish::bury;

/// How often a delivery is judged anew because its record has changed meanwhile.
const MAX_ROUNDS: u32 = 16;
/// Pause after which somebody else may look at what could not be done here, at the first delivery and at most.
const PASS_ON: Duration = Duration::from_millis(100);
const MAX_PASS_ON: Duration = Duration::from_secs(2);
/// How long the record of an attempt that is given back may take.
const GIVE_BACK_TIMEOUT: Duration = Duration::from_secs(5);

/// What the deliveries of jobs share.
#[derive(Debug)]
pub(super) struct Jobs {
    pub(super) store: JobStore,
    pub(super) drain: CancellationToken,
    /// Largest answer that a record takes, in octets.
    pub(super) max_answer_octets: usize,
    /// Held by an attempt after which its job would be dead if its worker died: two of them never run side by side, so
    /// that a job that kills its workers does not take others along.
    pub(super) last_chance: Mutex<()>,
}

impl Jobs {
    /// Ready when a worker that drains waits no more for its jobs.
    async fn grace_ends(&self, shared: &Shared) {
        self.drain.cancelled().await;
        sleep(shared.config.jobs.grace_period).await;
    }
}

/// The message as it came.
struct Given {
    subject: Subject,
    headers: HeaderMap,
    payload: Bytes,
}

impl Given {
    fn original(&self) -> Original {
        Original::new(&self.subject, &self.headers, self.payload.clone())
    }
}

/// One delivery in work.
struct Work<'a> {
    shared: &'a Shared,
    jobs: &'a Jobs,
    given: Given,
    info: Info,
    id: JobId,
    ours: Ours,
    policy: JobPolicy,
    method: Method,
    uri: Uri,
    reply_to: Option<String>,
    /// For the log: by it the way of a job can be followed.
    request_id: String,
}

/// Why there is no attempt, or no answer of it: what is still to be said to the server, if anything is.
type Settled = Option<Settlement>;

/// Runs one delivery of a job. The permit and the place `key` in the table return when it is settled.
pub(super) async fn run<H: Handler>(
    shared: Arc<Shared>,
    jobs: Arc<Jobs>,
    handler: H,
    delivery: Delivery,
    key: usize,
    cancelled: oneshot::Receiver<()>,
) {
    let _held = shared.in_flight.hold(key);
    let Delivery { message, ack_subject, info } = delivery;
    let headers = message.headers.unwrap_or_default();
    let given = Given { subject: message.subject, headers, payload: message.payload };
    let settled = match wire::decode_job(&shared.root, &given.headers, given.payload.clone()) {
        Ok(DecodedJob { id, run, request, envelope, reply_to }) => {
            let mut span = spans::process(&shared, &envelope.trace, &info);
            spans::of_job(&mut span, &id, run);
            let about = telemetry::Request::at(span.place(), &envelope.trace);
            let work = Work {
                shared: &shared,
                jobs: &jobs,
                given,
                info: info.aged(),
                id,
                ours: Ours {
                    run,
                    stream: shared.stream.clone(),
                    sequence: info.sequence,
                    worker: shared.instance.clone(),
                },
                policy: shared.config.jobs.policy(request.uri().path()),
                method: request.method().clone(),
                uri: request.uri().clone(),
                reply_to,
                request_id: envelope.request_id.clone(),
            };
            let processed = async {
                tokio::select! {
                    settled = work.process(handler, request, envelope, cancelled) => settled,
                    () = jobs.grace_ends(&shared) => work.give_back().await,
                }
            };
            let settled = about.scope(processed).await;
            spans::settled(span, settled);
            settled
        }
        Err(error) => {
            tracing::error!(%error, sequence = info.sequence, "a job cannot be decoded; it is given up");
            finish::undecodable(&shared, &jobs, &info, given.original()).await
        }
    };
    if let Some(settlement) = settled {
        delivery::settle(&shared, &ack_subject, settlement).await;
    }
}

impl Work<'_> {
    async fn process<H: Handler>(
        &self,
        handler: H,
        request: Request<Bytes>,
        envelope: Envelope,
        cancelled: oneshot::Receiver<()>,
    ) -> Settled {
        let (mut ledger, _alone) = match self.claim().await {
            Ok(claimed) => claimed,
            Err(settled) => return settled,
        };
        fault_point("job-started");
        match self.attempt(&mut ledger, handler, request, envelope, cancelled).await {
            Ok(settled) => settled,
            Err(Gone) => self.after_all().await,
        }
    }

    /// The record: as it came along, where it may still be so, else as it is.
    async fn ledger(&self, is_first_look: bool) -> Result<Option<Ledger>, Settled> {
        if is_first_look
            && !self.info.is_repeat()
            && let Some((record, number)) = wire::attached_record(&self.given.headers)
            && record.id == self.id
            && record.state == JobState::Accepted
        {
            return Ok(Some(Ledger::attached(&self.jobs.store, record, number)));
        }
        Ledger::open(&self.jobs.store, &self.id).await.map_err(|error| {
            tracing::error!(%error, job = %self.id, request_id = self.request_id, "the record of a job cannot be read");
            Some(Settlement::Nak(self.shared.config.jobs.max_backoff))
        })
    }

    /// Takes the job for an attempt: the record says so then.
    async fn claim(&self) -> Result<(Ledger, Option<MutexGuard<'_, ()>>), Settled> {
        let mut alone = None;
        for round in 0..MAX_ROUNDS {
            let Some(mut ledger) = self.ledger(round == 0).await? else { return Err(Some(Settlement::Ack)) };
            if self.jobs.drain.is_cancelled() {
                return Err(Some(Settlement::Nak(pass_on(self.info.delivered))));
            }
            let (now, random) = (self.shared.clock.now(), rand::random());
            let (next, pause) = match claim(ledger.record(), &self.ours, &self.policy, now, random) {
                Claim::Ack => return Err(Some(Settlement::Ack)),
                Claim::NotYet(pause) => return Err(Some(Settlement::Nak(pause))),
                Claim::Ended(record) => return Err(self.finish(&record).await),
                Claim::Start(_) if alone.is_none() && is_last_chance(ledger.record(), &self.policy) => {
                    alone = Some(self.jobs.last_chance.lock().await);
                    continue;
                }
                Claim::Start(next) | Claim::Dead(next) => (next, Duration::ZERO),
                Claim::Lost(next, pause) => {
                    tracing::warn!(job = %self.id, request_id = self.request_id, lost = next.lost, ?pause, "a worker was lost over a job");
                    (next, pause)
                }
            };
            let Ok(Step::Written) = ledger.write(next).await else { continue };
            self.shared.figures.job(ledger.record().state);
            return match ledger.record().state {
                JobState::Running => Ok((ledger, alone)),
                JobState::Accepted => Err(Some(Settlement::Nak(pause))),
                JobState::Done | JobState::Failed | JobState::Cancelled | JobState::Dead => {
                    Err(self.finish(ledger.record()).await)
                }
            };
        }
        Err(Some(Settlement::Nak(pass_on(self.info.delivered))))
    }

    /// Runs the handler, and writes what came of it.
    async fn attempt<H: Handler>(
        &self,
        ledger: &mut Ledger,
        handler: H,
        mut request: Request<Bytes>,
        envelope: Envelope,
        cancelled: oneshot::Receiver<()>,
    ) -> Result<Settled, Gone> {
        let record = ledger.record();
        let (job, mut told) = Job::new(record);
        // An attempt that its worker interrupted is not counted, but it was delivered.
        let is_repeat = record.run > 1 || record.attempts > 1 || self.info.is_repeat();
        request.extensions_mut().insert(job);
        let (began, method) = (Instant::now(), request.method().clone());
        let span;
        let handling = {
            let Envelope { request_id, prefix, mut trace, identity } = envelope;
            span = spans::handle(&mut trace, &method);
            let JobConfig { retention, dead_letter_age, .. } = &self.shared.config.jobs;
            let context = Context {
                request_id,
                trace,
                deadline: began + self.policy.timeout,
                prefix,
                inbox_key: self.id.to_string(),
                // For as long as a repeat or a redrive may come.
                inbox_keep: *retention + *dead_letter_age,
                is_repeat,
                identity,
            };
            // The record decides on a cancel: `follow` looks there, and its end drops the handler.
            let (_, never) = oneshot::channel();
            adapter::run(handler, request, context, never, self.jobs.max_answer_octets)
        };
        let stop = CancellationToken::new();
        let outcome = {
            let following = progress::follow(ledger, &mut told, cancelled, &stop);
            tokio::pin!(following);
            tokio::select! {
                gone = &mut following => return gone.map(|()| None),
                outcome = handling => {
                    stop.cancel();
                    following.await?;
                    outcome
                }
            }
        };
        spans::attempted(span, &method, &outcome);
        let progress = told.borrow().clone();
        self.conclude(ledger, outcome, began.elapsed(), progress).await
    }

    /// Writes what came of an attempt; then does what comes after the record.
    async fn conclude(
        &self,
        ledger: &mut Ledger,
        outcome: Result<Response<Bytes>, End>,
        elapsed: Duration,
        progress: Option<wire::Progress>,
    ) -> Result<Settled, Gone> {
        measure::ended(self.shared, &self.method, self.uri.path(), &outcome, elapsed);
        let max_octets = self.jobs.max_answer_octets;
        let too_large = || Err(End::Fault(Fault::AnswerTooLarge));
        let outcome = outcome.and_then(|response| match outcome::octets(&response) > max_octets {
            true => too_large(),
            false => Ok(response),
        });
        for outcome in [outcome, too_large()] {
            let record = ledger.record().clone();
            let record = Record { progress: progress.clone().or(record.progress), ..record };
            let ended = Ended {
                outcome,
                timing: self.info.timing(elapsed),
                worker: self.ours.worker.clone(),
                at: self.shared.clock.now(),
            };
            let (next, pause) = match ended.judge(record, &self.policy, rand::random()) {
                Outcome::Ended(next) => (next, None),
                Outcome::Again(next, pause) => (next, Some(pause)),
            };
            if ledger.write(next).await? == Step::TooLarge {
                continue;
            }
            fault_point("job-recorded");
            let record = ledger.record();
            self.shared.figures.job(record.state);
            let (state, attempts) = (record.state.as_str(), record.attempts);
            tracing::debug!(job = %self.id, request_id = self.request_id, state, attempts, ?elapsed, ?pause, "attempt ended");
            return Ok(match pause {
                Some(pause) => Some(Settlement::Nak(pause)),
                None => self.finish(record).await,
            });
        }
        tracing::error!(job = %self.id, request_id = self.request_id, "not even a failure fits into the record");
        Ok(None)
    }

    /// What is to be said of a delivery whose attempt is not ours any more. Nothing, if another attempt may need it.
    async fn after_all(&self) -> Settled {
        tracing::info!(job = %self.id, request_id = self.request_id, "the job has gone on without this attempt; what it did is dropped");
        let found = self.jobs.store.get(&self.id).await.ok()?;
        let is_needed = found.is_some_and(|found| {
            found.record.state != JobState::Cancelled && self.ours.is_meant(&found.record)
        });
        (!is_needed).then_some(Settlement::Ack)
    }

    /// Gives a job back that has not ended in the time that a draining worker has: it is begun anew, and this attempt is
    /// not counted.
    async fn give_back(&self) -> Settled {
        let back = async {
            let mut ledger = Ledger::open(&self.jobs.store, &self.id).await.ok()??;
            let record = ledger.record().clone();
            let is_running = record.state == JobState::Running;
            if !self.ours.is_meant(&record)
                || record.worker.as_ref() != Some(&self.ours.worker)
                || !is_running
            {
                return None;
            }
            let attempts = record.attempts.saturating_sub(1);
            ledger.write(Record { state: JobState::Accepted, attempts, ..record }).await.ok()
        };
        match timeout(GIVE_BACK_TIMEOUT, back).await {
            Ok(Some(Step::Written)) => {
                self.shared.figures.job(JobState::Accepted);
                tracing::warn!(job = %self.id, request_id = self.request_id, "interrupted by the end of this worker; begun anew by another one");
                Some(Settlement::Nak(Duration::ZERO))
            }
            Ok(_) | Err(_) => None,
        }
    }
}

/// It doubles with each delivery: where many workers drain at once, the next one may be drained too, and the server's max
/// deliver counts them all.
fn pass_on(delivered: i64) -> Duration {
    let doublings = u32::try_from(delivered.max(1) - 1).unwrap_or(u32::MAX);
    PASS_ON.saturating_mul(2_u32.saturating_pow(doublings)).min(MAX_PASS_ON)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pass_on;

    #[test]
    fn what_is_passed_on_waits_shortly_at_first_and_longer_with_each_delivery() {
        let pauses = [0, 1, 2, 3, 6, i64::MAX].map(pass_on);
        assert_eq!(pauses, [100, 100, 200, 400, 2000, 2000].map(Duration::from_millis));
    }
}

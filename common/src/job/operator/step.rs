//! What a redrive has to do, as a function of the dead letter and of the job's record.

use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;

use crate::{
    job::{
        Tenant,
        secret::{Secret, fingerprint},
    },
    wire::{
        DeadCause, DeadLetter, DecodeError, DecodedRequest, Envelope, JobId, JobState, Original, Record,
        Root, decode_job, decode_request,
    },
};

/// Why a dead letter cannot be redriven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The message is no request.
    #[error("its message is no request that can be read")]
    Undecodable,
    /// The message was stored without its body.
    #[error("its body was too large to be stored")]
    NoBody,
    /// The call has changed nothing, and nobody waits for its answer.
    #[error("it is a {0} call, which changes nothing, and nobody waits for its answer any more")]
    SafeCall(Method),
    /// A call has to become a job, and no service takes one there.
    #[error("it is a call, and no service takes jobs at {0}")]
    NoJobStream(String),
    /// The job is not at the end that the letter tells of.
    #[error("job {id} is {} in its run {run}", .state.as_str())]
    JobMoved {
        /// Which.
        id: JobId,
        /// Where it is.
        state: JobState,
        /// In which of its lives.
        run: u32,
    },
}

impl From<DecodeError> for Refusal {
    fn from(_: DecodeError) -> Self {
        Self::Undecodable
    }
}

/// A run that a dead letter is to get.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) id: JobId,
    /// The run that it begins.
    pub(super) run: u32,
    pub(super) tenant: String,
    pub(super) keyed: bool,
    pub(super) request: Request<Bytes>,
    pub(super) envelope: Envelope,
}

impl Plan {
    /// The next run of the letter's job.
    pub(super) fn of_job(root: &Root, letter: &DeadLetter, message: Original) -> Result<Self, Refusal> {
        check(letter)?;
        let job = decode_job(root, &message.header_map(), message.body)?;
        let (tenant, keyed) = (letter.tenant.clone(), letter.keyed);
        let run = job.run.checked_add(1).ok_or(Refusal::Undecodable)?;
        Ok(Self { id: job.id, run, tenant, keyed, request: job.request, envelope: job.envelope })
    }

    /// The first run of the job that the letter's call becomes.
    pub(super) fn of_call(
        root: &Root,
        letter: &DeadLetter,
        message: Original,
        id: JobId,
        secret: &Secret,
    ) -> Result<Self, Refusal> {
        check(letter)?;
        let DecodedRequest { request, envelope, .. } =
            decode_request(root, &message.header_map(), message.body)?;
        if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
            return Err(Refusal::SafeCall(request.method().clone()));
        }
        let subject = envelope.identity.as_ref().map(|identity| identity.subject().to_owned());
        let tenant = secret.tenant(&subject.map_or(Tenant::None, Tenant::Subject));
        Ok(Self { id, run: 1, tenant, keyed: false, request, envelope })
    }

    /// What has to become of the record.
    pub(super) fn step(&self, found: Option<&Record>) -> Step {
        let Some(found) = found else { return Step::Create(self.record()) };
        let moved =
            || Step::Refuse(Refusal::JobMoved { id: found.id.clone(), state: found.state, run: found.run });
        if found.run > self.run {
            return Step::Done;
        }
        let waits_for_message = found.state == JobState::Accepted && found.sequence.is_none();
        if found.run == self.run {
            // A redrive has come so far and not further, or it is about to go on: a second message is harmless.
            return if waits_for_message { Step::Touch(found.clone()) } else { Step::Done };
        }
        match found.state {
            JobState::Failed | JobState::Dead if found.run + 1 == self.run => {
                Step::Reopen(self.reopened(found))
            }
            _ => moved(),
        }
    }

    /// The next run; what is kept of the last one is how it failed.
    fn reopened(&self, found: &Record) -> Record {
        Record {
            state: JobState::Accepted,
            run: self.run,
            attempts: 0,
            lost: 0,
            stream: None,
            sequence: None,
            worker: None,
            started: None,
            finished: None,
            next_attempt: None,
            progress: None,
            answer: None,
            ..found.clone()
        }
    }

    /// For a job whose record has lapsed, or that was a call.
    fn record(&self) -> Record {
        let Self { id, request, envelope, .. } = self;
        let accepted = Record::accepted(
            id.clone(),
            request,
            &envelope.request_id,
            fingerprint(request),
            Timestamp::now(),
        );
        Record { tenant: self.tenant.clone(), keyed: self.keyed, run: self.run, ..accepted }
    }
}

/// Whether there is a whole request to run.
fn check(letter: &DeadLetter) -> Result<(), Refusal> {
    if letter.cause == DeadCause::Undecodable {
        return Err(Refusal::Undecodable);
    }
    // Names of fields stand there too, and none has a parenthesis.
    match letter.left_out.iter().any(|left_out| left_out.starts_with('(')) {
        true => Err(Refusal::NoBody),
        false => Ok(()),
    }
}

/// What a redrive does to the record before it publishes.
#[derive(Debug)]
pub(super) enum Step {
    /// There is none: make this one.
    Create(Record),
    /// Lead it from its end to this.
    Reopen(Record),
    /// It is as it must be; write it again, so that whoever made it so does not take it back.
    Touch(Record),
    /// The run has begun, or is over: nothing is left but the letter.
    Done,
    /// Leave it.
    Refuse(Refusal),
}

#[cfg(test)]
mod tests;

//! What can go wrong between the client and the handler, and what the client sees of it.

mod texts;

use http::{HeaderValue, StatusCode};

use crate::problem::Problem;

/// An answer that the platform makes itself because the service did not make one.
///
/// The slug is stable: it is the last part of the problem's `type`, and the value of `Uptake-Error` when a
/// worker is the one who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// `Host` is missing, malformed or there twice, or the host is named differently in two places.
    BadHost,
    /// The transfer coding is another than `chunked`.
    BadFraming,
    /// The request-target is not one that can be routed.
    BadTarget,
    /// The body ended before its announced length.
    BodyIncomplete,
    /// The body took too long to arrive.
    BodyTimeout,
    /// The body exceeds the inline limit.
    BodyTooLarge,
    /// The request-target exceeds its limit.
    TargetTooLong,
    /// The header fields exceed what a message can carry.
    FieldsTooLarge,
    /// A method that this path of the proxy's own does not have.
    MethodNotAllowed,
    /// A method that the platform does not carry.
    MethodNotSupported,
    /// This path is for callers who show who they are, and this one does not.
    Unauthenticated,
    /// The caller's token is not valid.
    InvalidToken,
    /// The keys that tokens are verified with are not to be had.
    IdentityUnavailable,
    /// No service owns this path.
    NoRoute,
    /// A service owns this path, but its stream does not take messages at the moment.
    StreamUnavailable,
    /// The stream is full.
    StreamFull,
    /// The request would wait until too little of its budget is left, or has.
    Overloaded,
    /// This process has as many requests in flight as it may have.
    InFlightLimit,
    /// No connection to NATS: nothing was published.
    Disconnected,
    /// Handed over, but its answer did not come, within the budget or over a crash of NATS: it may have run.
    OutcomeUnknown,
    /// The worker that ran it died; whether it took effect is not known.
    WorkerDied,
    /// Two workers died over it; it is not run again.
    WorkerLost,
    /// The handler panicked.
    HandlerPanicked,
    /// The service could not be asked: its own `Service::call` failed.
    HandlerFailed,
    /// The answer exceeds what a message can carry.
    AnswerTooLarge,
    /// There is no room for the answer: clients of this process leave too many answers unread.
    AnswerDropped,
    /// The answer is not of the wire format.
    AnswerUndecodable,
    /// The request message is not of the wire format.
    RequestUndecodable,
    /// The field `Idempotency-Key` is malformed, or there twice.
    BadIdempotencyKey,
    /// This path asks for an idempotency key.
    IdempotencyKeyRequired,
    /// The key belongs to another request.
    IdempotencyKeyReused,
    /// There is no such job for this client.
    NoJob,
    /// The job has no answer yet.
    JobNotFinished,
    /// The job has ended: nothing is left to cancel.
    JobFinal,
    /// The job was cancelled: there is no answer.
    JobCancelled,
    /// The job was given up without an answer.
    JobDead,
    /// An attempt took longer than an attempt may.
    JobTimeout,
    /// The job is accepted, but its answer did not come within the budget.
    JobStillRunning,
    /// There is no room for the answer that this job may have.
    JobStoreFull,
    /// The records of jobs cannot be read or written at the moment.
    JobStoreUnavailable,
    /// A defect of the platform itself.
    Internal,
}

impl Fault {
    /// Every one of them.
    pub const ALL: [Self; 41] = [
        Self::BadHost,
        Self::BadFraming,
        Self::BadTarget,
        Self::BodyIncomplete,
        Self::BodyTimeout,
        Self::BodyTooLarge,
        Self::TargetTooLong,
        Self::FieldsTooLarge,
        Self::MethodNotAllowed,
        Self::MethodNotSupported,
        Self::Unauthenticated,
        Self::InvalidToken,
        Self::IdentityUnavailable,
        Self::NoRoute,
        Self::StreamUnavailable,
        Self::StreamFull,
        Self::Overloaded,
        Self::InFlightLimit,
        Self::Disconnected,
        Self::OutcomeUnknown,
        Self::WorkerDied,
        Self::WorkerLost,
        Self::HandlerPanicked,
        Self::HandlerFailed,
        Self::AnswerTooLarge,
        Self::AnswerDropped,
        Self::AnswerUndecodable,
        Self::RequestUndecodable,
        Self::BadIdempotencyKey,
        Self::IdempotencyKeyRequired,
        Self::IdempotencyKeyReused,
        Self::NoJob,
        Self::JobNotFinished,
        Self::JobFinal,
        Self::JobCancelled,
        Self::JobDead,
        Self::JobTimeout,
        Self::JobStillRunning,
        Self::JobStoreFull,
        Self::JobStoreUnavailable,
        Self::Internal,
    ];

    /// The HTTP status that the client gets.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadHost
            | Self::BadFraming
            | Self::BadTarget
            | Self::BodyIncomplete
            | Self::BadIdempotencyKey
            | Self::IdempotencyKeyRequired => StatusCode::BAD_REQUEST,
            Self::Unauthenticated | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::NoRoute | Self::NoJob => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::JobNotFinished | Self::JobFinal | Self::JobCancelled => StatusCode::CONFLICT,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::FieldsTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HandlerPanicked | Self::HandlerFailed | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::MethodNotSupported => StatusCode::NOT_IMPLEMENTED,
            Self::WorkerDied
            | Self::WorkerLost
            | Self::AnswerTooLarge
            | Self::AnswerDropped
            | Self::AnswerUndecodable
            | Self::RequestUndecodable
            | Self::JobDead => StatusCode::BAD_GATEWAY,
            Self::IdentityUnavailable
            | Self::StreamUnavailable
            | Self::StreamFull
            | Self::Overloaded
            | Self::InFlightLimit
            | Self::Disconnected
            | Self::JobStoreFull
            | Self::JobStoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::OutcomeUnknown | Self::JobTimeout | Self::JobStillRunning => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The stable name of this fault.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::BadHost => "bad-host",
            Self::BadFraming => "bad-framing",
            Self::BadTarget => "bad-target",
            Self::BodyIncomplete => "body-incomplete",
            Self::BodyTimeout => "body-timeout",
            Self::BodyTooLarge => "body-too-large",
            Self::TargetTooLong => "target-too-long",
            Self::FieldsTooLarge => "fields-too-large",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::MethodNotSupported => "method-not-supported",
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidToken => "invalid-token",
            Self::IdentityUnavailable => "identity-unavailable",
            Self::NoRoute => "no-route",
            Self::StreamUnavailable => "stream-unavailable",
            Self::StreamFull => "stream-full",
            Self::Overloaded => "overloaded",
            Self::InFlightLimit => "in-flight-limit",
            Self::Disconnected => "disconnected",
            // Two statuses, one meaning: it may have run.
            Self::OutcomeUnknown | Self::WorkerDied => "outcome-unknown",
            Self::WorkerLost => "worker-lost",
            Self::HandlerPanicked => "handler-panicked",
            Self::HandlerFailed => "handler-failed",
            Self::AnswerTooLarge => "answer-too-large",
            Self::AnswerDropped => "answer-dropped",
            Self::AnswerUndecodable => "answer-undecodable",
            Self::RequestUndecodable => "request-undecodable",
            Self::BadIdempotencyKey => "bad-idempotency-key",
            Self::IdempotencyKeyRequired => "idempotency-key-required",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::NoJob => "no-job",
            Self::JobNotFinished => "job-not-finished",
            Self::JobFinal => "job-final",
            Self::JobCancelled => "job-cancelled",
            Self::JobDead => "job-dead",
            Self::JobTimeout => "job-timeout",
            Self::JobStillRunning => "job-still-running",
            Self::JobStoreFull => "job-store-full",
            Self::JobStoreUnavailable => "job-store-unavailable",
            Self::Internal => "internal",
        }
    }

    /// The fault that a worker named in its answer; `None` for one that this version does not know.
    #[must_use]
    pub fn from_wire(status: StatusCode, slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.status() == status && fault.slug() == slug)
    }

    /// The challenge of a 401, for its field `WWW-Authenticate`
    /// ([RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
    #[must_use]
    pub fn challenge(self) -> Option<HeaderValue> {
        match self {
            Self::Unauthenticated => Some(HeaderValue::from_static("Bearer")),
            Self::InvalidToken => Some(HeaderValue::from_static("Bearer error=\"invalid_token\"")),
            _ => None,
        }
    }

    /// The error type of a `Proxy-Status` field (RFC 9209 §2.3).
    #[must_use]
    pub fn proxy_error(self) -> &'static str {
        match self {
            Self::BadHost
            | Self::BadFraming
            | Self::BadTarget
            | Self::BodyIncomplete
            | Self::BodyTimeout
            | Self::BodyTooLarge
            | Self::TargetTooLong
            | Self::FieldsTooLarge
            | Self::MethodNotAllowed
            | Self::MethodNotSupported
            | Self::Unauthenticated
            | Self::InvalidToken
            | Self::BadIdempotencyKey
            | Self::IdempotencyKeyRequired
            | Self::IdempotencyKeyReused
            | Self::JobNotFinished
            | Self::JobFinal
            | Self::JobCancelled => "http_request_error",
            Self::NoRoute | Self::NoJob => "destination_not_found",
            Self::IdentityUnavailable
            | Self::StreamUnavailable
            | Self::StreamFull
            | Self::Overloaded
            | Self::Disconnected
            | Self::JobStoreFull
            | Self::JobStoreUnavailable => "destination_unavailable",
            Self::InFlightLimit | Self::AnswerDropped => "connection_limit_reached",
            Self::OutcomeUnknown | Self::JobTimeout | Self::JobStillRunning => "http_response_timeout",
            Self::WorkerDied | Self::WorkerLost | Self::JobDead => "connection_terminated",
            Self::AnswerTooLarge => "http_response_body_size",
            Self::HandlerPanicked
            | Self::HandlerFailed
            | Self::AnswerUndecodable
            | Self::RequestUndecodable => "http_protocol_error",
            Self::Internal => "proxy_internal_error",
        }
    }

    /// The problem that the client reads.
    #[must_use]
    pub fn problem(self) -> Problem {
        let (title, detail) = self.texts();
        Problem::new(self.status(), self.slug(), title).detail(detail)
    }
}

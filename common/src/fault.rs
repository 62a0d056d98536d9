//! What can go wrong between the client and the handler, and what the client sees of it.

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
    /// The estimated wait exceeds the budget.
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
    /// A defect of the platform itself.
    Internal,
}

impl Fault {
    /// Every one of them.
    pub const ALL: [Self; 29] = [
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
        Self::Internal,
    ];

    /// The HTTP status that the client gets.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadHost | Self::BadFraming | Self::BadTarget | Self::BodyIncomplete => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthenticated | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
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
            | Self::RequestUndecodable => StatusCode::BAD_GATEWAY,
            Self::IdentityUnavailable
            | Self::StreamUnavailable
            | Self::StreamFull
            | Self::Overloaded
            | Self::InFlightLimit
            | Self::Disconnected => StatusCode::SERVICE_UNAVAILABLE,
            Self::OutcomeUnknown => StatusCode::GATEWAY_TIMEOUT,
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
            Self::Internal => "internal",
        }
    }

    /// The fault that a worker named in its answer; `None` for one that this version does not know.
    #[must_use]
    pub fn from_wire(status: StatusCode, slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.status() == status && fault.slug() == slug)
    }

    /// What happened and what to do about it: a title and a sentence.
    #[must_use]
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::BadHost => (
                "Bad Host",
                "Name the host once: one Host field of the form host or host:port, or in HTTP/2 :authority alone.",
            ),
            Self::BadFraming => (
                "Bad framing",
                "Send the body with Content-Length, or with Transfer-Encoding: chunked alone.",
            ),
            Self::BadTarget => (
                "Bad request-target",
                "Send a path that begins with / and is printable ASCII; percent-encode all else.",
            ),
            Self::BodyIncomplete => (
                "Incomplete body",
                "The connection ended, or the framing broke, before the whole body had arrived. Nothing was run.",
            ),
            Self::BodyTimeout => ("Body too slow", "The body did not arrive in time. Nothing was run."),
            Self::BodyTooLarge => {
                ("Body too large", "The body exceeds the limit for requests. Nothing was run.")
            }
            Self::TargetTooLong => ("Request-target too long", "Shorten the path or the query."),
            Self::FieldsTooLarge => ("Header fields too large", "Send fewer or shorter header fields."),
            Self::MethodNotAllowed => {
                ("Method not allowed", "The field Allow tells which methods are possible here.")
            }
            Self::MethodNotSupported => {
                ("Method not supported", "Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.")
            }
            Self::Unauthenticated => {
                ("Authentication required", "Send a token: Authorization: Bearer …. Nothing was run.")
            }
            Self::InvalidToken => (
                "Invalid token",
                "The token is malformed, has expired, or is not one of those that are trusted here. Nothing was run; get a new one.",
            ),
            Self::IdentityUnavailable => (
                "Identity unavailable",
                "Tokens cannot be verified at the moment. Nothing was run; try again.",
            ),
            Self::NoRoute => ("No such route", "No service owns this path."),
            Self::StreamUnavailable => (
                "Service unavailable",
                "The stream of this service takes no messages at the moment. Nothing was run; try again.",
            ),
            Self::StreamFull => (
                "Service overloaded",
                "As many requests wait for this service as may wait. Nothing was run; try again later.",
            ),
            Self::Overloaded => (
                "Service overloaded",
                "This request would wait longer than its budget. Nothing was run; try again later.",
            ),
            Self::InFlightLimit => (
                "Too many requests in flight",
                "This proxy has as many requests in flight as it may have. Nothing was run; try again.",
            ),
            Self::Disconnected => (
                "Messaging unavailable",
                "There is no connection to NATS at the moment. Nothing was run; try again.",
            ),
            Self::OutcomeUnknown => (
                "Outcome unknown",
                "The request was handed over, but its answer did not come: it may have run, may still run, or may never run. Repeat it only if the method is idempotent.",
            ),
            Self::WorkerDied => (
                "Outcome unknown",
                "The worker that ran this request died before it answered: it may have taken effect. Repeat it only if that does no harm.",
            ),
            Self::WorkerLost => ("Worker lost", "Two workers died over this request; it is not run again."),
            Self::HandlerPanicked => {
                ("Internal error of the service", "The handler panicked over this request.")
            }
            Self::HandlerFailed => {
                ("Internal error of the service", "The service could not handle this request.")
            }
            Self::AnswerTooLarge => {
                ("Answer too large", "The service's answer exceeds what can be carried. It did run.")
            }
            Self::AnswerDropped => (
                "Answer dropped",
                "So many answers of this proxy wait to be read by their clients that there is no room for this one. It did run.",
            ),
            Self::AnswerUndecodable => ("Bad answer", "A worker answered with something that is no answer."),
            Self::RequestUndecodable => {
                ("Bad request message", "The worker could not read the request's message. Nothing was run.")
            }
            Self::Internal => ("Internal error", "The platform failed in a way that it should not."),
        }
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
            | Self::InvalidToken => "http_request_error",
            Self::NoRoute => "destination_not_found",
            Self::IdentityUnavailable
            | Self::StreamUnavailable
            | Self::StreamFull
            | Self::Overloaded
            | Self::Disconnected => "destination_unavailable",
            Self::InFlightLimit | Self::AnswerDropped => "connection_limit_reached",
            Self::OutcomeUnknown => "http_response_timeout",
            Self::WorkerDied | Self::WorkerLost => "connection_terminated",
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

//! What a client reads of each fault.

use super::Fault;

impl Fault {
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
                "This request would not be answered within its budget. Nothing was run; try again later.",
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
            Self::BadIdempotencyKey => (
                "Bad idempotency key",
                "Send one Idempotency-Key, a quoted string or a bare token of 1 to 255 printable ASCII characters.",
            ),
            Self::IdempotencyKeyRequired => (
                "Idempotency key required",
                "Send an Idempotency-Key of your choice with this request, and the same one whenever you repeat it.",
            ),
            Self::IdempotencyKeyReused => (
                "Idempotency key reused",
                "This key was sent with another body or content type before. Use a new key for a new request.",
            ),
            Self::NoJob => {
                ("No such job", "There is no job of this id, it is not yours, or its record has lapsed.")
            }
            Self::JobNotFinished => (
                "Job not finished",
                "This job has no answer yet. Ask again, or wait for it with Prefer: wait.",
            ),
            Self::JobFinal => ("Job has ended", "This job has already ended; it cannot be cancelled."),
            Self::JobCancelled => {
                ("Job cancelled", "This job was cancelled. It is not run again; use a new key for a new one.")
            }
            Self::JobDead => (
                "Job given up",
                "This job was given up without an answer, and is kept as a dead letter. It runs again only when an operator redrives it.",
            ),
            Self::JobTimeout => {
                ("Attempt took too long", "The handler took longer than an attempt of a job may.")
            }
            Self::JobStillRunning => (
                "Job still running",
                "The request was accepted as a job and is not finished. Repeat it with the same key to wait on, or ask at Location.",
            ),
            Self::JobStoreFull => (
                "Too many jobs",
                "There is no room for the answers of more jobs. Nothing was run; try again later.",
            ),
            Self::JobStoreUnavailable => (
                "Jobs unavailable",
                "The records of jobs cannot be reached at the moment. A repeat with the same key is safe.",
            ),
            Self::Internal => ("Internal error", "The platform failed in a way that it should not."),
        }
    }
}

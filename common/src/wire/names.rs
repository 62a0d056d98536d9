//! Every header name of the wire format, once.

use async_nats::HeaderName;

/// Version of the wire format; the only one is [`VERSION`].
pub const WIRE: HeaderName = HeaderName::from_static("Uptake-Wire");
/// The version this crate writes and reads.
pub const VERSION: &str = "1";

/// HTTP method as sent.
pub const METHOD: HeaderName = HeaderName::from_static("Uptake-Method");
/// Subject to which the answer goes. A delivery's own reply field is its ack subject.
pub const REPLY_TO: HeaderName = HeaderName::from_static("Uptake-Reply-To");
/// Raw path and query after the strip.
pub const TARGET: HeaderName = HeaderName::from_static("Uptake-Target");
/// Path prefix that the proxy stripped, for links in the answer. Absent when nothing was stripped.
pub const PREFIX: HeaderName = HeaderName::from_static("Uptake-Prefix");
/// Milliseconds of budget left at the time of the publish.
pub const BUDGET_MS: HeaderName = HeaderName::from_static("Uptake-Budget-Ms");
/// Identity in logs and traces.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("Uptake-Request-Id");

/// Verified subject of the caller, percent-encoded; absent for a caller that nobody has verified.
pub const AUTH_SUBJECT: HeaderName = HeaderName::from_static("Uptake-Auth-Subject");
/// Verified claims of the caller, `sub` among them: JSON in printable ASCII. Always beside [`AUTH_SUBJECT`].
pub const AUTH_CLAIMS: HeaderName = HeaderName::from_static("Uptake-Auth-Claims");
/// Id of the job that this is a run of.
pub const JOB: HeaderName = HeaderName::from_static("Uptake-Job");
/// Which run of the job, from 1.
pub const RUN: HeaderName = HeaderName::from_static("Uptake-Run");
/// JetStream's message id, by which a stream tells a repeated publish: `<job id>.<run>`. Calls carry none.
pub const MESSAGE_ID: HeaderName = HeaderName::from_static("Nats-Msg-Id");
/// In a value of the bucket of jobs: what is known of the job, as JSON. In the message of a job: the same, as it was when
/// the message was published.
pub const RECORD: HeaderName = HeaderName::from_static("Uptake-Record");

/// In a dead letter: what is known of it, as JSON.
pub const DEAD_LETTER: HeaderName = HeaderName::from_static("Uptake-Dead-Letter");

/// In the message of a job: the revision of the record that is in it.
pub const REVISION: HeaderName = HeaderName::from_static("Uptake-Revision");

/// W3C Trace Context, level 1.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// W3C Trace Context, vendor data.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// W3C Baggage.
pub const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// HTTP status of an answer.
pub const STATUS: HeaderName = HeaderName::from_static("Uptake-Status");
/// `<worker instance>.<delivery count>` of the execution that answers.
pub const ATTEMPT: HeaderName = HeaderName::from_static("Uptake-Attempt");
/// `<µs in the stream> <µs in the handler> <messages pending> <stream sequence>`.
pub const TIMING: HeaderName = HeaderName::from_static("Uptake-Timing");
/// Slug of a [`Fault`](crate::Fault): the platform, not the service, made this answer.
pub const ERROR: HeaderName = HeaderName::from_static("Uptake-Error");

/// Template of the route that the request has taken within its service.
pub const ROUTE: HeaderName = HeaderName::from_static("Uptake-Route");

/// In a control message: the reply subject of the call that nobody waits for any more.
pub const CANCEL: HeaderName = HeaderName::from_static("Uptake-Cancel");

/// In a control message: the id of the job that was cancelled.
pub const CANCEL_JOB: HeaderName = HeaderName::from_static("Uptake-Cancel-Job");

/// Prefix of a header that carries an HTTP field line as it is.
pub const FIELD: &str = "Http-";
/// Prefix of a header that carries a percent-encoded HTTP field line.
pub const FIELD_ENCODED: &str = "Http8-";

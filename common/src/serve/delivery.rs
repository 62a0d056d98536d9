//! One delivery, from the message to its settlement. No other file settles a message.

use std::{sync::Arc, time::Duration};

use async_nats::{HeaderMap, Subject, jetstream::message::Message};
use bytes::Bytes;
use http::{Method, Response};
use tokio::{sync::oneshot, time::Instant};

use super::{
    adapter::{self, End, Handler},
    dead_letter, measure,
    outbox::Sent,
    server_life::ServerLife,
    shared::Shared,
    spans,
};
use crate::{
    BoxError, Context, Fault,
    telemetry::{Request, span::Span},
    wire::{self, Class, DeadCause, DecodedRequest, Envelope, Original, Timing, names},
};

/// Deliveries of one call that may run: the second only where a repeat does no harm.
const MAX_RUNS: i64 = 2;

/// What an answer is kept in the inbox beyond the call's budget, for clocks that are estimated and transactions that wait.
const INBOX_MARGIN: Duration = Duration::from_secs(600);

/// What the server is told of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settlement {
    /// Nothing is left to do.
    Ack,
    /// To be delivered again after this pause.
    Nak(Duration),
    /// Never to be delivered again.
    Term,
    /// Still in work.
    InProgress,
}

impl Settlement {
    /// As the server reads it.
    fn payload(self) -> Bytes {
        match self {
            Self::Ack => Bytes::from_static(b"+ACK"),
            Self::Nak(pause) => format!("-NAK {{\"delay\":{}}}", pause.as_nanos()).into(),
            Self::Term => Bytes::from_static(b"+TERM"),
            Self::InProgress => Bytes::from_static(b"+WPI"),
        }
    }
}

/// A delivery as it waits for its handler.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) message: async_nats::Message,
    pub(super) ack_subject: Subject,
    pub(super) info: Info,
}

/// What the ack subject tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Info {
    pub(super) delivered: i64,
    pending: u64,
    /// Age when it was delivered, on the server's clock.
    age: Duration,
    received: Instant,
    /// Whether the server may have handed it over before its own restart.
    maybe_forgotten: bool,
    pub(super) sequence: u64,
}

impl Info {
    pub(super) fn is_repeat(&self) -> bool {
        self.delivered > 1 || self.maybe_forgotten
    }

    /// With the age that the message has now.
    pub(super) fn aged(self) -> Self {
        Self { age: self.age + self.received.elapsed(), received: Instant::now(), ..self }
    }

    /// How long it had waited when it came, and how long ago that is.
    pub(super) fn waited(&self) -> (Duration, Duration) {
        (self.age, self.received.elapsed())
    }

    pub(super) fn timing(&self, handler: Duration) -> Timing {
        Timing { queue: self.age, handler, pending: self.pending, sequence: self.sequence }
    }
}

impl Delivery {
    /// Reads the ack subject of a message. `None` if it has none: then it is no delivery.
    pub(super) fn new(shared: &Shared, message: async_nats::Message, server: &ServerLife) -> Option<Self> {
        let ack_subject = message.reply.clone()?;
        let context = shared.jetstream.clone();
        let message = Message { message, context };
        let info = message.info().ok()?;
        let age = shared.clock.age(info.published.unix_timestamp_nanos());
        let info = Info {
            delivered: info.delivered,
            pending: info.pending,
            age,
            maybe_forgotten: server.may_have_forgotten(age),
            received: Instant::now(),
            sequence: info.stream_sequence,
        };
        Some(Self { message: message.message, ack_subject, info })
    }

    /// What cancels name: the reply subject of a call, the id of a job. Empty if the message does not say.
    pub(super) fn name(&self, class: Class) -> &str {
        let name = match class {
            Class::Call => names::REPLY_TO,
            Class::Job => names::JOB,
        };
        let headers = self.message.headers.as_ref();
        headers.and_then(|headers| headers.get(name)).map_or("", |value| value.as_str())
    }

    /// Its stream sequence.
    pub(super) fn sequence(&self) -> u64 {
        self.info.sequence
    }

    /// Whether the server has handed it over before, or may have and has forgotten it.
    pub(super) fn is_repeat(&self) -> bool {
        self.info.is_repeat()
    }

    /// The subject that settles it.
    pub(super) fn ack_subject(&self) -> &Subject {
        &self.ack_subject
    }

    /// Settles a redelivery of what this worker has answered already.
    pub(super) async fn ack_again(&self, shared: &Shared) {
        settle(shared, &self.ack_subject, Settlement::Ack).await;
    }
}

/// Tells the server that a delivery is still in work.
pub(super) async fn in_progress(shared: &Shared, ack_subject: &Subject) {
    settle(shared, ack_subject, Settlement::InProgress).await;
}

/// Settles a delivery, or prolongs it.
pub(super) async fn settle(shared: &Shared, ack_subject: &Subject, how: Settlement) {
    let published = shared.client.publish(ack_subject.clone(), how.payload()).await;
    if let Err(error) = published {
        tracing::error!(%error, "cannot settle a delivery");
    }
}

/// Runs one delivery. The permit and the place `key` in the table return when it is settled.
pub(super) async fn run<H: Handler>(
    shared: Arc<Shared>,
    handler: H,
    delivery: Delivery,
    key: usize,
    cancelled: oneshot::Receiver<()>,
) {
    let _held = shared.in_flight.hold(key);
    let Delivery { message, ack_subject, info } = delivery;
    let headers = message.headers.unwrap_or_default();
    let decoded = match wire::decode_request(&shared.root, &headers, message.payload.clone()) {
        Ok(decoded) => decoded,
        Err(error) => {
            tracing::error!(%error, sequence = info.sequence, "a request cannot be decoded; it is given up");
            let original = Original::new(&message.subject, &headers, message.payload);
            dead_letter::keep(&shared, DeadCause::Undecodable, &info, original).await;
            return refuse(&shared, &headers, &ack_subject, &info).await;
        }
    };
    let span = spans::process(&shared, &decoded.envelope.trace, &info);
    let about = Request::at(span.place(), &decoded.envelope.trace);
    let given = Given { subject: message.subject, headers, ack_subject, info: info.aged() };
    about.scope(attend(&shared, handler, given, decoded, cancelled, span)).await;
}

/// A message as it came.
struct Given {
    subject: Subject,
    headers: HeaderMap,
    ack_subject: Subject,
    info: Info,
}

async fn attend<H: Handler>(
    shared: &Shared,
    handler: H,
    given: Given,
    decoded: DecodedRequest,
    cancelled: oneshot::Receiver<()>,
    mut span: Span,
) {
    let Given { subject, headers, ack_subject, info } = given;
    let exchange = Exchange {
        ack_subject,
        reply_to: decoded.reply_to.clone(),
        method: decoded.request.method().clone(),
        info,
    };
    let started = Instant::now();
    let request_id = decoded.envelope.request_id.clone();
    let uri = decoded.request.uri().clone();
    let outcome = match fate(shared, &decoded, &info) {
        Fate::Run(remaining) => {
            let deadline = started + remaining;
            execute(shared, handler, decoded, deadline, info.is_repeat(), cancelled).await
        }
        Fate::Answer(fault) => {
            spans::refused(&mut span, fault);
            if fault == Fault::WorkerLost {
                let original = Original::new(&subject, &headers, decoded.request.into_body());
                dead_letter::keep(shared, DeadCause::WorkerLost, &info, original).await;
            }
            Err(End::Fault(fault))
        }
        Fate::Drop => Err(End::Cancelled),
    };
    let elapsed = started.elapsed();
    measure::ended(shared, &exchange.method, uri.path(), &outcome, elapsed);
    match outcome {
        Ok(response) => {
            shared.pace.observe(elapsed);
            tracing::debug!(request_id, status = response.status().as_u16(), ?elapsed, "handled");
            exchange.answer(shared, response, elapsed, None).await;
        }
        Err(End::Fault(fault @ Fault::Overloaded)) => {
            tracing::debug!(request_id, waited = ?info.age, "too little of its budget is left: not run");
            exchange.answer(shared, fault_response(fault), elapsed, Some(fault)).await;
        }
        Err(End::Fault(fault)) => {
            tracing::error!(request_id, fault = fault.slug(), delivered = info.delivered, "not handled");
            exchange.answer(shared, fault_response(fault), elapsed, Some(fault)).await;
        }
        Err(End::Cancelled) => {
            tracing::debug!(request_id, "nobody waits for this call");
            settle(shared, &exchange.ack_subject, Settlement::Ack).await;
        }
        Err(End::OutOfBudget) => {
            shared.pace.observe_given_up(elapsed);
            tracing::warn!(request_id, ?elapsed, "the budget ended before the handler did");
            settle(shared, &exchange.ack_subject, Settlement::Ack).await;
        }
    }
}

enum Fate {
    /// Run it, within what is left of its budget.
    Run(Duration),
    /// Do not run it; say why.
    Answer(Fault),
    /// Do not run it; nobody waits.
    Drop,
}

/// Decides what happens with a delivery before anything of it runs.
fn fate(shared: &Shared, decoded: &DecodedRequest, info: &Info) -> Fate {
    if info.delivered > MAX_RUNS {
        return Fate::Answer(Fault::WorkerLost);
    }
    let remaining = decoded.budget.saturating_sub(info.age + info.received.elapsed());
    if remaining.is_zero() || shared.is_cancelled(&decoded.reply_to) {
        return Fate::Drop;
    }
    // RFC 9110 §9.2.2: a repeat of an idempotent method does no harm.
    if info.is_repeat() && !decoded.request.method().is_idempotent() && !shared.config.effectively_once {
        return Fate::Answer(if info.delivered > 1 { Fault::WorkerDied } else { Fault::OutcomeUnknown });
    }
    // Of a repeat nobody could say that nothing was run.
    if !info.is_repeat() && shared.pace.is_hopeless(info.age, remaining) {
        return Fate::Answer(Fault::Overloaded);
    }
    Fate::Run(remaining)
}

async fn execute<H: Handler>(
    shared: &Shared,
    handler: H,
    decoded: DecodedRequest,
    deadline: Instant,
    is_repeat: bool,
    cancelled: oneshot::Receiver<()>,
) -> Result<Response<Bytes>, End> {
    let DecodedRequest { request, envelope, reply_to, .. } = decoded;
    let Envelope { request_id, prefix, mut trace, identity } = envelope;
    let method = request.method().clone();
    let span = spans::handle(&mut trace, &method);
    let context = Context {
        request_id,
        trace,
        deadline,
        prefix,
        inbox_key: reply_to,
        inbox_keep: deadline.saturating_duration_since(Instant::now()) + INBOX_MARGIN,
        is_repeat,
        identity,
    };
    let max_octets = shared.config.max_answer_bytes as usize;
    let outcome = adapter::run(handler, request, context, cancelled, max_octets).await;
    spans::handled(span, &method, &outcome);
    outcome
}

/// The answer that a worker gives in the service's place: a status; the asker writes the body.
fn fault_response(fault: Fault) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = fault.status();
    response
}

/// Gives up a message that is no request; answers if it at least says where to.
async fn refuse(shared: &Shared, headers: &HeaderMap, ack_subject: &Subject, info: &Info) {
    let reply_to =
        headers.get(names::REPLY_TO).map(|value| value.as_str()).filter(|to| shared.root.is_reply(to));
    if let Some(reply_to) = reply_to {
        let fault = Fault::RequestUndecodable;
        shared.figures.answered(Duration::ZERO, Some(fault));
        let timing = info.timing(Duration::ZERO);
        let answer = wire::encode_response(
            &Method::GET,
            &fault_response(fault),
            &shared.attempt(info.delivered),
            &timing,
            Some(fault.slug()),
        );
        if let Ok((headers, payload)) = answer {
            let _ = shared.client.publish_with_headers(reply_to.to_owned(), headers, payload).await;
        }
    }
    settle(shared, ack_subject, Settlement::Term).await;
}

/// What it takes to answer a delivery and to settle it.
struct Exchange {
    ack_subject: Subject,
    reply_to: String,
    method: Method,
    info: Info,
}

impl Exchange {
    /// Publishes the answer, then the ack, on the same connection: an answer may come twice, it is not lost.
    async fn answer(
        self,
        shared: &Shared,
        response: Response<Bytes>,
        handler: Duration,
        fault: Option<Fault>,
    ) {
        let Self { ack_subject, reply_to, method, info } = self;
        let timing = info.timing(handler);
        let sent = Sent {
            ack_subject,
            reply_to,
            method,
            response,
            attempt: shared.attempt(info.delivered),
            timing,
            error: fault.map(Fault::slug),
            connection: shared.connection_number(),
        };
        send(shared, sent).await;
    }
}

/// Sends an answer and its ack, and keeps it until the server has seen both.
pub(super) async fn send(shared: &Shared, mut sent: Sent) {
    sent.connection = shared.connection_number();
    let _span = spans::reply();
    if let Err(error) = reply(shared, &sent).await {
        tracing::error!(error, "an answer cannot be sent");
        let fault = Fault::AnswerTooLarge;
        (sent.response, sent.error) = (fault_response(fault), Some(fault.slug()));
        if let Err(error) = reply(shared, &sent).await {
            tracing::error!(error, "nor can its fault");
        }
    }
    settle(shared, &sent.ack_subject, Settlement::Ack).await;
    shared.outbox.keep(sent);
}

/// Publishes an answer. Fails if it is too large for the wire format or for the server.
async fn reply(shared: &Shared, sent: &Sent) -> Result<(), BoxError> {
    let Sent { method, response, attempt, timing, error, reply_to, .. } = sent;
    let (headers, payload) = wire::encode_response(method, response, attempt, timing, *error)?;
    Ok(shared.client.publish_with_headers(reply_to.clone(), headers, payload).await?)
}

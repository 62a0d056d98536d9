//! The wire format as files: a change of one is a change of the wire format.

use std::{fs, path::Path, time::Duration};

use async_nats::HeaderMap;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;
use uptake::{
    Fault,
    wire::{
        Answer, Attempt, AttemptFailure, Cancel, Class, DeadCause, DeadLetter, Envelope, JobId, JobState,
        Message, Original, Progress, Record, Route, Timing, TraceContext, attach_record, attached_record,
        encode_cancel, encode_cancel_job, encode_dead_letter, encode_job, encode_record, encode_request,
        encode_response,
    },
};

use super::{block, identity, root};

const REPLY_TO: &str = "uptake.reply.proxy.8c1f2b3a4d5e6f70.1a-00112233445566ff";

/// Compares with a golden file; `UPDATE_GOLDEN=1` writes it instead.
fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(
        actual, expected,
        "{name}: the wire format has changed (UPDATE_GOLDEN=1 writes the file anew)"
    );
}

fn render(message: &Message) -> String {
    let payload = String::from_utf8_lossy(&message.payload);
    format!("{}\n\n{}\n\n{payload}\n", message.subject, block(&message.headers))
}

#[test]
fn a_request_is_encoded_as_documented() {
    let mut request =
        Request::post("/users/7%2F8?dry=1").body(Bytes::from_static(b"{\"name\":\"Ada\"}")).unwrap();
    let fields = request.headers_mut();
    fields.insert("host", HeaderValue::from_static("example.com"));
    fields.insert("content-type", HeaderValue::from_static("application/json"));
    fields.append("x-name", HeaderValue::from_static("plain 100%"));
    fields.append("x-name", HeaderValue::from_bytes("Zoë 100%".as_bytes()).unwrap());
    fields.append("cookie", HeaderValue::from_static("a=1"));
    fields.append("cookie", HeaderValue::from_static("b=2"));
    fields.insert("nats-rollup", HeaderValue::from_static("all"));
    let envelope = Envelope {
        request_id: "req-1".to_owned(),
        prefix: "/api".to_owned(),
        trace: TraceContext {
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            tracestate: Some("vendor=1".to_owned()),
            baggage: Some("tenant=acme".to_owned()),
        },
        identity: Some(identity(json!({"sub": "Zoë 1", "iss": "https://id.example", "exp": 1_795_000_000}))),
    };
    let message =
        encode_request(&root(), &request, &envelope, REPLY_TO, Duration::from_millis(29_950)).unwrap();
    check("request.txt", &render(&message));
}

#[test]
fn an_answer_is_encoded_as_documented() {
    let mut response = Response::new(Bytes::from_static(b"{\"id\":\"7\"}"));
    *response.status_mut() = StatusCode::CREATED;
    let fields = response.headers_mut();
    fields.insert("location", HeaderValue::from_static("/users/7"));
    fields.append("set-cookie", HeaderValue::from_static("a=1; Path=/"));
    fields.append("set-cookie", HeaderValue::from_static("b=2; Path=/"));
    response.extensions_mut().insert(Route::new("/users").unwrap());
    let attempt = Attempt { worker: "00ff00ff00ff00ff".to_owned(), delivery: 1 };
    let timing = Timing {
        queue: Duration::from_micros(420),
        handler: Duration::from_micros(1337),
        pending: 3,
        sequence: 77,
    };
    let (headers, payload) = encode_response(&Method::POST, &response, &attempt, &timing, None).unwrap();
    check("response.txt", &render(&Message { subject: REPLY_TO.to_owned(), headers, payload }));
}

#[test]
fn an_answer_of_the_platform_is_encoded_as_documented() {
    let fault = Fault::WorkerDied;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = fault.status();
    let attempt = Attempt { worker: "00ff00ff00ff00ff".to_owned(), delivery: 2 };
    let (headers, payload) =
        encode_response(&Method::POST, &response, &attempt, &Timing::default(), Some(fault.slug())).unwrap();
    check("response-fault.txt", &render(&Message { subject: REPLY_TO.to_owned(), headers, payload }));
}

#[test]
fn a_cancel_is_encoded_as_documented() {
    let cancel = Cancel { reply_to: REPLY_TO.to_owned(), budget: Duration::from_millis(12_000) };
    check("cancel.txt", &render(&encode_cancel(&root(), "uptake-call-users", &cancel)));
}

fn job_id() -> JobId {
    JobId::from_bits(0x0a7c_1f2b_3a4d_5e6f_0011_2233_4455_66ff)
}

#[test]
fn a_job_is_encoded_as_documented() {
    let mut request = Request::post("/ratings?dry=1").body(Bytes::from_static(b"{}")).unwrap();
    request.headers_mut().insert("idempotency-key", HeaderValue::from_static("\"k-1\""));
    let envelope = Envelope { request_id: "req-1".to_owned(), ..Envelope::default() };
    let mut message = encode_job(&root(), &request, &envelope, Some(REPLY_TO), &job_id(), 1).unwrap();
    assert!(attached_record(&message.headers).is_none());
    let accepted = Record { state: JobState::Accepted, answer: None, ..record() };
    attach_record(&mut message, &accepted, 76);
    let (attached, revision) = attached_record(&message.headers).unwrap();
    assert_eq!((format!("{attached:?}"), revision), (format!("{accepted:?}"), 76));
    check("job.txt", &render(&message));
}

fn record() -> Record {
    let at = |second: i64| jiff::Timestamp::from_second(1_795_000_000 + second).unwrap();
    Record {
        id: job_id(),
        state: JobState::Done,
        tenant: "00112233445566778899aabbccddeeff".to_owned(),
        fingerprint: "0".repeat(64),
        keyed: true,
        method: "POST".to_owned(),
        target: "/ratings?dry=1".to_owned(),
        request_id: "req-1".to_owned(),
        run: 1,
        attempts: 2,
        lost: 1,
        stream: Some("uptake-job-ratings".to_owned()),
        sequence: Some(77),
        worker: Some("00ff00ff00ff00ff".to_owned()),
        created: at(0),
        started: Some(at(1)),
        finished: Some(at(2)),
        next_attempt: None,
        progress: Some(Progress { percent: 50.0, text: "Zoë 🦀".to_owned() }),
        last_failure: Some(AttemptFailure { status: 503, error: None, at: at(1) }),
        answer: Some(Answer {
            response: Response::builder()
                .status(201)
                .header("location", "/ratings/7")
                .body(Bytes::from_static(b"{\"id\":7}"))
                .unwrap(),
            attempt: Attempt { worker: "00ff00ff00ff00ff".to_owned(), delivery: 2 },
            timing: Timing::default(),
            error: None,
        }),
    }
}

#[test]
fn a_record_is_encoded_as_documented_and_read_back() {
    let (headers, payload) = encode_record(&record()).unwrap();
    let read = uptake::wire::decode_record(&headers, payload.clone()).unwrap();
    assert_eq!(format!("{read:?}"), format!("{:?}", record()));
    let subject = format!("$KV.{}.{}", root().job_bucket(), job_id());
    check("record.txt", &render(&Message { subject, headers, payload }));
    let empty = Record { answer: None, state: JobState::Accepted, ..record() };
    let (headers, payload) = encode_record(&empty).unwrap();
    let read = uptake::wire::decode_record(&headers, payload).unwrap();
    assert_eq!(format!("{read:?}"), format!("{empty:?}"));
}

#[test]
fn the_cancel_of_a_job_is_encoded_as_documented() {
    let message = encode_cancel_job(&root(), "uptake-job-ratings", &job_id());
    assert_eq!(uptake::wire::decode_cancel_job(&message.headers).unwrap(), job_id());
    check("cancel-job.txt", &render(&message));
}

#[test]
fn a_dead_letter_is_encoded_as_documented() {
    let mut headers = HeaderMap::new();
    headers.insert("Uptake-Method", "POST");
    let original =
        Original::new("uptake.job.post.users", &headers, Bytes::from_static(b"{\"name\":\"Ada\"}"));
    let letter = DeadLetter {
        cause: DeadCause::AttemptsFailed,
        class: Class::Job,
        service: "users".to_owned(),
        stream: "uptake-job-users".to_owned(),
        sequence: 77,
        attempts: 5,
        lost: 1,
        job: Some(JobId::from_bits(7)),
        run: Some(1),
        tenant: "00112233445566778899aabbccddeeff".to_owned(),
        keyed: true,
        status: Some(500),
        error: Some(Fault::HandlerPanicked.slug().to_owned()),
        worker: "00ff00ff00ff00ff".to_owned(),
        at: "2026-11-21T12:00:00Z".parse().unwrap(),
        request_id: "req-1".to_owned(),
        traceparent: None,
        method: "POST".to_owned(),
        target: "/users".to_owned(),
        left_out: Vec::new(),
    };
    check("dead-letter.txt", &render(&encode_dead_letter(&root(), letter, original)));
}

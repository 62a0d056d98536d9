//! Dead letters: what is stored of a message, and what never is.

use async_nats::HeaderMap;
use bytes::Bytes;
use proptest::prelude::*;
use uptake::wire::{
    Class, DeadCause, DeadLetter, JobId, Original, decode_dead_letter, decode_original, encode_dead_letter,
};

use super::root;

fn letter() -> DeadLetter {
    DeadLetter {
        cause: DeadCause::AttemptsFailed,
        class: Class::Job,
        service: "users".to_owned(),
        stream: "uptake-job-users".to_owned(),
        sequence: 77,
        attempts: 5,
        lost: 1,
        job: Some(JobId::from_bits(7)),
        run: Some(2),
        tenant: "00112233445566778899aabbccddeeff".to_owned(),
        keyed: true,
        status: Some(500),
        error: Some("handler-panicked".to_owned()),
        worker: "00ff00ff00ff00ff".to_owned(),
        at: "2026-11-21T12:00:00Z".parse().unwrap(),
        request_id: String::new(),
        traceparent: None,
        method: String::new(),
        target: String::new(),
        left_out: Vec::new(),
    }
}

fn original(headers: &[(&str, &str)], body: &'static [u8]) -> Original {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Original { subject: "uptake.job.post.users".to_owned(), headers: headers.collect(), body: body.into() }
}

#[test]
fn credentials_are_never_stored_and_it_is_said_so() {
    let original = original(
        &[
            ("Http-authorization", "Bearer secret"),
            ("Http8-authorization", "secret"),
            ("Http-cookie", "a=secret"),
            ("HTTP-COOKIE", "kept: no field of ours"),
            ("Http8-Cookie", "secret"),
            ("Http-x-cookie", "kept"),
            ("Uptake-Auth-Subject", "kept"),
        ],
        b"body",
    );
    let message = encode_dead_letter(&root(), letter(), original);
    let text = String::from_utf8(message.payload.to_vec()).unwrap();
    assert!(!text.contains("secret"), "{text}");
    assert_eq!(decode_dead_letter(&message.headers).unwrap().left_out, ["authorization", "cookie"]);
    let names: Vec<_> =
        decode_original(&message.payload).unwrap().headers.into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["HTTP-COOKIE", "Http-x-cookie", "Uptake-Auth-Subject"]);
}

#[test]
fn a_dead_letter_is_published_for_its_service_with_an_id_of_its_own() {
    let message = encode_dead_letter(&root(), letter(), original(&[], b""));
    assert_eq!(message.subject, "uptake.dead.users");
    let id = |message: &uptake::wire::Message| message.headers.get("Nats-Msg-Id").unwrap().to_string();
    assert_eq!(id(&message), "00000000000000000000000000000007.2");
    let call = DeadLetter { job: None, run: None, class: Class::Call, ..letter() };
    assert_eq!(id(&encode_dead_letter(&root(), call, original(&[], b""))), "uptake-job-users.77");
}

#[test]
fn what_a_message_says_of_its_request_is_told_where_it_can_be() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let good = [
        ("Uptake-Method", "POST"),
        ("Uptake-Target", "/users?a=b"),
        ("Uptake-Request-Id", "req-1"),
        ("traceparent", trace),
    ];
    let told = letter().told_by(&original(&good, b""));
    assert_eq!((told.method.as_str(), told.target.as_str()), ("POST", "/users?a=b"));
    assert_eq!((told.request_id.as_str(), told.traceparent.as_deref()), ("req-1", Some(trace)));
    let bad = [("Uptake-Request-Id", "no id"), ("traceparent", "00")];
    let told = letter().told_by(&original(&bad, b""));
    assert_eq!((told.method.as_str(), told.request_id.as_str(), told.traceparent), ("", "", None));
}

#[test]
fn a_body_for_which_there_is_no_room_is_left_out() {
    let huge = Original { body: Bytes::from(vec![0; 800 * 1024]), ..original(&[("A", "b")], b"") };
    let message = encode_dead_letter(&root(), letter(), huge);
    assert_eq!(decode_dead_letter(&message.headers).unwrap().left_out, ["(body)"]);
    let kept = decode_original(&message.payload).unwrap();
    assert_eq!((kept.body.len(), kept.headers.len()), (0, 1));
    let large = Original { body: Bytes::from(vec![0; 512 * 1024]), ..original(&[("A", "b")], b"") };
    let message = encode_dead_letter(&root(), letter(), large.clone());
    assert_eq!(decode_original(&message.payload).unwrap(), large, "the largest body of a request");
}

proptest! {
    #[test]
    fn a_dead_letter_comes_back_as_it_was(
        (lines, body, target) in (
            prop::collection::vec(("[A-Za-z][!-~&&[^:]]{0,12}", "\\PC{0,30}"), 0..8),
            prop::collection::vec(any::<u8>(), 0..200),
            "\\PC{0,60}",
        )
    ) {
        let facts = DeadLetter { target, ..letter() };
        let stored = Original { subject: "é x".to_owned(), headers: lines, body: body.into() };
        let message = encode_dead_letter(&root(), facts.clone(), stored.clone());
        for (_, values) in message.headers.iter() {
            let printable = |byte: u8| (0x20..=0x7e).contains(&byte);
            prop_assert!(values.iter().all(|value| value.as_str().bytes().all(printable)));
        }
        let mut read = HeaderMap::new();
        for (name, values) in message.headers.iter() {
            values.iter().for_each(|value| read.append(name.clone(), value.as_str()));
        }
        prop_assert_eq!(decode_dead_letter(&read).unwrap(), facts);
        prop_assert_eq!(decode_original(&message.payload).unwrap(), stored);
    }
}

#[test]
fn facts_fit_into_a_header_whatever_the_target_is() {
    for octet in ["\u{1}", "\"", "ä", "x"] {
        let target = octet.repeat(60 * 1024 / octet.len());
        let original = original(&[("Uptake-Target", &target)], b"");
        let message = encode_dead_letter(&root(), letter().told_by(&original), original);
        let facts = message.headers.get("Uptake-Dead-Letter").unwrap();
        assert!(facts.as_str().len() < 60 * 1024, "{octet:?}");
    }
}

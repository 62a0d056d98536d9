use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap as Fields, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uptake::wire::{
    Answer, Attempt, Cancel, DecodeError, EncodeError, Envelope, Identity, IdentityError, MAX_CLAIMS_OCTETS,
    MAX_SUBJECT_OCTETS, METHODS, Route, Timing, TraceContext, decode_request, decode_response,
    encode_request,
};

use super::{block, identity, properties, root};

const REPLY_TO: &str = "uptake.reply.proxy.00ff.7-0011";

fn field() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    let name = "x-[a-z0-9!#$%&'*+.^_`|~-]{0,12}";
    // Any octet that an HTTP field value may hold: visible, space, tab, and all above ASCII.
    let value = prop::collection::vec(prop_oneof![0x20..=0x7e_u8, Just(b'\t'), 0x80..=0xff_u8], 0..40);
    (name, value).prop_map(|(name, value)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(&value).unwrap())
    })
}

fn fields() -> impl Strategy<Value = Fields> {
    prop::collection::vec(field(), 0..12).prop_map(|fields| {
        let mut map = Fields::new();
        for (name, value) in fields {
            map.append(name, value);
        }
        map
    })
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(METHODS.to_vec())
}

/// Claims of a token, with any text wherever JSON has text.
fn claims() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::collection::vec(any::<String>(), 0..3).prop_map(|texts| json!({"roles": texts})),
    ];
    let others = prop::collection::btree_map(any::<String>(), value, 0..5);
    (any::<String>(), others).prop_map(|(subject, others)| {
        let mut claims: Map<String, Value> = others.into_iter().collect();
        claims.insert("sub".to_owned(), format!("{}!", subject.chars().take(60).collect::<String>()).into());
        Value::Object(claims)
    })
}

/// Lines that a hostile peer may send: names and values of ours, and what no peer of ours would write.
fn foreign_message() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        3 => prop::sample::select(
            "Wire Method Reply-To Target Prefix Budget-Ms Request-Id Auth-Subject Auth-Claims Status Attempt Timing Error Route Cancel"
                .split(' ').map(|name| format!("Uptake-{name}")).collect::<Vec<_>>()
        ),
        2 => "Http8?-(connection|content-length|te|x-[a-z]{1,3})",
        1 => prop::sample::select(vec!["traceparent".to_owned(), "tracestate".to_owned(), "baggage".to_owned()]),
        1 => "[!-~&&[^:]]{1,20}",
    ];
    let value = prop_oneof![
        3 => prop::sample::select(
            ["1", "GET", "TRACE", "/a?b=c", "/ü", "uptake.reply.p.0.1", "200", "204", "999", "w.1", "é.1", "1 2 3 4",
             "outcome-unknown", "close, x-a", "%0d%0a", "%41", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "ada", r#"{"sub":"ada"}"#]
                .map(str::to_owned).to_vec()
        ),
        1 => "[ -~]{0,40}",
        1 => "\\PC{0,20}",
    ];
    let lines = prop::collection::vec((name, value), 0..12);
    let good = prop::sample::select(vec![
        "",
        "Uptake-Wire: 1\nUptake-Method: POST\nUptake-Target: /a\nUptake-Reply-To: uptake.reply.p.0.1\nUptake-Budget-Ms: 9\n",
        "Uptake-Wire: 1\nUptake-Method: GET\nUptake-Target: /a\nUptake-Reply-To: uptake.reply.p.0.1\nUptake-Budget-Ms: 9\n\
         Uptake-Auth-Subject: %61da\nUptake-Auth-Claims: {\"sub\": \"ada\", \"sub\": \"ada\", \"\\u00eb\": [1.50]}\n",
        "Uptake-Wire: 1\nUptake-Status: 200\nUptake-Attempt: 0a.1\nUptake-Timing: 1 2 3 4\n",
        "Uptake-Wire: 1\nUptake-Cancel: uptake.reply.p.0.1\nUptake-Budget-Ms: 9\n",
    ]);
    (good, lines, "[a-z]{0,9}").prop_map(|(good, lines, body)| {
        let lines: String = lines.into_iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("{good}{lines}\n{body}")
    })
}

proptest! {
    #[test]
    fn a_request_comes_out_as_it_went_in(
        method in method(),
        target in "/[!-~&&[^#?]]{0,40}(\\?[!-~&&[^#]]{0,20})?",
        fields in fields(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        claims in prop::option::of(claims()),
    ) {
        let Ok(uri) = target.parse::<http::uri::PathAndQuery>() else { return Ok(()) };
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri.into();
        *request.headers_mut() = fields;
        let (trace, identity) = (TraceContext::generate(), claims.map(identity));
        let envelope = Envelope { request_id: "r1".into(), prefix: "/api".into(), trace, identity };
        properties::client_request(&root(), REPLY_TO, &request, &envelope);
    }

    #[test]
    fn an_answer_comes_out_as_it_went_in(
        status in 200..=599_u16,
        fields in fields(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        (queue, handler, pending, sequence) in (any::<u32>(), any::<u32>(), any::<u64>(), any::<u64>()),
        route in "/[ -~]{0,20}|[!-~]{0,300}|.{0,20}",
    ) {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        *response.headers_mut() = fields;
        if let Some(route) = Route::new(&route) {
            response.extensions_mut().insert(route);
        }
        let attempt = Attempt { worker: "00ff".into(), delivery: 2 };
        let timing = Timing {
            queue: Duration::from_micros(queue.into()),
            handler: Duration::from_micros(handler.into()),
            pending,
            sequence,
        };
        properties::own_response(&Method::GET, &Answer { response, attempt, timing, error: None }, None);
    }

    #[test]
    fn whatever_is_decoded_can_be_sent_on(text in foreign_message()) {
        if let Some((headers, payload)) = properties::message(text.as_bytes()) {
            properties::foreign_request(&root(), &headers, &payload);
            properties::foreign_response(&headers, &payload);
            properties::foreign_cancel(&root(), &headers);
        }
    }

    #[test]
    fn a_cancel_reaches_the_workers_of_its_stream_alone(stream in "\\PC{0,30}|[a.*> \r\n]{0,8}", ms in any::<u32>()) {
        let cancel = Cancel { reply_to: REPLY_TO.to_owned(), budget: Duration::from_millis(ms.into()) };
        properties::own_cancel(&root(), &stream, &cancel);
    }
}

/// A message of a hostile peer: good headers, then these lines.
fn hostile(good: &str, lines: &str) -> (async_nats::HeaderMap, Bytes) {
    properties::message(format!("Uptake-Wire: 1\n{good}{lines}\n").as_bytes()).unwrap()
}

const GOOD_REQUEST: &str = "Uptake-Target: /a\nUptake-Reply-To: uptake.reply.p.0.1\nUptake-Budget-Ms: 9\n";
const GOOD_ANSWER: &str = "Uptake-Status: 200\nUptake-Timing: 1 2 3 4\n";

#[test]
fn what_an_asker_may_leave_out_is_left_out_where_it_is_malformed() {
    let long = "x".repeat(129);
    for id in ["é", "a b", "a\tb", long.as_str()] {
        let lines = format!(
            "Uptake-Method: GET\nUptake-Request-Id: {id}\nUptake-Prefix: {id}\ntracestate: {id}\nbaggage: é\n"
        );
        let (headers, payload) = hostile(GOOD_REQUEST, &lines);
        let decoded = decode_request(&root(), &headers, payload).unwrap();
        assert_eq!(decoded.envelope, Envelope::default(), "{id:?}");
        assert!(decoded.request.headers().is_empty());
    }
}

#[test]
fn a_request_with_a_malformed_identity_is_none_and_never_anonymous() {
    let long = "x".repeat(MAX_SUBJECT_OCTETS + 1);
    let (long, large) = (
        format!("Subject: {long}\nClaims: {{\"sub\":\"{long}\"}}"),
        format!("Subject: a\nClaims: {{\"sub\":\"a\",\"x\":\"{}\"}}", "x".repeat(MAX_CLAIMS_OCTETS)),
    );
    for lines in [
        "Subject: a",
        "Subject:",
        "Claims: {\"sub\":\"a\"}",
        "Subject: b\nClaims: {\"sub\":\"a\"}",
        "Subject: \nClaims: {\"sub\":\"\"}",
        "Subject: 7\nClaims: {\"sub\":7}",
        "Subject: a\nClaims: {}",
        "Subject: a\nClaims: [\"a\"]",
        "Subject: a\nClaims: {\"sub\":\"a\"",
        "Subject: %6\nClaims: {\"sub\":\"a\"}",
        "Subject: é\nClaims: {\"sub\":\"é\"}",
        "Subject: a\nSubject: a\nClaims: {\"sub\":\"a\"}",
        "Subject: a\nClaims: {\"sub\":\"a\"}\nClaims: {\"sub\":\"a\",\"admin\":true}",
        &long,
        &large,
    ] {
        let lines: String = lines.lines().map(|line| format!("Uptake-Auth-{line}\n")).collect();
        let (headers, payload) = hostile(GOOD_REQUEST, &format!("Uptake-Method: GET\n{lines}"));
        let error = decode_request(&root(), &headers, payload).unwrap_err().to_string();
        assert!(error.starts_with("header Uptake-Auth-"), "{error}: {lines}");
    }
}

#[test]
fn what_is_too_large_to_travel_is_no_identity() {
    let new = |subject: &str, text: &str| {
        let claims = json!({"sub": subject, "text": text});
        Identity::new(claims.as_object().unwrap().clone()).map(|identity| identity.subject().to_owned())
    };
    let most = "x".repeat(MAX_SUBJECT_OCTETS);
    assert_eq!(new(&most, ""), Ok(most.clone()));
    assert_eq!(new(&format!("{most}x"), ""), Err(IdentityError::SubjectTooLong));
    assert_eq!(new("", ""), Err(IdentityError::NoSubject));
    let frame = r#"{"sub":"a","text":""}"#.len();
    assert!(new("a", &"x".repeat(MAX_CLAIMS_OCTETS - frame)).is_ok());
    assert_eq!(new("a", &"x".repeat(MAX_CLAIMS_OCTETS - frame + 1)), Err(IdentityError::ClaimsTooLarge));
    // What counts is what travels: six octets for each of these letters.
    assert_eq!(new("a", &"ë".repeat(MAX_CLAIMS_OCTETS / 6)), Err(IdentityError::ClaimsTooLarge));
}

#[test]
fn a_request_that_no_proxy_would_publish_is_none() {
    for method in ["TRACE", "CONNECT", "get", "PURGE", ""] {
        let (headers, payload) = hostile(GOOD_REQUEST, &format!("Uptake-Method: {method}\n"));
        let error = decode_request(&root(), &headers, payload).unwrap_err();
        assert_eq!(error, DecodeError::Malformed("Uptake-Method"), "{method}");
    }
    for target in ["/ü", "/a b", "/a#b", "a", "*", "http://x/"] {
        let (mut headers, payload) = hostile(GOOD_REQUEST, "Uptake-Method: GET\n");
        headers.insert("Uptake-Target", target);
        let error = decode_request(&root(), &headers, payload).unwrap_err();
        assert_eq!(error, DecodeError::Malformed("Uptake-Target"), "{target}");
    }
}

#[test]
fn more_headers_than_a_message_may_have_are_refused_and_break_nothing() {
    // So many distinct names that a map of them cannot be made.
    let lines: String = (0..40_000).map(|n| format!("Http-{n}: \n")).collect();
    let (headers, payload) = hostile(GOOD_ANSWER, &format!("Uptake-Attempt: w.1\n{lines}"));
    assert_eq!(decode_response(&headers, payload).unwrap_err(), DecodeError::FieldsTooLarge);
    let (headers, payload) = hostile(GOOD_REQUEST, &format!("Uptake-Method: GET\n{lines}"));
    assert_eq!(decode_request(&root(), &headers, payload).unwrap_err(), DecodeError::FieldsTooLarge);
}

#[test]
fn a_worker_has_no_say_in_the_framing_of_an_answer() {
    let answer = |lines: &str, body: &str| {
        let (headers, _) = hostile(GOOD_ANSWER, &format!("Uptake-Attempt: w.1\n{lines}"));
        decode_response(&headers, Bytes::copy_from_slice(body.as_bytes())).unwrap().response
    };
    let length = |lines: &str, body| answer(lines, body).headers().get("content-length").cloned();
    assert_eq!(length("Http-content-length: 7\n", "").unwrap(), "7", "as to HEAD");
    assert_eq!(length("Http-content-length: 7\n", "abc"), None);
    for lines in ["-7", "+7", "7, 7", "", "0x7", "99999999999999999999", "7\nHttp-content-length: 8"] {
        assert_eq!(length(&format!("Http-content-length: {lines}\n"), ""), None, "{lines}");
    }
    let private = answer("Http-connection: close, x-private\nHttp-x-private: 1\n", "");
    assert!(private.headers().is_empty(), "{private:?}");
}

#[test]
fn an_answer_names_its_worker_by_a_plain_token() {
    for attempt in [".1", "é.1", "a b.1", "w.-1", "w", "w.1.2"] {
        let (headers, payload) = hostile(GOOD_ANSWER, &format!("Uptake-Attempt: {attempt}\n"));
        let error = decode_response(&headers, payload).unwrap_err();
        assert_eq!(error, DecodeError::Malformed("Uptake-Attempt"), "{attempt}");
    }
}

#[test]
fn what_a_client_calls_itself_never_becomes_a_nats_header() {
    let mut request = Request::new(Bytes::new());
    for name in [
        "nats-rollup",
        "nats-msg-id",
        "nats-ttl",
        "uptake-reply-to",
        "uptake-wire",
        "uptake-auth-subject",
        "status",
    ] {
        request.headers_mut().insert(name, HeaderValue::from_static("all"));
    }
    let message =
        encode_request(&root(), &request, &Envelope::default(), REPLY_TO, Duration::from_secs(1)).unwrap();
    for (name, _) in message.headers.iter() {
        let name: &str = name.as_ref();
        assert!(name.starts_with("Uptake-") || name.starts_with("Http-"), "{name}");
    }
    assert_eq!(message.headers.get("Uptake-Reply-To").unwrap().as_str(), REPLY_TO);
    let decoded = decode_request(&root(), &message.headers, message.payload).unwrap();
    assert_eq!(decoded.envelope.identity, None);
}

#[test]
fn hop_by_hop_fields_and_the_false_length_stay_behind() {
    let mut request = Request::new(Bytes::from_static(b"abc"));
    *request.method_mut() = Method::POST;
    for (name, value) in [
        ("connection", "close, X-Private"),
        ("x-private", "1"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("content-length", "7"),
        ("accept", "*/*"),
    ] {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let message =
        encode_request(&root(), &request, &Envelope::default(), REPLY_TO, Duration::from_secs(1)).unwrap();
    let decoded = decode_request(&root(), &message.headers, message.payload).unwrap();
    let mut names: Vec<_> = decoded.request.headers().keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "content-length"]);
    assert_eq!(decoded.request.headers()["content-length"], "3");
}

#[test]
fn what_cannot_travel_is_refused_with_its_reason() {
    let encode = |request: &Request<Bytes>| {
        encode_request(&root(), request, &Envelope::default(), REPLY_TO, Duration::ZERO)
            .map(|message| block(&message.headers))
    };
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::TRACE;
    assert_eq!(encode(&request), Err(EncodeError::Method));
    *request.method_mut() = Method::GET;
    request.headers_mut().insert("x-large", HeaderValue::from_bytes(&vec![b'x'; 61 * 1024]).unwrap());
    assert!(matches!(encode(&request), Err(EncodeError::FieldsTooLarge { octets }) if octets > 61 * 1024));
    // Percent-encoding triples the octets: what counts is what travels.
    request.headers_mut().insert("x-large", HeaderValue::from_bytes(&vec![0xff; 21 * 1024]).unwrap());
    assert!(matches!(encode(&request), Err(EncodeError::FieldsTooLarge { .. })));
}

#[test]
fn a_malformed_trace_context_is_dropped_and_never_refused() {
    let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (traceparent, kept) in [
        (valid, true),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
        ("é", false),
        ("", false),
    ] {
        let mut fields = Fields::new();
        fields.insert("traceparent", HeaderValue::from_bytes(traceparent.as_bytes()).unwrap());
        fields.insert("tracestate", HeaderValue::from_static("a=1"));
        let trace = TraceContext::take_from(&mut fields);
        assert_eq!(trace.traceparent.is_some(), kept, "{traceparent}");
        assert_eq!(trace.tracestate.is_some(), kept, "tracestate goes with traceparent");
        assert!(fields.is_empty());
    }
}

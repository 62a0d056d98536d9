use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap as Fields, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use proptest::prelude::*;
use uptake::wire::{
    Attempt, EncodeError, Envelope, METHODS, Timing, TraceContext, decode_request, decode_response,
    encode_request, encode_response,
};

use super::{block, root};

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

/// What `async-nats` reads of a value: without white space at its ends.
fn as_read(headers: &async_nats::HeaderMap) -> async_nats::HeaderMap {
    let mut read = async_nats::HeaderMap::new();
    for (name, values) in headers.iter() {
        for value in values {
            let value = value.as_str();
            assert!(value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{name}: {value:?}");
            read.append(name.clone(), value.trim());
        }
    }
    read
}

proptest! {
    #[test]
    fn a_request_comes_out_as_it_went_in(
        method in method(),
        target in "/[!-~&&[^#?]]{0,40}(\\?[!-~&&[^#]]{0,20})?",
        fields in fields(),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let Ok(uri) = target.parse::<http::uri::PathAndQuery>() else { return Ok(()) };
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.into();
        *request.headers_mut() = fields.clone();
        let envelope = Envelope { request_id: "r1".into(), prefix: "/api".into(), trace: TraceContext::generate() };
        let message = encode_request(&root(), &request, &envelope, REPLY_TO, Duration::from_millis(1500)).unwrap();
        let decoded = decode_request(&root(), &as_read(&message.headers), message.payload).unwrap();
        prop_assert_eq!(decoded.request.method(), &method);
        prop_assert_eq!(decoded.request.uri(), request.uri());
        prop_assert_eq!(decoded.request.body(), request.body());
        prop_assert_eq!(&decoded.envelope, &envelope);
        prop_assert_eq!(&decoded.reply_to, REPLY_TO);
        prop_assert_eq!(decoded.budget, Duration::from_millis(1500));
        for name in fields.keys() {
            let (sent, got): (Vec<_>, Vec<_>) =
                (fields.get_all(name).iter().collect(), decoded.request.headers().get_all(name).iter().collect());
            prop_assert_eq!(sent, got, "{}", name);
        }
    }

    #[test]
    fn an_answer_comes_out_as_it_went_in(
        status in 200..=599_u16,
        fields in fields(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        (queue, handler, pending, sequence) in (any::<u32>(), any::<u32>(), any::<u64>(), any::<u64>()),
    ) {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        *response.headers_mut() = fields.clone();
        let attempt = Attempt { worker: "00ff".into(), delivery: 2 };
        let timing = Timing {
            queue: Duration::from_micros(queue.into()),
            handler: Duration::from_micros(handler.into()),
            pending,
            sequence,
        };
        let (headers, payload) = encode_response(&Method::GET, &response, &attempt, &timing, None).unwrap();
        let answer = decode_response(&as_read(&headers), payload).unwrap();
        prop_assert_eq!(answer.response.status(), response.status());
        prop_assert_eq!(answer.response.headers(), &fields);
        prop_assert_eq!(answer.response.body(), response.body());
        prop_assert_eq!((answer.attempt, answer.timing, answer.error), (attempt, timing, None));
    }

    #[test]
    fn decoding_survives_any_header_block(lines in prop::collection::vec(("[!-~&&[^:]]{1,20}", "[ -~]{0,40}"), 0..20),
                                          body in prop::collection::vec(any::<u8>(), 0..20)) {
        let mut headers = async_nats::HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.as_str(), value.as_str());
        }
        headers.insert("Uptake-Wire", "1");
        let _ = decode_request(&root(), &headers, Bytes::from(body.clone()));
        let _ = decode_response(&headers, Bytes::from(body));
    }
}

#[test]
fn what_a_client_calls_itself_never_becomes_a_nats_header() {
    let mut request = Request::new(Bytes::new());
    for name in ["nats-rollup", "nats-msg-id", "nats-ttl", "uptake-reply-to", "uptake-wire", "status"] {
        request.headers_mut().insert(name, HeaderValue::from_static("all"));
    }
    let message =
        encode_request(&root(), &request, &Envelope::default(), REPLY_TO, Duration::from_secs(1)).unwrap();
    for (name, _) in message.headers.iter() {
        let name: &str = name.as_ref();
        assert!(name.starts_with("Uptake-") || name.starts_with("Http-"), "{name}");
    }
    assert_eq!(message.headers.get("Uptake-Reply-To").unwrap().as_str(), REPLY_TO);
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

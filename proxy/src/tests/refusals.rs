//! What is refused, and as what.

use super::*;

#[tokio::test]
async fn refuses_what_it_cannot_carry_before_it_dispatches() {
    let proxy = Proxy::new(&["--max-body-bytes", "4", "--max-target-bytes", "20"], hello);
    assert_problem(&proxy.ask(Method::TRACE, "/users").await, Fault::MethodNotSupported);
    assert_problem(&proxy.ask(Method::GET, "/users/12345678901234").await, Fault::TargetTooLong);
    let post = |body: &'static str| Request::post("/users").body(Full::from(body)).unwrap();
    let refused = proxy.send(post("12345")).await;
    assert_problem(&refused, Fault::BodyTooLarge);
    assert_eq!(refused.0.headers()["connection"], "close");
    let unread = Request::builder().method("PURGE").uri("/users").body(Full::from("12")).unwrap();
    assert_eq!(
        proxy.send(unread).await.0.headers()["connection"],
        "close",
        "no next request is read behind it"
    );
    assert!(!proxy.ask(Method::TRACE, "/users").await.0.headers().contains_key("connection"));
    assert!(proxy.asked().is_empty());
    assert_eq!(proxy.send(post("1234")).await.0.status(), StatusCode::OK);
}

#[tokio::test]
async fn refuses_a_head_that_two_readers_could_take_for_two_requests() {
    let proxy = Proxy::new(&[], hello);
    let request = |fields: &[(&'static str, &'static str)]| {
        let request = fields
            .iter()
            .fold(Request::post("/users"), |request, (name, value)| request.header(*name, *value));
        request.body(Full::from("x")).unwrap()
    };
    for fields in [&[("host", "a"), ("host", "a")][..], &[("host", "a b")], &[("host", "u@a")]] {
        let refused = proxy.send(request(fields)).await;
        assert_problem(&refused, Fault::BadHost);
        assert_eq!(refused.0.headers()["connection"], "close");
    }
    for coding in ["gzip, chunked", "chunked, chunked", "identity"] {
        assert_problem(&proxy.send(request(&[("transfer-encoding", coding)])).await, Fault::BadFraming);
    }
    let other = Request::get("http://a/users").version(http::Version::HTTP_2).header("host", "b");
    assert_problem(&proxy.send(other.body(Full::default()).unwrap()).await, Fault::BadHost);
    assert!(proxy.asked().is_empty());
    assert_eq!(proxy.send(request(&[("transfer-encoding", "Chunked")])).await.0.status(), StatusCode::OK);
}

#[tokio::test]
async fn answers_that_nobody_reads_are_counted_and_bounded() {
    let config = Config::parse_from(["proxy", "--max-in-flight-bytes", "524288"]);
    let limits = Limits::new(&config.limits);
    let answer = || Bytes::from(vec![0; 200_000]);
    let first = limits.hold(answer(), None).unwrap();
    assert!(limits.admit().is_ok(), "not yet half");
    let second = limits.hold(answer(), None).unwrap();
    assert_eq!(limits.admit().unwrap_err(), Fault::InFlightLimit);
    assert_eq!(limits.hold(answer(), None).unwrap_err(), Fault::AnswerDropped);
    assert_eq!(limits.answer_octets(), 400_000);
    drop((first, second));
    assert_eq!(limits.answer_octets(), 0);
    assert!(limits.admit().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_body_may_take_its_time_out_but_not_more_than_the_budget() {
    for arguments in [["--body-timeout", "2"], ["--budget", "2"]] {
        let proxy = Proxy::new(&arguments, hello);
        let began = Instant::now();
        assert_problem(&proxy.send(Request::post("/users").body(Stuck).unwrap()).await, Fault::BodyTimeout);
        assert_eq!(began.elapsed().as_secs(), 2, "{arguments:?}");
        assert!(proxy.asked().is_empty());
    }
}

#[tokio::test]
async fn every_failure_of_the_dispatcher_becomes_its_problem() {
    let proxy = Proxy::new(&[], |call| match call.request.uri().path() {
        "/full" => Err(Failure {
            fault: Fault::StreamFull,
            retry_after: Some(std::time::Duration::from_millis(300)),
        }),
        "/late" => Err(Fault::OutcomeUnknown.into()),
        _ => Err(Fault::WorkerDied.into()),
    });
    let full = proxy.ask(Method::GET, "/full").await;
    assert_problem(&full, Fault::StreamFull);
    assert_eq!(full.0.headers()["retry-after"], "1", "whole seconds, at least one");
    assert_problem(&proxy.ask(Method::GET, "/late").await, Fault::OutcomeUnknown);
    assert_problem(&proxy.ask(Method::POST, "/died").await, Fault::WorkerDied);
    let head = proxy.ask(Method::HEAD, "/died").await;
    assert_eq!((head.0.status(), head.1.len()), (StatusCode::BAD_GATEWAY, 0));
}

//! Which requests are jobs, and what their clients are answered.

use std::time::Duration;

use uptake::wire::JobState;

use super::{jobs_of_tests::ID, *};

fn post(target: &str, fields: &[(&'static str, &str)]) -> Request<Full<Bytes>> {
    let request = Request::post(target);
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::from("body")).unwrap()
}

fn location() -> String {
    format!("/-/jobs/{ID}")
}

#[tokio::test]
async fn a_job_is_accepted_at_once_where_its_client_prefers_that() {
    let proxy = Proxy::new(&["--strip-prefix", "/api"], hello);
    let (response, body) = proxy.send(post("/api/jobs/1", &[("prefer", "respond-async")])).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let headers = response.headers();
    assert_eq!(headers["location"], format!("/api{}", location()));
    assert_eq!(headers["preference-applied"], "respond-async");
    assert_eq!(headers["retry-after"], "1");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers.contains_key("idempotency-replayed"));
    let document: Value = serde_json::from_slice(&body).unwrap();
    let expected = json!({
        "id": ID, "state": "accepted", "method": "POST", "target": "/api/jobs/1?x=%20", "run": 1, "attempts": 0,
        "created": "2026-11-21T12:00:00Z",
    });
    assert_eq!(document, expected);
    assert!(proxy.asked().is_empty(), "no call was dispatched");
    proxy.script.jobs.last(|job| {
        assert_eq!((job.request.uri().path(), &job.request.body()[..]), ("/jobs/1", &b"body"[..]));
        assert_eq!((&job.key, job.envelope.prefix.as_str()), (&None, "/api"));
        assert_eq!(job.tenant, Tenant::None);
    });
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_its_preference_the_longest_wait_and_the_budget_allow() {
    let began = Instant::now();
    for (arguments, fields, wait) in [
        (&[][..], &[("prefer", "respond-async")][..], 0),
        (&[], &[("prefer", "respond-async, wait=5")], 5),
        (&[], &[("prefer", "wait=5"), ("idempotency-key", "k")], 5),
        (&[], &[("prefer", "wait=0"), ("idempotency-key", "k")], 0),
        (&[], &[("prefer", "wait=1000000000, respond-async")], 30),
        (&["--max-wait", "7"], &[("prefer", "wait=1000000000, respond-async")], 7),
        (&[], &[("idempotency-key", "k")], 30),
        (&[], &[("prefer", "wait=-1"), ("idempotency-key", "k")], 30),
    ] {
        let proxy = Proxy::new(arguments, hello);
        let (response, _) = proxy.send(post("/jobs/1", fields)).await;
        let budget = Duration::from_secs(30);
        let times = proxy.script.jobs.last(|job| (job.accept_by - began, job.wait_until - began));
        assert_eq!(times, (budget, Duration::from_secs(wait)), "{arguments:?} {fields:?}");
        if let Some(applied) = response.headers().get("preference-applied") {
            let expected =
                if wait == 0 { "respond-async".to_owned() } else { format!("respond-async, wait={wait}") };
            assert_eq!(applied, &*expected);
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_in_time_is_as_a_calls_would_be() {
    let proxy = Proxy::new(&["--strip-prefix", "/api"], hello);
    let answer = Response::builder().status(201).header("location", "/jobs/1/x").body("made").unwrap();
    proxy.script.jobs.end(JobState::Done, answer);
    for fields in [&[("idempotency-key", "k")][..], &[("prefer", "respond-async, wait=9")]] {
        let (response, body) = proxy.send(post("/api/jobs/1", fields)).await;
        assert_eq!((response.status(), &body[..]), (StatusCode::CREATED, &b"made"[..]));
        assert_eq!(response.headers()["location"], "/api/jobs/1/x");
        assert!(response.headers()["server-timing"].to_str().unwrap().contains("worker;dur="));
        assert!(!response.headers().contains_key("preference-applied"));
        assert!(!response.headers().contains_key("idempotency-replayed"));
    }
}

#[tokio::test]
async fn a_replay_says_so_whatever_the_answer_is() {
    let mut proxy = Proxy::new(&[], hello);
    proxy.script.jobs.replayed = true;
    let ask = async |fields| proxy.send(post("/jobs/1", fields)).await;
    let keyed = &[("idempotency-key", "\"k\"")][..];
    let running = ask(keyed).await;
    assert_problem(&running, Fault::JobStillRunning);
    assert_eq!(running.0.headers()["location"], location());
    let accepted = ask(&[("idempotency-key", "k"), ("prefer", "respond-async")]).await;
    assert_eq!(accepted.0.status(), StatusCode::ACCEPTED);
    proxy.script.jobs.end(JobState::Failed, Response::builder().status(503).body("busy").unwrap());
    let failed = ask(keyed).await;
    assert_eq!((failed.0.status(), &failed.1[..]), (StatusCode::SERVICE_UNAVAILABLE, &b"busy"[..]));
    proxy.script.jobs.change(|record| record.answer.as_mut().unwrap().error = Some("job-dead".to_owned()));
    proxy.script.jobs.change(|record| record.state = JobState::Cancelled);
    let cancelled = ask(keyed).await;
    assert_problem(&cancelled, Fault::JobCancelled);
    proxy.script.jobs.change(|record| record.state = JobState::Dead);
    let dead = ask(keyed).await;
    assert_problem(&dead, Fault::JobDead);
    for (response, _) in [running, accepted, failed, cancelled, dead] {
        assert_eq!(response.headers()["idempotency-replayed"], "true", "{response:?}");
    }
    assert_eq!(proxy.script.jobs.last(|job| job.key.clone()).unwrap(), "k");
    assert_problem(&ask(&[("idempotency-key", "reused")]).await, Fault::IdempotencyKeyReused);
}

#[tokio::test]
async fn only_unsafe_requests_to_services_that_take_jobs_are_jobs() {
    let proxy = Proxy::new(&[], hello);
    let fields = &[("idempotency-key", "k"), ("prefer", "respond-async")][..];
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        let mut request = post("/jobs/1", fields);
        *request.method_mut() = method;
        assert_eq!(proxy.send(request).await.0.status(), StatusCode::OK);
    }
    assert_eq!(proxy.send(post("/users", fields)).await.1, "hello");
    assert_eq!(proxy.send(post("/jobs/1", &[("prefer", "wait=9, return=minimal")])).await.1, "hello");
    assert_eq!((proxy.asked().len(), proxy.script.jobs.count()), (5, 0));
    let passed_on = proxy.script.calls.lock().unwrap()[3].request.headers().clone();
    assert_eq!(passed_on["idempotency-key"], "k", "an ordinary field");
    assert_eq!(passed_on["prefer"], "respond-async");
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let mut request = post("/jobs/1", fields);
        *request.method_mut() = method;
        assert_eq!(proxy.send(request).await.0.status(), StatusCode::ACCEPTED);
    }
    assert_eq!((proxy.asked().len(), proxy.script.jobs.count()), (5, 3));
}

#[tokio::test]
async fn a_malformed_key_is_refused_where_it_would_be_used() {
    let proxy = Proxy::new(&[], hello);
    for key in ["", "a b", "\"a", "\u{e4}"] {
        assert_problem(
            &proxy.send(post("/jobs/1", &[("idempotency-key", key)])).await,
            Fault::BadIdempotencyKey,
        );
        assert_eq!(proxy.send(post("/users", &[("idempotency-key", key)])).await.1, "hello");
    }
    let two = post("/jobs/1", &[("idempotency-key", "a"), ("idempotency-key", "a")]);
    assert_problem(&proxy.send(two).await, Fault::BadIdempotencyKey);
    assert_eq!(proxy.script.jobs.count(), 0);
}

#[tokio::test]
async fn a_key_is_asked_for_where_the_settings_say_so_with_or_without_jobs() {
    let proxy = Proxy::new(&["--idempotency-required", "/jobs,/users"], hello);
    for target in ["/jobs", "/jobs/1", "/users/2?x"] {
        assert_problem(&proxy.send(post(target, &[])).await, Fault::IdempotencyKeyRequired);
        let keyless = &[("prefer", "respond-async")][..];
        assert_problem(&proxy.send(post(target, keyless)).await, Fault::IdempotencyKeyRequired);
        assert_problem(&proxy.send(post(target, &[("idempotency-key", "")])).await, Fault::BadIdempotencyKey);
    }
    assert!(proxy.asked().is_empty());
    assert_eq!(proxy.send(post("/users/2", &[("idempotency-key", "k")])).await.1, "hello");
    assert_eq!(proxy.send(post("/jobsy", &[])).await.1, "hello");
    assert_eq!(proxy.ask(Method::GET, "/jobs/1").await.1, "hello");
}

#[tokio::test(start_paused = true)]
async fn a_wait_shortens_the_budget_of_a_call_but_never_to_nothing() {
    let proxy = Proxy::new(&[], hello);
    let began = Instant::now();
    for (prefer, budget) in [("wait=2", 2), ("wait=40", 30), ("wait=0", 30), ("respond-async, wait=3", 3)] {
        assert_eq!(proxy.send(post("/users", &[("prefer", prefer)])).await.1, "hello");
        let deadline = proxy.script.calls.lock().unwrap().last().unwrap().deadline;
        assert_eq!((deadline - began).as_secs(), budget, "{prefer}");
    }
}

#[tokio::test]
async fn a_job_belongs_to_whose_credentials_came_with_it() {
    let proxy = Proxy::new(&[], hello);
    let tenant = async |fields| {
        proxy.send(post("/jobs/1", fields)).await;
        proxy.script.jobs.last(|job| job.tenant.clone())
    };
    let one = tenant(&[("prefer", "respond-async"), ("authorization", "Basic YTpi")]).await;
    let other = tenant(&[("prefer", "respond-async"), ("authorization", "Basic YTpj")]).await;
    assert!(matches!(one, Tenant::Credentials(_)));
    assert_ne!(one, other);
}

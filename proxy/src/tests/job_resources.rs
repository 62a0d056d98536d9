//! What the proxy tells of a job.

use http_body::Body as _;
use uptake::wire::{JobState, Progress};

use super::{jobs_of_tests::ID, *};

fn request(method: Method, target: &str, fields: &[(&'static str, &'static str)]) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(target);
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::default()).unwrap()
}

fn path(rest: &str) -> String {
    format!("/-/jobs/{ID}{rest}")
}

fn done(proxy: &Proxy) {
    let answer = Response::builder().status(201).header("location", "/jobs/1/x").header("etag", "\"a\"");
    proxy.script.jobs.end(JobState::Done, answer.body("made").unwrap());
}

#[tokio::test]
async fn the_document_of_a_job_tells_where_it_is_in_its_life() {
    let proxy = Proxy::new(&["--strip-prefix", "/api"], hello);
    proxy.script.jobs.change(|record| {
        (record.state, record.attempts) = (JobState::Running, 2);
        record.started = Some("2026-11-21T12:00:01Z".parse().unwrap());
        record.progress = Some(Progress { percent: 33.3, text: "a third".to_owned() });
        let at = "2026-11-21T12:00:00.5Z".parse().unwrap();
        record.last_failure = Some(uptake::wire::AttemptFailure { status: 503, error: None, at });
    });
    let expected = json!({
        "id": ID, "state": "running", "method": "POST", "target": "/api/jobs/1?x=%20", "run": 1, "attempts": 2,
        "created": "2026-11-21T12:00:00Z", "started": "2026-11-21T12:00:01Z",
        "progress": {"percent": 33.3, "text": "a third"},
        "lastFailure": {"status": 503, "at": "2026-11-21T12:00:00.5Z"},
    });
    for target in [path(""), format!("/api{}?x=1", path(""))] {
        let (response, body) = proxy.ask(Method::GET, &target).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(!response.headers().contains_key("preference-applied"));
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
        let (head, nothing) = proxy.ask(Method::HEAD, &target).await;
        assert_eq!((head.status(), nothing.len()), (StatusCode::OK, 0));
        assert_eq!(head.headers()["content-length"], body.len().to_string());
    }
    done(&proxy);
    let (_, body) = proxy.ask(Method::GET, &path("")).await;
    let document: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(document["state"], "done");
    assert_eq!(document["finished"], "2026-11-21T12:00:05Z");
    assert_eq!(document["response"], format!("/api{}", path("/response")));
}

#[tokio::test]
async fn the_answer_is_told_as_its_service_gave_it_and_before_that_that_there_is_none() {
    let proxy = Proxy::new(&["--strip-prefix", "/api"], hello);
    let early = proxy.ask(Method::GET, &path("/response")).await;
    assert_problem(&early, Fault::JobNotFinished);
    assert_eq!(early.0.headers()["location"], format!("/api{}", path("")));
    assert_eq!(early.0.headers()["retry-after"], "1");
    done(&proxy);
    let (response, body) = proxy.ask(Method::GET, &path("/response")).await;
    assert_eq!((response.status(), &body[..]), (StatusCode::CREATED, &b"made"[..]));
    assert_eq!(response.headers()["location"], "/api/jobs/1/x");
    assert_eq!(response.headers()["etag"], "\"a\"");
    assert_eq!(response.headers()["cache-control"], "no-store", "its service had not said");
    assert!(response.headers()["server-timing"].to_str().unwrap().contains("worker;dur="));
    let (head, nothing) = proxy.ask(Method::HEAD, &path("/response")).await;
    assert_eq!((head.status(), nothing.len()), (StatusCode::CREATED, 0));
    assert_eq!(head.headers()["content-length"], "4");
    proxy.script.jobs.change(|record| record.answer.as_mut().unwrap().error = Some("job-dead".to_owned()));
    assert_problem(&proxy.ask(Method::GET, &path("/response")).await, Fault::AnswerUndecodable);
    for (state, fault) in [(JobState::Cancelled, Fault::JobCancelled), (JobState::Dead, Fault::JobDead)] {
        proxy.script.jobs.change(|record| record.state = state);
        assert_problem(&proxy.ask(Method::GET, &path("/response")).await, fault);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_gets_the_end_when_it_comes_or_the_state_when_its_time_is_over() {
    let proxy = Proxy::new(&["--max-wait", "9"], hello);
    for (prefer, seconds) in [("wait=3", 3), ("wait=3600", 9), ("wait=-3", 0), ("respond-async", 0)] {
        let began = Instant::now();
        let asked = request(Method::GET, &path(""), &[("prefer", prefer)]);
        let (response, body) = proxy.send(asked).await;
        assert_eq!((began.elapsed().as_secs(), response.status()), (seconds, StatusCode::OK), "{prefer}");
        let applied = response.headers().get("preference-applied").map(|applied| applied.to_str().unwrap());
        let expected = (seconds > 0).then(|| format!("wait={seconds}"));
        assert_eq!(applied, expected.as_deref());
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["state"], "accepted");
    }
    let wait = [("prefer", "wait=5")];
    let early = proxy.send(request(Method::GET, &path("/response"), &wait)).await;
    assert_problem(&early, Fault::JobNotFinished);
    let began = Instant::now();
    let later = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        done(&proxy);
    };
    let asked = proxy.send(request(Method::GET, &path("/response"), &wait));
    let ((response, body), ()) = tokio::join!(asked, later);
    assert_eq!((response.status(), &body[..]), (StatusCode::CREATED, &b"made"[..]));
    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_gets_the_state_at_once_when_the_proxy_drains() {
    let proxy = Proxy::new(&[], hello);
    let began = Instant::now();
    let drain = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        proxy.drain.cancel();
    };
    let waiting = proxy.send(request(Method::GET, &path(""), &[("prefer", "wait=30")]));
    let ((response, body), ()) = tokio::join!(waiting, drain);
    assert_eq!((response.status(), began.elapsed().as_secs()), (StatusCode::OK, 1));
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["state"], "accepted");
    assert_eq!(response.headers()["connection"], "close");
}

#[tokio::test]
async fn a_cancel_ends_a_job_that_has_not_ended() {
    let proxy = Proxy::new(&[], hello);
    let (response, body) = proxy.ask(Method::DELETE, &path("")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["state"], "cancelled");
    assert_problem(&proxy.ask(Method::DELETE, &path("")).await, Fault::JobFinal);
    assert_problem(&proxy.ask(Method::GET, &path("/response")).await, Fault::JobCancelled);
}

#[tokio::test]
async fn what_is_no_job_of_this_client_is_not_there() {
    let proxy = Proxy::new(&[], hello);
    for id in ["1", &ID.to_uppercase(), &ID[1..], "%30", "ffffffffffffffffffffffffffffffff"] {
        for (method, rest) in [(Method::GET, ""), (Method::GET, "/response"), (Method::DELETE, "")] {
            assert_problem(&proxy.ask(method, &format!("/-/jobs/{id}{rest}")).await, Fault::NoJob);
        }
    }
    for (method, rest) in [(Method::GET, ""), (Method::GET, "/response"), (Method::DELETE, "")] {
        let other = [("authorization", "Basic YTpi")];
        assert_problem(&proxy.send(request(method, &path(rest), &other)).await, Fault::NoJob);
    }
    let events = [("authorization", "Basic YTpi"), ("accept", "text/event-stream")];
    assert_problem(&proxy.send(request(Method::GET, &path(""), &events)).await, Fault::NoJob);
    for target in ["/-/jobs", "/-/jobs/", &path("/"), &path("/x"), &path("/response/"), "/-/Jobs/1"] {
        assert_problem(&proxy.ask(Method::GET, target).await, Fault::NoRoute);
    }
    let hidden = Proxy::new(&["--deny", "/-/jobs"], hello);
    assert_problem(&hidden.ask(Method::GET, &path("")).await, Fault::NoRoute);
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn each_path_of_a_job_tells_its_methods() {
    let proxy = Proxy::new(&[], hello);
    for (rest, allowed, others) in [
        ("", "GET, HEAD, DELETE", &[Method::POST, Method::PUT, Method::PATCH, Method::OPTIONS][..]),
        ("/response", "GET, HEAD", &[Method::POST, Method::DELETE]),
    ] {
        for method in others {
            let answer = proxy.ask(method.clone(), &path(rest)).await;
            assert_problem(&answer, Fault::MethodNotAllowed);
            assert_eq!(answer.0.headers()["allow"], allowed);
        }
    }
}

/// The events of a job as they come.
struct Reader {
    body: Body,
    limits: Limits,
}

impl Reader {
    async fn open(proxy: &Proxy, fields: &[(&'static str, &'static str)]) -> Self {
        let fields = [&[("accept", "text/event-stream")], fields].concat();
        let (response, limits) = proxy.open(request(Method::GET, &path(""), &fields)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = response.into_body();
        assert!(!body.is_end_stream() && body.size_hint().exact().is_none());
        Self { body, limits }
    }

    /// What comes next; empty at the end.
    async fn next(&mut self) -> String {
        let frame = self.body.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
        String::from_utf8(frame.unwrap_or_default().to_vec()).unwrap()
    }

    /// Name, number and state of the next event.
    async fn event(&mut self) -> (String, u64, String) {
        let event = self.next().await;
        assert!(event.ends_with("\n\n"), "{event:?}");
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let document: Value = serde_json::from_str(&field("data: ")).unwrap();
        (field("event: "), field("id: ").parse().unwrap(), document["state"].as_str().unwrap().to_owned())
    }
}

fn event(name: &str, id: u64, state: &str) -> (String, u64, String) {
    (name.to_owned(), id, state.to_owned())
}

#[tokio::test]
async fn events_tell_each_change_of_a_job_until_its_end() {
    let proxy = Proxy::new(&[], hello);
    let mut events = Reader::open(&proxy, &[]).await;
    assert_eq!(events.limits.requests(), 1, "in flight until its end");
    assert_eq!(events.event().await, event("state", 1, "accepted"));
    proxy.script.jobs.change(|record| (record.state, record.attempts) = (JobState::Running, 1));
    assert_eq!(events.event().await, event("state", 2, "running"));
    for percent in [10.0, 20.0] {
        proxy
            .script
            .jobs
            .change(|record| record.progress = Some(Progress { percent, text: "é\n".to_owned() }));
        let told = events.next().await;
        assert!(told.starts_with("event: progress\nid: "), "{told}");
        assert!(told.contains(&format!(r#""progress":{{"percent":{percent:.1},"text":"é\n"}}"#)), "{told}");
    }
    done(&proxy);
    assert_eq!(events.event().await, event("state", 5, "done"));
    assert_eq!(events.next().await, "");
    drop(events.body);
    assert_eq!(events.limits.requests(), 0);
}

#[tokio::test]
async fn events_begin_with_the_state_as_it_is_and_count_on() {
    let proxy = Proxy::new(&[], hello);
    done(&proxy);
    let mut events = Reader::open(&proxy, &[("last-event-id", "41")]).await;
    let first = events.next().await;
    assert!(first.starts_with("retry: 1000\nevent: state\nid: 42\ndata: {"), "{first}");
    assert_eq!(events.next().await, "");
    let (head, nothing) =
        proxy.send(request(Method::HEAD, &path(""), &[("accept", "text/event-stream")])).await;
    assert_eq!((head.status(), nothing.len()), (StatusCode::OK, 0));
    assert_eq!(head.headers()["content-type"], "text/event-stream");
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_is_kept_alive_and_ends_after_its_time_or_with_the_proxy() {
    let proxy = Proxy::new(&["--max-event-stream", "40"], hello);
    let began = Instant::now();
    let mut events = Reader::open(&proxy, &[]).await;
    events.event().await;
    for seconds in [15, 30] {
        assert_eq!((events.next().await.as_str(), began.elapsed().as_secs()), (":\n\n", seconds));
    }
    assert_eq!((events.next().await.as_str(), began.elapsed().as_secs()), ("", 40));
    let mut events = Reader::open(&proxy, &[]).await;
    events.event().await;
    proxy.drain.cancel();
    assert_eq!(events.next().await, "");
}

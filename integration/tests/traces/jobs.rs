//! Jobs: all their attempts are in the trace of the request that was accepted.

use integration::{Platform, SOON, Traced};
use test_support::{HttpClient, RawResponse, eventually};

use super::{assert_attributes, assert_linked, assert_tree, assert_well, behind_api, made};

#[tokio::test]
async fn the_attempts_of_a_job_are_in_the_trace_of_the_request_that_was_accepted() {
    let stage = Traced::start(Platform::builder().worker_args(&["--job-backoff", "0.05"])).await;
    let fields = [("prefer", "respond-async")];
    let answer = stage.ask("job", "POST", "/hello/jobs/fail?times=1", &fields, "").await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = id_of(&answer);
    stage.platform.job_is(&id, "done").await;
    let trace = stage.end().await.trace_of("job");
    assert_tree(
        &trace,
        &[
            "SERVER POST /hello/* [http-to-nats-proxy]",
            "  PRODUCER publish uptake-job-hello [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-job-hello [hello]",
            "    CONSUMER process uptake-job-hello [hello]",
            "      INTERNAL record running [hello]",
            "      INTERNAL handle POST /hello/jobs/fail [hello]",
            "      INTERNAL record accepted [hello]",
            "    INTERNAL wait in uptake-job-hello [hello]",
            "    CONSUMER process uptake-job-hello [hello]",
            "      INTERNAL record running [hello]",
            "      INTERNAL handle POST /hello/jobs/fail [hello]",
            "      INTERNAL record done [hello]",
            "      PRODUCER reply [hello]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    let attempts = trace.named("process");
    for (number, attempt) in ["1", "2"].iter().zip(&attempts) {
        assert_attributes(attempt, &[("uptake.job.id", &id), ("uptake.job.run", "1")]);
        assert_attributes(attempt, &[("uptake.delivery.count", number)]);
    }
    assert_linked(attempts[1], attempts[0]);
    assert!(attempts[0].attribute("uptake.job.pause").is_some(), "{:#?}", attempts[0]);
    assert_attributes(trace.roots()[0], &[("uptake.job.id", &id), ("http.response.status_code", "202")]);
    let failed: Vec<_> = trace.spans().iter().filter(|span| !span.events.is_empty()).collect();
    let [failed] = failed[..] else { panic!("{failed:#?}") };
    assert_eq!(failed.parent_id, attempts[0].span_id, "only the first attempt failed");
}

#[tokio::test]
async fn a_keyed_request_shows_its_record_its_statements_and_its_answer_and_a_repeat_shows_none() {
    let mut stage = Traced::start(behind_api()).await;
    stage.add_rating_service(&[], &[]).await;
    let fields = [("idempotency-key", "ada")];
    let body = r#"{"name": "Ada"}"#;
    let id = made(&stage.ask("first", "POST", "/api/users", &fields, body).await);
    assert_eq!(made(&stage.ask("repeat", "POST", "/api/users", &fields, body).await), id);
    let ended = stage.end().await;
    let trace = ended.trace_of("first");
    assert_well(&trace);
    let below: Vec<_> = trace.children(trace.only("process")).iter().map(|span| span.name.as_str()).collect();
    assert_eq!(
        below,
        ["record running", "handle POST /users", "record done", "reply"],
        "{}",
        trace.outline()
    );
    let handle = trace.children(trace.only("handle"));
    let statements: Vec<_> = handle.iter().map(|span| span.name.as_str()).collect();
    let expected = ["BEGIN", "INSERT uptake_inbox", "INSERT users", "UPDATE uptake_inbox", "COMMIT"];
    assert_eq!(statements, expected);
    let job = trace.only("process").attribute("uptake.job.id").unwrap();
    assert_attributes(trace.roots()[0], &[("uptake.job.id", &job), ("http.response.status_code", "201")]);

    let repeat = ended.trace_of("repeat");
    assert!(repeat.named("publish").is_empty() && repeat.named("process").is_empty(), "{}", repeat.outline());
    assert_attributes(repeat.roots()[0], &[("uptake.job.id", &job), ("uptake.job.replayed", "true")]);
}

#[tokio::test]
async fn a_redrive_goes_on_in_the_trace_of_its_dead_letter() {
    let builder = Platform::builder().worker_args(&["--job-route", "/hello/jobs/fail attempts=1"]);
    let stage = Traced::start(builder).await;
    let fields = [("prefer", "respond-async")];
    let id = id_of(&stage.ask("given-up", "POST", "/hello/jobs/fail?times=1", &fields, "").await);
    let is_kept = eventually(SOON, async || stage.platform.dead_letters().await.len() == 1);
    assert!(is_kept.await, "no dead letter");
    let mut operator = HttpClient::connect(stage.platform.proxies[0].admin()).await.unwrap();
    let redriven = operator.request("POST", "/dead-letters/1/redrive", &[("Uptake-Admin", "1")], "").await;
    assert_eq!(redriven.unwrap().status, 200);
    // Its first attempt fails again.
    let told = stage.platform.job_is(&id, "failed").await;
    assert_eq!(told["run"], 2, "{told}");
    let trace = stage.end().await.trace_of("given-up");
    assert_tree(
        &trace,
        &[
            "SERVER POST /hello/* [http-to-nats-proxy]",
            "  PRODUCER publish uptake-job-hello [http-to-nats-proxy]",
            "    INTERNAL wait in uptake-job-hello [hello]",
            "    CONSUMER process uptake-job-hello [hello]",
            "      INTERNAL record running [hello]",
            "      INTERNAL handle POST /hello/jobs/fail [hello]",
            "      INTERNAL record failed [hello]",
            "      PRODUCER publish uptake-dead [hello]",
            "      PRODUCER reply [hello]",
            "    PRODUCER publish uptake-job-hello [http-to-nats-proxy]",
            "      INTERNAL wait in uptake-job-hello [hello]",
            "      CONSUMER process uptake-job-hello [hello]",
            "        INTERNAL record running [hello]",
            "        INTERNAL handle POST /hello/jobs/fail [hello]",
            "        INTERNAL record failed [hello]",
            "        PRODUCER publish uptake-dead [hello]",
            "  INTERNAL respond [http-to-nats-proxy]",
        ],
    );
    let published = trace.named("publish uptake-job");
    assert_linked(published[1], published[0]);
    for (run, delivery) in ["1", "2"].iter().zip(trace.named("process")) {
        assert_attributes(delivery, &[("uptake.job.run", run), ("uptake.delivery.count", "1")]);
        assert!(delivery.links.is_empty(), "{delivery:#?}");
    }
    for letter in trace.named("publish uptake-dead") {
        assert_attributes(letter, &[("uptake.cause", "attempts-failed")]);
    }
}

/// The id of what an answer is about.
fn id_of(answer: &RawResponse) -> String {
    answer.json()["id"].as_str().unwrap_or_else(|| panic!("no id: {}", answer.text())).to_owned()
}

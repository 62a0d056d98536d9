//! Whether what is told is what has happened.

use std::{collections::BTreeMap, net::SocketAddr};

use integration::{Platform, SOON};
use serde_json::json;
use test_support::eventually;

use super::{LISTENS, Scrape};
use crate::rating_service::Ratings;

const PERMITS: f64 = 8.0;
const WORKER: [&str; 8] = [
    "--permits",
    "8",
    "--ack-wait",
    "2",
    "--job-backoff",
    "0.05",
    "--job-route",
    "/hello/jobs/panic attempts=1",
];
/// Answers of the proxy by method, route, status and error; of workers the same.
const OUTCOME: [&str; 4] = ["http_request_method", "http_route", "http_response_status_code", "error_type"];

fn owned<const N: usize>(rows: &[([&str; N], f64)]) -> BTreeMap<[String; N], f64> {
    rows.iter().map(|(labels, value)| (labels.map(str::to_owned), *value)).collect()
}

/// What the proxy has answered, but for the looks at jobs, whose number nobody knows.
async fn answered(proxy: SocketAddr) -> BTreeMap<[String; 4], f64> {
    let mut all = Scrape::of(proxy).await.by("http_server_request_duration_seconds_count", OUTCOME);
    all.retain(|[method, route, ..], _| !(method == "GET" && route.starts_with("/-/jobs/")));
    all
}

async fn handled(worker: SocketAddr) -> BTreeMap<[String; 4], f64> {
    Scrape::of(worker).await.by("messaging_process_duration_seconds_count", OUTCOME)
}

async fn permits(worker: SocketAddr, class: &str) -> BTreeMap<String, f64> {
    let all = Scrape::of(worker).await.by("uptake_worker_permits", ["uptake_class", "uptake_permit_state"]);
    all.into_iter().filter(|([of, _], _)| of == class).map(|([_, state], count)| (state, count)).collect()
}

async fn ask(platform: &Platform, count: usize, method: &str, target: &str, status: u16) {
    for _ in 0..count {
        let answer = platform.ask(method, target, &[], "").await;
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_method_route_and_outcome_and_hostile_paths_add_no_series() {
    let args = [&LISTENS[..], &WORKER].concat();
    let limits = ["--max-in-flight", "2"];
    let mut platform = Platform::builder().worker_args(&args).proxy_args(&limits).start().await;
    let (proxy, worker) = (platform.proxies[0].admin(), platform.workers[0].admin().await);
    ask(&platform, 7, "GET", "/hello", 200).await;
    ask(&platform, 5, "POST", "/hello/echo", 200).await;
    ask(&platform, 1, "GET", "/hello/inspect/a", 200).await;
    ask(&platform, 1, "GET", "/hello/inspect/b/c", 200).await;
    ask(&platform, 2, "GET", "/hello/panic", 500).await;
    ask(&platform, 1, "BREW", "/hello", 501).await;
    ask(&platform, 3, "PUT", "/hello/echo", 405).await;

    let held = [platform.get_later("/hello/wait"), platform.get_later("/hello/wait")];
    let waits = async || permits(worker, "call").await["busy"] == 2.0;
    assert!(eventually(SOON, waits).await);
    assert_eq!(Scrape::of(proxy).await.value("uptake_proxy_waiters"), Some(2.0));
    assert_eq!(Scrape::of(proxy).await.value("http_server_active_requests"), Some(2.0));
    ask(&platform, 1, "GET", "/hello", 503).await;
    // One client leaves, the other has its answer.
    let [leaves, stays] = held;
    leaves.abort();
    assert!(eventually(SOON, async || permits(worker, "call").await["busy"] == 1.0).await);
    ask(&platform, 1, "POST", "/hello/signal", 204).await;
    assert_eq!(stays.await.unwrap().status, 204);

    let series = async || (Scrape::of(proxy).await.samples.len(), Scrape::of(worker).await.samples.len());
    let hostile = async |from: usize| {
        for number in from..from + 150 {
            ask(&platform, 1, "GET", &format!("/nobody/{number}/%00%0a\"}}"), 404).await;
            ask(&platform, 1, "GET", &format!("/hello/{number}/{{x}}/*\"\\"), 404).await;
        }
    };
    hostile(0).await;
    let before = series().await;
    hostile(150).await;
    assert_eq!(series().await, before, "who asks for other paths makes new series");

    let shared = [
        (["GET", "/hello", "200", ""], 7.0),
        (["GET", "/hello/*", "404", ""], 300.0),
        (["GET", "/hello/*", "500", "handler-panicked"], 2.0),
        (["GET", "/hello/inspect/{*rest}", "200", ""], 2.0),
        (["GET", "/hello/wait", "204", ""], 1.0),
        (["POST", "/hello/echo", "200", ""], 5.0),
        (["POST", "/hello/signal", "204", ""], 1.0),
        (["PUT", "/hello/echo", "405", ""], 3.0),
    ];
    let of_proxy = [
        (["GET", "/hello/*", "", "client-left"], 1.0),
        (["GET", "/hello/*", "503", "in-flight-limit"], 1.0),
        (["GET", "other", "404", "no-route"], 300.0),
        (["_OTHER", "other", "501", "method-not-supported"], 1.0),
    ];
    assert_eq!(answered(proxy).await, owned(&[&shared[..], &of_proxy].concat()));
    let of_worker = [(["GET", "/hello/*", "", "cancelled"], 1.0)];
    assert_eq!(handled(worker).await, owned(&[&shared[..], &of_worker].concat()));
    assert_eq!(Scrape::of(proxy).await.value("uptake_proxy_waiters"), Some(0.0));
    assert_eq!(Scrape::of(proxy).await.value("http_server_active_requests"), Some(0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_jobs_dead_letters_and_permits_are_what_has_happened() {
    let args = [&LISTENS[..], &WORKER].concat();
    let mut platform = Platform::builder().worker_args(&args).start().await;
    let first = platform.workers[0].admin().await;
    let held = platform.get_later("/hello/wait");
    assert!(eventually(SOON, async || permits(first, "call").await["busy"] == 1.0).await);
    platform.workers.remove(0);
    let worker = platform.add_worker(&[]).await.admin().await;
    assert!(eventually(SOON, async || permits(worker, "call").await["busy"] == 1.0).await);
    for _ in 0..20 {
        let sum: f64 = permits(worker, "call").await.into_values().sum();
        assert_eq!(sum, PERMITS);
    }
    ask(&platform, 1, "POST", "/hello/signal", 204).await;
    assert_eq!(held.await.unwrap().status, 204);
    ask(&platform, 4, "GET", "/hello", 200).await;
    let again = platform.submit("/hello/jobs/fail?times=1&status=503").await;
    let fails = platform.submit("/hello/jobs/panic?times=9").await;
    platform.job_is(&again, "done").await;
    platform.job_is(&fails, "failed").await;
    assert!(eventually(SOON, async || platform.dead_letters().await.len() == 1).await);

    let told = Scrape::of(worker).await;
    let deliveries = told.by("uptake_worker_deliveries_total", ["uptake_class", "uptake_redelivered"]);
    let expected = owned(&[
        (["call", "false"], 5.0),
        (["call", "true"], 1.0),
        (["job", "false"], 2.0),
        (["job", "true"], 1.0),
    ]);
    assert_eq!(deliveries, expected);
    let mut states = told.by("uptake_worker_jobs_total", ["uptake_job_state"]);
    states.retain(|_, count| *count > 0.0);
    let expected = owned(&[(["accepted"], 1.0), (["done"], 1.0), (["failed"], 1.0), (["running"], 3.0)]);
    assert_eq!(states, expected);
    let mut letters = told.by("uptake_worker_dead_letters_total", ["uptake_class", "uptake_cause"]);
    letters.retain(|_, count| *count > 0.0);
    assert_eq!(letters, owned(&[(["job", "attempts-failed"], 1.0)]));
    // What was delivered before tells nothing of how long it waited.
    let waits = told.by("uptake_queue_wait_seconds_count", ["uptake_class"]);
    assert_eq!(waits, owned(&[(["call"], 5.0), (["job"], 2.0)]));

    let proxy = platform.proxies[0].admin();
    let idle = async || Scrape::of(proxy).await.value("uptake_proxy_waiters") == Some(0.0);
    assert!(eventually(SOON, idle).await);
    let mut last = Scrape::default();
    let seen = eventually(SOON, async || {
        last = Scrape::of(proxy).await;
        let jobs = last.by("uptake_jobs", ["uptake_job_state"]);
        let expected = owned(&[(["kept"], 2.0), (["running"], 0.0), (["waiting"], 0.0)]);
        jobs == expected && last.by("uptake_dead_letters", ["uptake_service"]) == owned(&[(["hello"], 1.0)])
    });
    assert!(seen.await, "{last:#?}");
    assert!(eventually(SOON, async || permits(worker, "call").await["busy"] == 0.0).await);
    for class in ["call", "job"] {
        let settled = async || Scrape::of(proxy).await.by("uptake_consumer_ack_pending", ["uptake_class"]);
        assert!(eventually(SOON, async || settled().await[&[class.to_owned()]] == 0.0).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_are_the_templates_of_the_service_behind_the_prefix_that_the_proxy_strips() {
    let mut ratings = Ratings::start_as("rating-service", &LISTENS).await;
    let worker = integration::program::address_of(&mut ratings.service, "operators").await;
    let platform = &ratings.platform;
    let proxy = platform.proxies[0].admin();
    let json = [("content-type", "application/json")];
    let made = platform.ask("POST", "/api/services", &json, &json!({"name": "Bakery"}).to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    ask(platform, 3, "GET", &format!("/api/services/{id}"), 200).await;
    ask(platform, 2, "GET", "/api/services/01999999-9999-7999-8999-999999999999", 404).await;
    let expected = owned(&[
        (["GET", "/api/services/{id}", "200", ""], 3.0),
        (["GET", "/api/services/{id}", "404", ""], 2.0),
        (["POST", "/api/services", "201", ""], 1.0),
    ]);
    assert_eq!(answered(proxy).await, expected);
    let expected = owned(&[
        (["GET", "/services/{id}", "200", ""], 3.0),
        (["GET", "/services/{id}", "404", ""], 2.0),
        (["POST", "/services", "201", ""], 1.0),
    ]);
    assert_eq!(handled(worker).await, expected);
}

//! A proxy dies between the record of a job and its message: whoever repeats the request finishes it.

use integration::{Platform, SOON, program::spawn_with};
use test_support::{HttpClient, Process, RawResponse, eventually};

const WINDOW_S: u64 = 1;

/// A platform whose stream of jobs forgets message ids after a second, and a proxy besides that dies at `point`.
async fn platform_and_doomed_proxy(point: &str) -> (Platform, Process, std::net::SocketAddr) {
    let window = WINDOW_S.to_string();
    let platform = Platform::builder().worker_args(&["--job-duplicate-window", &window]).start().await;
    let url = platform.server.url();
    let args =
        ["--nats-url", &url, "--admin-listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--log", "info"];
    let armed = format!("{point}=1");
    let mut doomed = spawn_with("http-to-nats-proxy", &args, &[("UPTAKE_FAULT_POINTS", &armed)]);
    let line = doomed.wait_for_line("listening for=\"clients\"", SOON).await;
    let address = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let address = address.parse().unwrap();
    (platform, doomed, address)
}

/// A run that is counted.
async fn ask(address: std::net::SocketAddr) -> std::io::Result<RawResponse> {
    let mut client = HttpClient::connect(address).await?;
    client.request("POST", "/hello/work?ms=5", &[("idempotency-key", "once")], "x").await
}

/// Messages that the stream of jobs has ever stored.
async fn stored(platform: &Platform) -> u64 {
    platform.stream("uptake-job-hello").await.unwrap().last_sequence
}

async fn a_repeat_finishes_it(point: &str, wait: bool) {
    let (platform, mut doomed, address) = platform_and_doomed_proxy(point).await;
    assert!(ask(address).await.is_err(), "the proxy was to die");
    doomed.wait_exit(SOON).await;
    assert_eq!(stored(&platform).await, 0, "the record is there, the message is not");
    if wait {
        tokio::time::sleep(std::time::Duration::from_secs(2 * WINDOW_S)).await;
    }
    let repeated = ask(platform.address()).await.unwrap();
    assert_eq!(repeated.status, 200, "{}", repeated.text());
    assert_eq!(repeated.header("idempotency-replayed"), Some("true"));
    let again = ask(platform.address()).await.unwrap();
    assert_eq!((again.status, &again.body), (200, &repeated.body));
    assert_eq!((platform.counters().await.started, stored(&platform).await), (1, 1));
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_finishes_the_job_of_a_proxy_that_died_before_it_published() {
    a_repeat_finishes_it("record-created", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_a_repeat_after_the_duplicate_window() {
    a_repeat_finishes_it("record-created", true).await;
}

/// The stream has forgotten the message id, so a repeat stores a copy; it is not run.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_that_publishes_a_queued_job_again_makes_no_second_execution() {
    let window = WINDOW_S.to_string();
    let mut platform = Platform::builder().worker_args(&["--job-duplicate-window", &window]).start().await;
    platform.workers[0].process.kill();
    let address = platform.address();
    let mut repeats = Vec::new();
    for _ in 0..3 {
        repeats.push(tokio::spawn(async move { ask(address).await.unwrap() }));
        tokio::time::sleep(std::time::Duration::from_secs(2 * WINDOW_S)).await;
    }
    assert!(stored(&platform).await > 1, "no copy was made: this test proves nothing");
    platform.add_worker(&[]).await;
    let mut bodies = Vec::new();
    for repeat in repeats {
        let answer = repeat.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "equal answers");
    assert_eq!(platform.counters().await.started, 1);
    let empty = async || platform.stream("uptake-job-hello").await.unwrap().messages == 0;
    assert!(eventually(SOON, empty).await, "copies are acked");
    platform.assert_sound().await;
}

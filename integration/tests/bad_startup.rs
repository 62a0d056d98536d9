//! Programs that cannot start say why.

use std::time::Duration;

use integration::{Platform, SOON, program::spawn};
use test_support::{NatsServer, free_port};

/// Runs a program to its end; it must fail without a panic. Returns what it printed.
async fn failure_of(name: &str, args: &[&str]) -> String {
    let mut process = spawn(name, args);
    let status = process.wait_exit(SOON).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let output = process.output();
    assert!(status.code().is_some_and(|code| code != 0), "{status}: {output}");
    assert!(!output.contains("panicked"), "{output}");
    output
}

#[tokio::test]
async fn a_wrong_nats_address_is_named_together_with_its_flag() {
    let nobody = format!("nats://127.0.0.1:{}", free_port());
    for address in [nobody.as_str(), "nats://nowhere.invalid:4222"] {
        let nats = ["--nats-url", address, "--nats-connect-timeout", "0.5"];
        let listen = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        let outputs = [
            failure_of("hello", &nats).await,
            failure_of("http-to-nats-proxy", &[&nats[..], &listen].concat()).await,
        ];
        for output in outputs {
            assert!(output.contains(address) && output.contains("--nats-url"), "{output}");
        }
    }
}

#[tokio::test]
async fn what_is_no_address_at_all_is_refused() {
    for address in ["http://[", "", "nats://"] {
        let nats = ["--nats-url", address, "--nats-connect-timeout", "0.5"];
        let output = failure_of("hello", &nats).await;
        assert!(output.contains("nats-url"), "{output}");
    }
}

#[tokio::test]
async fn a_nats_address_that_answers_http_is_no_nats_server() {
    let platform = Platform::start().await;
    let address = format!("nats://{}", platform.address());
    let output = failure_of("hello", &["--nats-url", &address, "--nats-connect-timeout", "0.5"]).await;
    assert!(output.contains(&address), "{output}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_together_with_its_flag() {
    let platform = Platform::start().await;
    let (url, taken) = (platform.server.url(), platform.address().to_string());
    for (flag, other) in [("--listen", "--admin-listen"), ("--admin-listen", "--listen")] {
        let args = ["--nats-url", &url, flag, &taken, other, "127.0.0.1:0"];
        let output = failure_of("http-to-nats-proxy", &args).await;
        assert!(output.contains(flag) && output.contains(&taken), "{output}");
    }
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_stream_that_exists_with_other_settings_is_left_alone_and_named() {
    let platform = Platform::start().await;
    let url = platform.server.url();
    for (permits, stream) in [("0", "uptake-call-hello"), ("1", "uptake-job-hello")] {
        let args = ["--nats-url", &url, "--prefixes", "/hello,/other", "--job-permits", permits];
        let output = failure_of("hello", &args).await;
        assert!(output.contains(stream) && output.contains("subjects"), "{output}");
    }
    let output = failure_of("hello", &["--nats-url", &url, "--ack-wait", "9"]).await;
    assert!(output.contains("workers") && output.contains("ack_wait"), "{output}");
    platform.assert_sound().await;
}

#[tokio::test]
async fn two_services_cannot_own_the_same_path() {
    let platform = Platform::start().await;
    let args = ["--nats-url", &platform.server.url(), "--service-name", "other", "--prefixes", "/hello/echo"];
    let output = failure_of("hello", &args).await;
    assert!(output.contains("overlap") && output.contains("/hello/echo"), "{output}");
    platform.assert_sound().await;
}

#[tokio::test]
async fn a_nats_server_that_comes_late_is_waited_for() {
    let server = NatsServer::start().await;
    let (port, url) = (server.port(), server.url());
    drop(server);
    let mut worker = spawn("hello", &["--nats-url", &url]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let _server = NatsServer::builder().port(port).start().await;
    worker.wait_for_line("pulling", SOON).await;
}

//! Programs that cannot start say why.

use std::time::Duration;

use integration::{Platform, SOON, program::spawn};
use test_support::{NatsServer, Signal, free_port};

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

/// As process 1 of a container: what such a process does not listen to does not reach it.
#[tokio::test]
async fn who_waits_for_what_is_not_there_ends_by_itself_when_asked() {
    let server = NatsServer::start().await;
    let (url, nobody) = (server.url(), format!("nats://127.0.0.1:{}", free_port()));
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("none.db").display());
    let listen = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let late = ["--nats-url", &nobody, "--nats-connect-timeout", "600"];
    let no_tables = ["--nats-url", &url, "--database-url", &database, "--migrations", "wait"];
    for (name, args, waits, ends_well) in [
        ("hello", vec!["--nats-url", &url, "--provision", "other"], "waiting for the stream", true),
        ("hello", late.to_vec(), "no connection to NATS yet", true),
        ("http-to-nats-proxy", [&late[..], &listen].concat(), "no connection to NATS yet", false),
        ("rating-service", no_tables.to_vec(), "waiting for the database", false),
    ] {
        let mut process = spawn(name, &[&args[..], &["--log", "info"]].concat());
        process.wait_for_line(waits, SOON).await;
        process.signal(Signal::TERM);
        let status = process.wait_exit(SOON).await;
        assert!(status.code().is_some(), "{name}, {waits}, was ended by the signal: {}", process.output());
        assert_eq!(status.success(), ends_well, "{name}, {waits}: {}", process.output());
    }
}

//! The private listener of a worker: what it makes of hostile input, and while the worker drains.

use std::net::SocketAddr;

use integration::{Platform, SOON};
use test_support::{HttpClient, RawResponse, Signal, eventually, raw_exchange};

use super::{LISTENS, Scrape};

async fn get(admin: SocketAddr, target: &str) -> RawResponse {
    HttpClient::connect(admin).await.unwrap().get(target).await.unwrap()
}

fn request(method: &str, target: &str, fields: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_input_gets_a_refusal_or_the_end_of_the_connection() {
    let mut platform = Platform::builder().worker_args(&LISTENS).start().await;
    let admin = platform.workers[0].admin().await;
    let long = "x".repeat(20 << 10);
    let smuggled = "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n";
    let hostile = [
        request("POST", "/metrics", "Content-Length: 0\r\n"),
        request("DELETE", "/readyz", ""),
        request("BREW", "/healthz", ""),
        request("GET", "/", ""),
        request("GET", "/hello", ""),
        request("GET", "/metrics/../../etc/passwd", ""),
        request("GET", "//metrics", ""),
        request("GET", "/metrics%00", ""),
        request("GET", "/met\0rics", ""),
        request("GET", &format!("/{long}"), ""),
        request("GET", "/metrics", &format!("X-Long: {long}\r\n")),
        request("GET", "/metrics", &"A: b\r\n".repeat(500)),
        request("GET", "/metrics", "No colon\r\n"),
        request("POST", "/metrics", smuggled),
        request("CONNECT", "example.com:443", ""),
        b"GET /metrics\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        vec![0; 30_000],
        vec![b'\n'; 30_000],
    ];
    for sent in hostile {
        let came = raw_exchange(admin, &sent).await.unwrap();
        let shown = String::from_utf8_lossy(&sent[..sent.len().min(60)]).into_owned();
        let answers = RawResponse::parse_all(&came);
        assert!(answers.len() <= 1, "{} answers to {shown:?}", answers.len());
        let status = answers.first().map(|answer| answer.status);
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{status:?} to {shown:?}");
        assert_eq!(answers.is_empty(), came.is_empty(), "{:?}", String::from_utf8_lossy(&came));
    }
    assert!(platform.workers[0].process.is_running());
    assert_eq!(get(admin, "/healthz").await.status, 200);
    assert_eq!(get(admin, "/readyz").await.status, 200);
    assert_eq!(get(admin, "/nothing").await.status, 404);
    platform.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_nothing_does_not_keep_prometheus_out() {
    let mut platform = Platform::builder().worker_args(&LISTENS).start().await;
    let admin = platform.workers[0].admin().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(HttpClient::connect(admin).await.unwrap());
    }
    // Those ahead are closed when their time is over.
    assert_eq!(get(admin, "/metrics").await.status, 200);
    assert_eq!(platform.get("/hello").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_drains_is_not_ready_and_still_tells_its_figures() {
    let mut platform = Platform::builder().worker_args(&LISTENS).start().await;
    let admin = platform.workers[0].admin().await;
    assert_eq!(get(admin, "/readyz").await.status, 200);
    let held = platform.get_later("/hello/wait");
    let busy = async || {
        let by = Scrape::of(admin).await.by("uptake_worker_permits", ["uptake_class", "uptake_permit_state"]);
        by[&["call".to_owned(), "busy".to_owned()]] == 1.0
    };
    assert!(eventually(SOON, busy).await);
    platform.workers[0].process.signal(Signal::TERM);
    let refuses = eventually(SOON, async || get(admin, "/readyz").await.status == 503);
    assert!(refuses.await, "{}", platform.workers[0].process.output());
    assert!(busy().await, "what it has begun goes on");
    assert_eq!(get(admin, "/healthz").await.status, 200);
    platform.workers[0].process.signal(Signal::USR1);
    assert_eq!(held.await.unwrap().status, 204);
    assert!(platform.workers[0].process.wait_exit(SOON).await.success());
}

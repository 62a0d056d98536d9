//! Many requests through several proxies and workers: each answer at its caller, one subscription a process.

use std::collections::HashSet;

use integration::{
    Platform,
    load::{Ask, Load, assert_all_ok},
};
use serde_json::Value;

const ECHOES: usize = 10_000;

fn word(number: usize) -> String {
    format!("echo {number} {}", "x".repeat(number % 300))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_echoes_over_two_proxies_and_three_workers_come_back_to_their_callers() {
    let _turn = integration::heavy().await;
    let platform = Platform::builder().proxies(2).workers(3).behind_chaos(true).start().await;
    let addresses: Vec<_> = platform.proxies.iter().map(integration::Proxy::address).collect();
    let make = |number| Ask::post("/hello/echo", word(number));
    let outcomes = Load::start(&addresses, 64, ECHOES, make).finish().await;
    assert_eq!(outcomes.len(), ECHOES);
    assert_all_ok(&outcomes);
    let mut request_ids = HashSet::new();
    for outcome in &outcomes {
        let answer = outcome.answer.as_ref().unwrap();
        assert_eq!(answer.text(), word(outcome.number), "request {}", outcome.number);
        assert!(request_ids.insert(answer.header("x-request-id").unwrap().to_owned()), "one identity each");
    }
    for worker in &platform.workers {
        assert!(!worker.wire().deliveries().is_empty(), "each worker took its share");
    }
    platform.assert_sound().await;
}

/// The subscriptions of each connection, by the connection's name.
async fn subscriptions(platform: &Platform) -> Vec<(String, Vec<String>)> {
    let connections = platform.server.monitor("/connz?subs=1").await;
    let list = |connection: &Value| {
        let subjects = connection["subscriptions_list"].as_array().cloned().unwrap_or_default();
        subjects.iter().map(|subject| subject.as_str().unwrap_or_default().to_owned()).collect()
    };
    let connections = connections["connections"].as_array().cloned().unwrap_or_default();
    connections.iter().map(|one| (one["name"].as_str().unwrap_or_default().to_owned(), list(one))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_has_one_reply_subscription_and_none_for_a_request() {
    let platform = Platform::builder().proxies(2).start().await;
    let addresses: Vec<_> = platform.proxies.iter().map(integration::Proxy::address).collect();
    let load = Load::start(&addresses, 50, usize::MAX, |_| Ask::get("/hello/work?ms=20"));
    load.reach(500).await;
    let connections = subscriptions(&platform).await;
    assert_all_ok(&load.stop().await);
    assert_eq!(connections.len(), 3, "a connection a process: {connections:?}");
    for (name, subjects) in connections {
        let role = if name == "hello" { "worker" } else { "proxy" };
        let replies: Vec<_> = subjects.iter().filter(|subject| subject.contains(".reply.")).collect();
        assert_eq!(replies.len(), 1, "{name}: {subjects:?}");
        assert!(replies[0].starts_with(&format!("uptake.reply.{role}.")) && replies[0].ends_with(".*"));
        // Besides: one inbox for requests to JetStream; a worker's pull requests and its control messages.
        assert!(subjects.len() <= 4, "{name}: {subjects:?}");
    }
}

//! Many requests at once: each answer at its caller, with few subscriptions.

use integration::{
    Platform, heavy,
    load::{Ask, Load, assert_all_ok},
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn each_of_10_000_echoes_through_two_proxies_and_three_workers_is_at_its_caller() {
    let _turn = heavy().await;
    let platform = Platform::builder().proxies(2).workers(3).start().await;
    let addresses: Vec<_> = platform.proxies.iter().map(|proxy| proxy.address()).collect();
    let text = |number: usize| format!("echo {number} {}", "x".repeat(number % 997));
    let make = move |number| Ask::post("/hello/echo", text(number));
    let outcomes = Load::start(&addresses, 64, 10_000, make).finish().await;
    assert_all_ok(&outcomes);
    assert_eq!(outcomes.len(), 10_000);
    for outcome in outcomes {
        let answer = outcome.answer.unwrap();
        assert_eq!(answer.text(), text(outcome.number), "answer to another request");
    }
    platform.assert_sound().await;
}

/// The subscriptions of each connection, as (name, subjects).
async fn subscriptions(platform: &Platform) -> Vec<(String, Vec<String>)> {
    let state = platform.server.monitor("/connz?subs=1").await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let connections = state["connections"].as_array().unwrap();
    let subjects = |connection: &Value| {
        let list = connection["subscriptions_list"].as_array().into_iter().flatten();
        list.map(text).collect::<Vec<_>>()
    };
    connections.iter().map(|connection| (text(&connection["name"]), subjects(connection))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_has_one_reply_subscription_and_none_per_request() {
    let _turn = heavy().await;
    let platform = Platform::builder().proxies(2).workers(2).start().await;
    let addresses: Vec<_> = platform.proxies.iter().map(|proxy| proxy.address()).collect();
    let make = |number: usize| match number % 2 {
        0 => Ask::get("/hello/work?ms=100"),
        _ => Ask::get("/hello/relay?target=/hello/work%3Fms=100"),
    };
    let load = Load::start(&addresses, 64, usize::MAX, make);
    load.reach(200).await;
    for _ in 0..20 {
        let waiters = platform.proxies[0].readyz().await["waiters"].as_u64().unwrap();
        let subscriptions = subscriptions(&platform).await;
        let processes: Vec<_> = subscriptions.iter().filter(|(_, subjects)| !subjects.is_empty()).collect();
        assert_eq!(processes.len(), 4, "{subscriptions:#?}");
        for (name, subjects) in processes {
            let of = |start: &str| subjects.iter().filter(|subject| subject.starts_with(start)).count();
            let classes = if name.contains("proxy") { 0 } else { 2 };
            let said = format!("{name} with {waiters} waiters: {subjects:?}");
            assert_eq!((of("uptake.reply."), of("$SRV.")), (1, 3), "{said}");
            // For each class a worker's cancels and advisories.
            assert_eq!((of("uptake.control."), of("$JS.EVENT.ADVISORY.")), (classes, classes), "{said}");
            // Its own requests to JetStream, and for each class a worker's pulls.
            assert!(of("_INBOX.") <= 1 + classes, "{said}");
            assert_eq!(subjects.len(), 4 + 2 * classes + of("_INBOX."), "{said}");
        }
    }
    assert_all_ok(&load.stop().await);
    platform.assert_sound().await;
}

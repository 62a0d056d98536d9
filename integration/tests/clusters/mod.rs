//! Several nats-servers: what docs/scaling.md says of clusters, super-clusters, leaf nodes and partitions.

mod cluster;
mod cost;
mod leaf_node;
mod partitions;
mod super_cluster;

use std::collections::BTreeMap;

use integration::{Proxy, SOON, load::Outcome};
use serde_json::Value;
use test_support::{HttpClient, NatsServer, RawResponse, eventually};

/// The stream of `hello`.
const HELLO: &str = "uptake-call-hello";

/// A request at a proxy, on a connection of its own.
async fn ask(proxy: &Proxy, method: &str, target: &str, fields: &[(&str, &str)]) -> RawResponse {
    let answer =
        async { HttpClient::connect(proxy.address()).await?.request(method, target, fields, "").await };
    answer.await.unwrap_or_else(|error| panic!("{method} {target}: {error}"))
}

/// The service answers at this proxy, now or soon.
async fn assert_answers(proxy: &Proxy) {
    let mut last = None;
    let answers = eventually(SOON, async || {
        let answer = ask(proxy, "GET", "/hello", &[]).await;
        let ok = answer.status == 200;
        last = Some(answer);
        ok
    });
    assert!(answers.await, "{}", last.map(|last| last.text()).unwrap_or_default());
}

/// How often each status and slug was answered.
fn tally(outcomes: &[Outcome]) -> BTreeMap<(u16, String), usize> {
    let mut tally = BTreeMap::new();
    for outcome in outcomes {
        *tally.entry((outcome.status(), outcome.slug())).or_default() += 1;
    }
    tally
}

/// What a server tells of a stream that it keeps a copy of.
async fn stream_at(server: &NatsServer, name: &str) -> Option<Value> {
    let state = server.monitor("/jsz?streams=1&config=1").await;
    let accounts = state["account_details"].as_array().into_iter().flatten();
    let mut streams = accounts.filter_map(|account| account["stream_detail"].as_array()).flatten();
    streams.find(|stream| stream["name"] == name).cloned()
}

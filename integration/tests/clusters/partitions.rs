//! One service with several streams, among which the server's subject mapping divides its calls.

use integration::{
    Proxy, Worker,
    load::{Ask, Load, assert_all_ok},
};
use test_support::NatsServer;

use super::{ask, stream_at};

/// Partitions of the test.
const PARTITIONS: usize = 3;

async fn workers(server: &NatsServer) -> Vec<Worker> {
    let mut workers = Vec::new();
    for partition in 0..PARTITIONS {
        let (name, prefix) = (format!("hello-{partition}"), format!("/{partition}/hello"));
        let args = ["--service-name", &name, "--prefixes", &prefix];
        workers.push(Worker::at(&server.url(), &args, &[]).await);
    }
    workers
}

/// How many messages each partition's stream has ever stored.
async fn stored(server: &NatsServer) -> Vec<u64> {
    let mut stored = Vec::new();
    for partition in 0..PARTITIONS {
        let stream = stream_at(server, &format!("uptake-call-hello-{partition}")).await.unwrap();
        stored.push(stream["state"]["last_seq"].as_u64().unwrap());
    }
    stored
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_divides_the_calls_of_a_service_among_streams_by_their_path() {
    let server = NatsServer::builder()
        .config_extra(
            "mappings: { \"uptake.call.*.hello.*\": \
             \"uptake.call.{{wildcard(1)}}.{{partition(3,2)}}.hello.{{wildcard(2)}}\" }",
        )
        .start()
        .await;
    let _workers = workers(&server).await;
    let proxy = Proxy::at(&server.url(), &[], &[]).await;
    assert_all_ok(&Load::start(&[proxy.address()], 4, 100, |_| Ask::get("/hello/counters")).finish().await);
    let counters = stored(&server).await;
    assert_eq!(
        counters.iter().filter(|&&count| count == 100).count(),
        1,
        "one path, one partition: {counters:?}"
    );
    assert_eq!(counters.iter().sum::<u64>(), 100);
    for path in ["/hello/inspect", "/hello/work", "/hello/whoami", "/hello/brewed"] {
        let answer = ask(&proxy, "GET", path, &[]).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let used = stored(&server).await;
    assert!(used.iter().filter(|&&count| count > 0).count() > 1, "{used:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_divide_the_calls_of_a_service_among_streams_at_random() {
    let destinations: Vec<_> = (0..PARTITIONS)
        .map(|partition| {
            let weight = if partition == 0 { 34 } else { 33 };
            format!("{{ destination: \"uptake.call.{{{{wildcard(1)}}}}.{partition}.hello.>\", weight: {weight}% }}")
        })
        .collect();
    let mapping = format!("mappings: {{ \"uptake.call.*.hello.>\": [{}] }}", destinations.join(", "));
    let server = NatsServer::builder().config_extra(&mapping).start().await;
    let _workers = workers(&server).await;
    let proxy = Proxy::at(&server.url(), &[], &[]).await;
    assert_all_ok(&Load::start(&[proxy.address()], 4, 300, |_| Ask::get("/hello/counters")).finish().await);
    let stored = stored(&server).await;
    assert_eq!(stored.iter().sum::<u64>(), 300);
    assert!(stored.iter().all(|count| *count > 30), "{stored:?}");

    // The proxy knows the streams' subjects, and not the mapping: it finds no stream of jobs for this path.
    let fields = [("prefer", "respond-async"), ("idempotency-key", "\"again\"")];
    let answer = ask(&proxy, "POST", "/hello/work", &fields).await;
    assert_eq!((answer.status, answer.header("preference-applied")), (200, None), "{}", answer.text());
}

//! A server that is a leaf of another one, without a JetStream of its own.

use integration::{Proxy, Worker};
use test_support::{NatsServer, free_port};

use super::{ask, assert_answers};

#[tokio::test(flavor = "multi_thread")]
async fn clients_and_workers_of_a_leaf_node_take_part_in_the_platform_of_its_hub() {
    let port = free_port();
    let hub = NatsServer::builder()
        .config_extra(&format!("leafnodes {{ listen: \"127.0.0.1:{port}\" }}"))
        .start()
        .await;
    let leaf = NatsServer::builder()
        .config_extra(&format!(
            "leafnodes {{ remotes: [{{ url: \"nats-leaf://127.0.0.1:{port}\" }}] }}\njetstream: disabled"
        ))
        .start()
        .await;
    let _at_hub = Worker::at(&hub.url(), &[], &[]).await;
    let at_leaf = Proxy::at(&leaf.url(), &[], &[]).await;
    assert_answers(&at_leaf).await;
    let job = ask(&at_leaf, "POST", "/hello/work", &[("idempotency-key", "\"edge\"")]).await;
    assert_eq!(job.status, 200, "{}", job.text());

    // And the other way round: the stream is the hub's, whoever pulls from it.
    let args = ["--service-name", "edge", "--prefixes", "/edge"];
    let mut edge = Worker::at(&leaf.url(), &args, &[]).await;
    let at_hub = Proxy::at(&hub.url(), &[], &[]).await;
    let answer = ask(&at_hub, "GET", "/edge", &[]).await;
    assert_eq!(answer.status, 404, "the worker has no such route, and says so: {}", answer.text());
    assert!(answer.header("server-timing").is_some_and(|timing| timing.contains("worker")), "{answer:?}");
    assert!(edge.process.is_running());
}

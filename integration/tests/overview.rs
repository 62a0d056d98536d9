//! One look at the platform: what it tells of streams and consumers, and what it costs.

use std::{collections::BTreeMap, time::Duration};

use async_nats::jetstream::{
    self,
    consumer::pull,
    stream::{Config, RetentionPolicy},
};
use futures_util::StreamExt as _;
use integration::{Platform, SOON, nats_at};
use test_support::{NatsServer, eventually};
use uptake::{
    Connection, NatsConfig,
    job::Operator,
    overview::{Overview, StreamKind, Streams, streams},
    wire::{Class, Root},
};

/// A server, and two who ask it: one for the look, one for what the tests do to it.
struct Stage {
    server: NatsServer,
    connection: Connection,
    jetstream: jetstream::Context,
}

impl Stage {
    async fn start() -> Self {
        let server = NatsServer::start().await;
        let config = NatsConfig { root: root(), ..nats_at(&server.url()) };
        let connection = Connection::open(&config, "overview").await.unwrap();
        let jetstream = jetstream::new(async_nats::connect(server.url()).await.unwrap());
        Self { server, connection, jetstream }
    }

    async fn look(&self) -> Streams {
        streams(&self.connection, &root()).await.unwrap()
    }

    async fn queue(&self, name: &str, subject: &str) -> jetstream::stream::Stream {
        let config = Config {
            name: name.to_owned(),
            subjects: vec![subject.to_owned()],
            retention: RetentionPolicy::WorkQueue,
            max_messages: 100,
            max_bytes: 1 << 20,
            max_age: Duration::from_secs(120),
            ..Config::default()
        };
        self.jetstream.create_stream(config).await.unwrap()
    }

    async fn publish(&self, subject: &str, count: usize) {
        for _ in 0..count {
            let publish = self.jetstream.publish(subject.to_owned(), "x".into()).await.unwrap();
            publish.await.unwrap();
        }
    }

    /// Requests that JetStream has answered so far, by its own count.
    async fn requests(&self) -> u64 {
        self.server.monitor("/jsz").await["api"]["total"].as_u64().unwrap()
    }
}

fn root() -> Root {
    "acme.prod".parse().unwrap()
}

fn workers() -> pull::Config {
    pull::Config {
        durable_name: Some("workers".to_owned()),
        max_ack_pending: 8,
        max_waiting: 16,
        ..pull::Config::default()
    }
}

#[tokio::test]
async fn a_look_tells_what_waits_what_is_in_work_and_how_full_a_stream_is() {
    let stage = Stage::start().await;
    let calls = stage.queue("acme_prod-call-hello", "acme.prod.call.*.hello").await;
    let consumer = calls.create_consumer(workers()).await.unwrap();
    stage.publish("acme.prod.call.get.hello", 10).await;
    let mut taken = consumer.fetch().max_messages(4).messages().await.unwrap();
    for _ in 0..4 {
        drop(taken.next().await.unwrap().unwrap());
    }
    let look = stage.look().await;
    assert_eq!(look.errors, Vec::<String>::new());
    let [service] = &look.services[..] else { panic!("{:?}", look.services) };
    assert_eq!((service.name.as_str(), service.class), ("hello", Class::Call));
    assert_eq!((service.consumer.as_deref(), service.waiting, service.in_work), (Some("workers"), 6, 4));
    assert!(!service.no_worker, "four are in work");
    let [stream] = &look.streams[..] else { panic!("{:?}", look.streams) };
    assert_eq!((stream.kind, stream.messages, stream.max_messages), (StreamKind::Call, 10, Some(100)));
    assert_eq!((stream.max_bytes, stream.max_age_seconds), (Some(1 << 20), Some(120.0)));
    assert!((stream.fullness - 0.1).abs() < 0.001, "{}", stream.fullness);
    let stored = calls.get_raw_message(1).await.unwrap().time.unix_timestamp_nanos();
    assert_eq!(stream.oldest.unwrap().as_nanosecond(), stored, "the stream's first timestamp");
    assert!(stream.oldest_seconds.unwrap() >= 0.0);
    let [consumer] = &stream.consumers[..] else { panic!("{:?}", stream.consumers) };
    assert_eq!((consumer.pending, consumer.ack_pending, consumer.max_ack_pending), (6, 4, Some(8)));
    assert_eq!((consumer.max_waiting, consumer.fullness), (Some(16), 0.5));
}

#[tokio::test]
async fn there_is_no_worker_where_messages_wait_and_nobody_pulls_or_works() {
    let stage = Stage::start().await;
    let calls = stage.queue("acme_prod-call-hello", "acme.prod.call.*.hello").await;
    assert!(!stage.look().await.services[0].no_worker, "nothing waits");
    stage.publish("acme.prod.call.get.hello", 1).await;
    let look = stage.look().await;
    assert!(look.services[0].no_worker, "not even a consumer");
    assert_eq!((look.services[0].waiting, look.services[0].consumer.as_deref()), (1, None));
    let consumer = calls.create_consumer(workers()).await.unwrap();
    assert!(stage.look().await.services[0].no_worker, "a consumer without a pull request");
    let message = consumer.fetch().max_messages(1).messages().await.unwrap().next().await.unwrap().unwrap();
    assert!(!stage.look().await.services[0].no_worker, "it is in work");
    message.ack_with(jetstream::AckKind::Nak(Some(Duration::from_secs(3600)))).await.unwrap();
    let waits = eventually(SOON, async || !stage.look().await.services[0].no_worker);
    assert!(waits.await, "it waits for its next attempt, not for a worker");
    stage.publish("acme.prod.call.get.hello", 1).await;
    let mut pull = consumer.batch().max_messages(2).expires(SOON).messages().await.unwrap();
    pull.next().await.unwrap().unwrap().double_ack().await.unwrap();
    let look = stage.look().await;
    assert_eq!((look.services[0].open_pulls, look.services[0].no_worker), (1, false));
}

#[tokio::test]
async fn three_hundred_streams_and_ten_thousand_dead_letters_cost_a_request_for_each_stream() {
    const STREAMS: usize = 300;
    let stage = Stage::start().await;
    for number in 0..STREAMS {
        let (name, subject) = (format!("acme_prod-call-s{number}"), format!("acme.prod.call.*.s{number}"));
        stage.queue(&name, &subject).await;
    }
    stage.queue("foreign", "acme.test.call.*.hello").await;
    stage.queue("acme_prod-call-foreign", "acme.product.call.>").await;
    let dead = Config {
        name: root().dead_stream(),
        subjects: vec!["acme.prod.dead.*".to_owned()],
        ..Config::default()
    };
    stage.jetstream.create_stream(dead).await.unwrap();
    let client = stage.jetstream.client();
    for number in 0..10_000 {
        let service = if number % 4 == 0 { "hello" } else { "rating-service" };
        client.publish(root().dead(service), "x".repeat(1000).into()).await.unwrap();
    }
    let stored = eventually(SOON, async || stage.look().await.dead_letters == 10_000);
    assert!(stored.await, "{}", stage.look().await.dead_letters);

    let before = stage.requests().await;
    let look = stage.look().await;
    let asked = stage.requests().await - before;
    assert_eq!(look.errors, Vec::<String>::new());
    assert_eq!((look.streams.len(), look.services.len()), (STREAMS + 1, STREAMS));
    let by_service = BTreeMap::from([("hello".to_owned(), 2_500), ("rating-service".to_owned(), 7_500)]);
    assert_eq!(look.dead_letters_by_service, by_service);
    // Two pages of the list, both buckets, the subjects of dead letters, and the consumers of each stream.
    assert_eq!(asked, 2 + 2 + 1 + STREAMS as u64 + 1, "requests to JetStream");
}

#[tokio::test]
async fn a_stream_that_vanishes_meanwhile_is_left_out_and_named() {
    let stage = Stage::start().await;
    for number in 0..20 {
        stage.queue(&format!("acme_prod-call-s{number}"), &format!("acme.prod.call.*.s{number}")).await;
    }
    let jetstream = stage.jetstream.clone();
    let coming_and_going = tokio::spawn(async move {
        loop {
            let subjects = vec!["acme.prod.call.*.zombie".to_owned()];
            let config = Config { name: "acme_prod-call-zombie".to_owned(), subjects, ..Config::default() };
            jetstream.create_stream(config).await.unwrap();
            jetstream.delete_stream("acme_prod-call-zombie").await.unwrap();
        }
    });
    let named = eventually(SOON, async || {
        let look = stage.look().await;
        let others = look.streams.iter().filter(|stream| stream.name != "acme_prod-call-zombie").count();
        assert_eq!(others, 20, "the others stay");
        let gone =
            look.errors.iter().any(|error| error == "stream acme_prod-call-zombie has vanished meanwhile");
        assert!(gone || look.errors.is_empty(), "{:?}", look.errors);
        assert!(!gone || look.streams.len() == 20, "it is told as gone, and shown");
        gone
    });
    assert!(named.await, "it never vanished between list and look");
    coming_and_going.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_picture_has_what_workers_and_proxies_tell_beside_what_jetstream_does() {
    let platform = Platform::builder().workers(2).proxies(2).worker_args(&["--permits", "8"]).start().await;
    let config = nats_at(&platform.server.url());
    let operator = Operator::connect(&config, "overview").await.unwrap();
    let held = platform.get_later("/hello/wait");
    let in_work = async || {
        let overview = operator.overview().await.unwrap();
        let calls = &overview.services[0];
        // Who is busy may answer late: it is there with the next look.
        calls.in_work == 1 && calls.busy == 1 && (overview.workers.len(), overview.proxies.len()) == (2, 2)
    };
    assert!(eventually(SOON, in_work).await, "{:#?}", operator.overview().await);
    let overview = operator.overview().await.unwrap();
    assert_eq!(overview.errors, Vec::<String>::new());
    assert_eq!(overview.root, "uptake");
    assert!(overview.server.version.starts_with("2."), "{:?}", overview.server);
    let kinds: Vec<_> = overview.services.iter().map(|one| (one.name.as_str(), one.class)).collect();
    assert_eq!(kinds, [("hello", Class::Call), ("hello", Class::Job)]);
    assert_eq!((overview.services[0].workers, overview.services[0].permits), (2, 16));
    assert!(!overview.services[0].no_worker && overview.services[0].open_pulls > 0);
    assert!(overview.workers.is_sorted_by_key(|worker| worker.id.clone()));
    assert!(overview.workers.iter().all(|worker| worker.routes == ["/hello"] && !worker.draining));
    assert_eq!(overview.proxies.iter().map(|proxy| proxy.figures.in_flight).sum::<u64>(), 1);
    let account = overview.account.clone().unwrap();
    assert_eq!(account.streams, overview.streams.len() as u64);
    let read: Overview = serde_json::from_str(&serde_json::to_string(&overview).unwrap()).unwrap();
    assert_eq!(read, overview, "what is written is what is read");
    held.abort();
}

#[tokio::test]
async fn instances_of_another_root_and_other_services_are_left_out() {
    let platform = Platform::builder().proxies(0).start().await;
    let config = NatsConfig { root: "acme".parse().unwrap(), ..nats_at(&platform.server.url()) };
    let foreign = async_nats::connect(platform.server.url()).await.unwrap();
    let mut asked = foreign.subscribe("$SRV.STATS").await.unwrap();
    tokio::spawn(async move {
        while let Some(message) = asked.next().await {
            let hostile = [
                "no JSON".to_owned(),
                "[".repeat(50_000),
                r#"{"type":"io.nats.micro.v1.stats_response","name":"x","id":"1","version":"1.0.0",
                    "metadata":{"root":"acme"},"started":"2026-11-21T00:00:00Z","endpoints":[{"name":"call","subject":"x",
                    "queue_group":"q","num_requests":1,"num_errors":0,"last_error":"","processing_time":1,
                    "average_processing_time":1}]}"#
                    .to_owned(),
            ];
            for answer in hostile {
                foreign.publish(message.reply.clone().unwrap(), answer.into()).await.unwrap();
            }
        }
    });
    let operator = Operator::connect(&config, "overview").await.unwrap();
    let overview = operator.overview().await.unwrap();
    assert_eq!((overview.workers.len(), overview.streams.len()), (0, 0), "{overview:#?}");
    assert_eq!(overview.errors, ["x 1 tells what cannot be read"]);
}

#[tokio::test]
async fn a_jetstream_that_is_silent_is_an_error() {
    let mut stage = Stage::start().await;
    stage.look().await;
    stage.server.kill();
    let error = streams(&stage.connection, &root()).await.unwrap_err().to_string();
    assert!(error.starts_with("JetStream does not list its streams: "), "{error}");
}

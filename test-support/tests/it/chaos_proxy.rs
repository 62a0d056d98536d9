use std::time::{Duration, Instant};

use async_nats::jetstream::{self, AckKind, Message, consumer, stream};
use async_nats::{Client, ConnectOptions, Event};
use futures_util::StreamExt as _;
use test_support::chaos_proxy::{self, EventKind};
use test_support::{ChaosProxy, NatsServer, eventually};

const SOON: Duration = Duration::from_secs(10);

type Pull = consumer::Consumer<consumer::pull::Config>;

/// A server, a proxy before it, and a work queue with a consumer, used through the proxy.
struct Bench {
    server: NatsServer,
    proxy: ChaosProxy,
    client: Client,
    context: jetstream::Context,
    consumer: Pull,
}

impl Bench {
    async fn new() -> Self {
        Self::with_ack_wait(Duration::from_secs(60)).await
    }

    async fn with_ack_wait(ack_wait: Duration) -> Self {
        let server = NatsServer::start().await;
        let proxy = ChaosProxy::start(server.addr()).await;
        let client = ConnectOptions::new()
            .reconnect_delay_callback(|_| Duration::from_millis(20))
            .connect(proxy.url())
            .await
            .unwrap();
        let context = jetstream::new(client.clone());
        let stream = stream::Config {
            name: "work".to_owned(),
            subjects: vec!["work.>".to_owned()],
            retention: stream::RetentionPolicy::WorkQueue,
            ..Default::default()
        };
        let consumer = consumer::pull::Config {
            durable_name: Some("worker".to_owned()),
            ack_wait,
            ..Default::default()
        };
        let stream = context.create_stream(stream).await.unwrap();
        let consumer = stream.create_consumer(consumer).await.unwrap();
        Self { server, proxy, client, context, consumer }
    }

    /// Returns when all are stored.
    async fn publish(&self, count: usize, payload: &'static [u8]) {
        for number in 1..count {
            self.client.publish(format!("work.{number}"), payload.into()).await.unwrap();
        }
        // The server stores what comes on one connection in its order.
        self.context.publish("work.last", payload.into()).await.unwrap().await.unwrap();
    }

    async fn fetch(&self, count: usize) -> Vec<Message> {
        // With a time limit: a consumer learns of a stored message a moment after its publisher.
        let batch = self.consumer.batch().max_messages(count).expires(SOON).messages().await.unwrap();
        batch.map(Result::unwrap).collect().await
    }
}

#[tokio::test]
async fn counts_what_is_delivered_and_not_settled() {
    let bench = Bench::new().await;
    bench.publish(10, b"payload").await;
    let mut messages = bench.fetch(4).await;
    assert_eq!((bench.proxy.unsettled_now(), bench.proxy.max_unsettled()), (4, 4));

    messages[0].ack().await.unwrap();
    messages[1].ack_with(AckKind::Progress).await.unwrap();
    messages[1].ack_with(AckKind::Term).await.unwrap();
    messages[2].ack_with(AckKind::Nak(None)).await.unwrap();
    messages[3].double_ack().await.unwrap();
    assert!(eventually(SOON, || async { bench.proxy.unsettled_now() == 0 }).await);
    let kinds: Vec<_> = bench.proxy.acks().iter().map(|ack| (ack.stream_seq, ack.kind)).collect();
    use chaos_proxy::AckKind as Kind;
    assert_eq!(
        kinds,
        [(1, Kind::Ack), (2, Kind::InProgress), (2, Kind::Term), (3, Kind::Nak), (4, Kind::Ack)]
    );

    // The naked message comes again.
    messages = bench.fetch(3).await;
    let redelivered: Vec<_> =
        bench.proxy.deliveries().iter().skip(4).map(|d| (d.stream_seq, d.delivered)).collect();
    assert!(redelivered.contains(&(3, 2)), "{redelivered:?}");
    assert_eq!((bench.proxy.unsettled_now(), bench.proxy.max_unsettled()), (3, 4));
    for message in &messages {
        message.ack().await.unwrap();
    }
    let pulls = bench.proxy.pull_requests();
    assert_eq!(pulls.iter().map(|pull| pull.batch).collect::<Vec<_>>(), [4, 3]);
    assert_eq!((pulls[0].stream.as_str(), pulls[0].consumer.as_str()), ("work", "worker"));
    assert_eq!(pulls[0].request["batch"], 4);
}

#[tokio::test]
async fn a_redelivery_of_what_is_unsettled_counts_once() {
    let bench = Bench::with_ack_wait(Duration::from_secs(2)).await;
    bench.publish(1, b"x").await;
    let first = bench.fetch(1).await;
    let again = bench.fetch(1).await;
    assert_eq!((first.len(), again.len()), (1, 1));
    let deliveries = bench.proxy.deliveries();
    assert_eq!(deliveries.iter().map(|d| d.delivered).collect::<Vec<_>>(), [1, 2]);
    assert!(deliveries[1].at - deliveries[0].at > Duration::from_secs(1));
    assert_eq!((bench.proxy.unsettled_now(), bench.proxy.max_unsettled()), (1, 1));
    bench.proxy.forget_unsettled();
    assert_eq!((bench.proxy.unsettled_now(), bench.proxy.max_unsettled()), (0, 0));
}

#[tokio::test]
async fn a_cut_connection_comes_back_and_the_log_stays() {
    let bench = Bench::new().await;
    bench.publish(3, b"x").await;
    let messages = bench.fetch(3).await;
    assert_eq!(bench.proxy.cut().await, 1);
    assert!(eventually(SOON, || async { bench.proxy.connections() == 1 }).await);
    assert_eq!((bench.proxy.unsettled_now(), bench.proxy.accepted()), (3, 2));
    // An ack over the new connection settles what the old one brought.
    for message in &messages {
        message.ack().await.unwrap();
    }
    assert!(eventually(SOON, || async { bench.proxy.unsettled_now() == 0 }).await);
    let order: Vec<_> = bench
        .proxy
        .events()
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Connected => Some(('c', event.connection)),
            EventKind::Disconnected => Some(('d', event.connection)),
            EventKind::Acked(_) => Some(('a', event.connection)),
            _ => None,
        })
        .collect();
    assert_eq!(order, [('c', 0), ('d', 0), ('c', 1), ('a', 1), ('a', 1), ('a', 1)]);
}

#[tokio::test]
async fn refuses_new_connections_and_moves_to_another_server() {
    let bench = Bench::new().await;
    let other = NatsServer::start().await;
    bench.proxy.refuse(true);
    assert!(async_nats::connect(bench.proxy.url()).await.is_err());
    assert_eq!(bench.proxy.connections(), 1);
    bench.proxy.set_upstream(other.addr());
    bench.proxy.cut().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.proxy.connections(), 0);
    bench.proxy.refuse(false);
    assert!(eventually(SOON, || async { bench.proxy.connections() == 1 }).await);
    bench.client.flush().await.unwrap();
    assert_eq!(other.monitor("/connz").await["num_connections"], 1);
    assert_eq!(bench.server.monitor("/connz").await["num_connections"], 0);
}

#[tokio::test]
async fn a_pause_holds_everything_and_loses_nothing() {
    let bench = Bench::new().await;
    let mut inbox = bench.client.subscribe("echo").await.unwrap();
    bench.client.flush().await.unwrap();
    bench.proxy.pause(true);
    for number in 0..100_u8 {
        bench.client.publish("echo", vec![number; 1_000].into()).await.unwrap();
    }
    assert!(tokio::time::timeout(Duration::from_millis(200), inbox.next()).await.is_err());
    bench.proxy.pause(false);
    for number in 0..100_u8 {
        assert_eq!(inbox.next().await.unwrap().payload, vec![number; 1_000]);
    }
}

#[tokio::test]
async fn a_delay_shifts_and_does_not_slow() {
    let bench = Bench::new().await;
    let mut inbox = bench.client.subscribe("echo").await.unwrap();
    bench.client.flush().await.unwrap();
    bench.proxy.delay(Duration::from_millis(100));
    let started = Instant::now();
    for _ in 0..20 {
        bench.client.publish("echo", "x".into()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..20 {
        inbox.next().await.unwrap();
    }
    let took = started.elapsed();
    assert!(took > Duration::from_millis(200) && took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn the_end_of_the_server_ends_the_connection() {
    let mut bench = Bench::new().await;
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let watcher = ConnectOptions::new()
        .event_callback(move |event| {
            let _ = sender.send(event);
            async {}
        })
        .connect(bench.proxy.url())
        .await
        .unwrap();
    bench.server.kill();
    while !matches!(events.recv().await, Some(Event::Disconnected)) {}
    bench.server.start_again().await;
    assert!(
        eventually(SOON, || async { watcher.connection_state() == async_nats::connection::State::Connected })
            .await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_up_with_many_messages() {
    let bench = Bench::new().await;
    const COUNT: usize = 20_000;
    let started = Instant::now();
    let publishing = bench.publish(COUNT, &[b'x'; 100]);
    let working = async {
        let mut messages = bench.consumer.messages().await.unwrap();
        for _ in 0..COUNT {
            messages.next().await.unwrap().unwrap().ack().await.unwrap();
        }
        bench.client.flush().await.unwrap();
    };
    tokio::join!(publishing, working);
    assert!(eventually(SOON, || async { bench.proxy.unsettled_now() == 0 }).await);
    let deliveries = bench.proxy.deliveries();
    assert_eq!((deliveries.len(), bench.proxy.acks().len()), (COUNT, COUNT));
    assert!(deliveries.iter().zip(1..).all(|(delivery, seq)| delivery.stream_seq == seq));
    println!("{COUNT} messages in {:?}", started.elapsed());
}

//! Workers and proxies tell of themselves by ADR-32, and tell the truth.

use std::{collections::BTreeMap, time::Duration};

use async_nats::{Client, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use integration::{
    Platform, SOON, heavy,
    load::{Ask, Load, assert_all_ok},
};
use serde_json::Value;
use test_support::{Signal, eventually};
use tokio::time::timeout;

/// How long another answer is waited for, once all that were expected have come.
const NO_MORE: Duration = Duration::from_millis(200);

/// One who asks.
struct Asker {
    client: Client,
}

impl Asker {
    async fn of(platform: &Platform) -> Self {
        Self { client: async_nats::connect(platform.server.url()).await.unwrap() }
    }

    async fn send(&self, subject: &str, payload: Bytes) -> Subscriber {
        let inbox = self.client.new_inbox();
        let answers = self.client.subscribe(inbox.clone()).await.unwrap();
        self.client.publish_with_reply(subject.to_owned(), inbox, payload).await.unwrap();
        answers
    }

    /// All answers, by id of the instance: as many as are expected, and no more.
    async fn ask(&self, subject: &str, expected: usize) -> BTreeMap<String, Value> {
        let mut answers = self.send(subject, Bytes::new()).await;
        let mut found = BTreeMap::new();
        while found.len() < expected {
            let message = timeout(SOON, answers.next()).await;
            let message = message.unwrap_or_else(|_| panic!("{subject}: only {found:?}")).unwrap();
            let answer: Value = serde_json::from_slice(&message.payload).unwrap();
            let id = answer["id"].as_str().unwrap().to_owned();
            assert!(found.insert(id, answer).is_none(), "one has answered twice");
        }
        if expected == 0 {
            // The server says at once that nobody listens.
            let nobody = timeout(SOON, answers.next()).await.unwrap().unwrap();
            assert_eq!(nobody.status, Some(StatusCode::NO_RESPONDERS), "{nobody:?}");
        }
        let more = timeout(NO_MORE, answers.next()).await;
        assert!(more.is_err(), "{subject}: {more:?}");
        found
    }

    /// What the workers of `hello` tell of their calls, by id.
    async fn calls(&self, workers: usize) -> BTreeMap<String, Value> {
        let answers = self.ask("$SRV.STATS.hello", workers).await;
        answers.into_iter().map(|(id, mut answer)| (id, answer["endpoints"][0].take())).collect()
    }
}

fn sum(endpoints: &BTreeMap<String, Value>, figure: impl Fn(&Value) -> &Value) -> u64 {
    endpoints.values().map(|endpoint| figure(endpoint).as_u64().unwrap()).sum()
}

fn keys(value: &Value) -> String {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys.join(" ")
}

/// What ADR-32 says of all answers.
fn assert_standard(answer: &Value, verb: &str) {
    assert_eq!(answer["type"], format!("io.nats.micro.v1.{}_response", verb.to_lowercase()));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    for name in ["name", "id"] {
        let name = answer[name].as_str().unwrap();
        assert!(!name.is_empty() && plain(name), "{name}");
    }
    let version: Vec<_> = answer["version"].as_str().unwrap().split('.').map(str::parse::<u64>).collect();
    assert!(version.len() == 3 && version.iter().all(Result::is_ok), "{version:?}");
    assert!(answer["metadata"].as_object().unwrap().values().all(Value::is_string), "{answer}");
    assert_eq!(answer["metadata"]["root"], "uptake");
    let expected = match verb {
        "PING" => "id metadata name type version",
        "INFO" => "description endpoints id metadata name type version",
        _ => "endpoints id metadata name started type version",
    };
    assert_eq!(keys(answer), expected);
    for endpoint in answer["endpoints"].as_array().into_iter().flatten() {
        let expected = match verb {
            "INFO" => "metadata name queue_group subject",
            _ => {
                "average_processing_time data last_error name num_errors num_requests processing_time \
                 queue_group subject"
            }
        };
        assert_eq!(keys(endpoint), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_and_proxies_answer_each_verb_by_all_three_subjects() {
    let platform = Platform::builder().workers(2).proxies(1).start().await;
    let asker = Asker::of(&platform).await;
    for verb in ["PING", "INFO", "STATS"] {
        let all = asker.ask(&format!("$SRV.{verb}"), 3).await;
        let named = |name: &str| {
            let named = all.iter().filter(|(_, answer)| answer["name"] == name);
            named.map(|(id, answer)| (id.clone(), answer["name"].clone())).collect::<BTreeMap<_, _>>()
        };
        assert_eq!((named("hello").len(), named("http-to-nats-proxy").len()), (2, 1));
        for answer in all.values() {
            assert_standard(answer, verb);
        }
        for name in ["hello", "http-to-nats-proxy"] {
            let ids = named(name);
            let some = asker.ask(&format!("$SRV.{verb}.{name}"), ids.len()).await;
            assert!(some.keys().eq(ids.keys()), "{some:?}");
            for id in ids.keys() {
                let one = asker.ask(&format!("$SRV.{verb}.{name}.{id}"), 1).await;
                assert!(one.contains_key(id));
            }
        }
        asker.ask(&format!("$SRV.{verb}.nobody"), 0).await;
    }
    let info = asker.ask("$SRV.INFO.hello", 2).await.into_values().next().unwrap();
    assert_eq!(info["metadata"]["routes"], "/hello");
    assert_eq!(info["metadata"]["streams"], "uptake-call-hello uptake-job-hello");
    let names: Vec<_> = info["endpoints"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["call", "job"]);
    assert_eq!(info["endpoints"][1]["queue_group"], "workers");
    assert_eq!(info["endpoints"][1]["metadata"]["subjects"], "uptake.job.*.hello uptake.job.*.hello.>");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_those_of_what_was_sent_answered_failed_and_held_under_load() {
    const SENT: usize = 3_000;
    const HELD: usize = 3;
    const PANICS: u64 = 2;
    let _turn = heavy().await;
    let mut platform = Platform::builder().workers(2).worker_args(&["--permits", "16"]).start().await;
    let asker = Asker::of(&platform).await;
    let held: Vec<_> = (0..HELD).map(|_| platform.get_later("/hello/wait")).collect();
    let busy = async || sum(&asker.calls(2).await, |call| &call["data"]["busy"]);
    assert!(eventually(SOON, async || busy().await == HELD as u64).await, "{}", busy().await);
    let load = Load::start(&[platform.address()], 16, SENT, |_| Ask::get("/hello"));
    load.reach(SENT / 3).await;
    let during = asker.calls(2).await;
    assert_eq!(during.len(), 2, "answered under load");
    assert_all_ok(&load.finish().await);
    for _ in 0..PANICS {
        assert_eq!(platform.get("/hello/panic").await.status, 500);
    }
    let expected = SENT as u64 + HELD as u64 + PANICS;
    let told = async || sum(&asker.calls(2).await, |call| &call["data"]["answered"]);
    assert!(eventually(SOON, async || told().await == SENT as u64).await, "{} answered", told().await);
    let calls = asker.calls(2).await;
    assert_eq!(sum(&calls, |call| &call["num_requests"]), expected);
    assert_eq!(sum(&calls, |call| &call["num_errors"]), PANICS);
    assert_eq!(sum(&calls, |call| &call["data"]["busy"]), HELD as u64);
    assert_eq!(sum(&calls, |call| &call["data"]["redeliveries"]), 0);
    for call in calls.values() {
        let number = |figure: &str| call["data"][figure].as_u64().unwrap();
        assert_eq!(number("busy") + number("out") + number("free"), number("permits"), "{call}");
        let mean = call["processing_time"].as_u64().unwrap() / call["num_requests"].as_u64().unwrap();
        assert_eq!(call["average_processing_time"], mean);
    }
    assert!(calls.values().any(|call| call["last_error"] == "handler-panicked"), "{calls:?}");

    for worker in &mut platform.workers {
        worker.process.signal(Signal::USR1);
    }
    for answer in held {
        assert_eq!(answer.await.unwrap().status, 204);
    }
    assert!(eventually(SOON, async || busy().await == 0).await);
    let proxy = asker.ask("$SRV.STATS.http-to-nats-proxy", 1).await.into_values().next().unwrap();
    let data = &proxy["endpoints"][0]["data"];
    assert_eq!(data["responses"], serde_json::json!({"2xx": SENT + HELD, "3xx": 0, "4xx": 0, "5xx": PANICS}));
    assert_eq!(data["faults"], serde_json::json!({"handler-panicked": PANICS}));
    assert_eq!((&data["inFlight"], &data["waiters"]), (&Value::from(0), &Value::from(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_held_is_told_as_redelivered_by_the_next_and_a_draining_one_says_so() {
    let mut platform = Platform::start().await;
    let asker = Asker::of(&platform).await;
    let held = platform.get_later("/hello/wait");
    assert!(eventually(SOON, async || sum(&asker.calls(1).await, |call| &call["data"]["busy"]) == 1).await);
    platform.workers.remove(0);
    platform.add_worker(&[]).await;
    let redelivered = async || sum(&asker.calls(1).await, |call| &call["data"]["redeliveries"]) == 1;
    assert!(eventually(SOON, redelivered).await);
    platform.workers[0].process.signal(Signal::TERM);
    let draining = eventually(SOON, async || {
        let calls = asker.calls(1).await;
        calls.values().all(|call| call["data"]["draining"] == true && call["data"]["busy"] == 1)
    });
    assert!(draining.await);
    platform.workers[0].process.signal(Signal::USR1);
    assert_eq!(held.await.unwrap().status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_answers_while_its_handlers_block_every_thread() {
    let mut platform = Platform::builder().workers(0).start().await;
    platform.add_worker_with(&[], &[("TOKIO_WORKER_THREADS", "1")]).await;
    let asker = Asker::of(&platform).await;
    let blocking = platform.get_later("/hello/work?cpu=25000");
    assert!(eventually(SOON, async || sum(&asker.calls(1).await, |call| &call["data"]["busy"]) == 1).await);
    let waiting = platform.get_later("/hello");
    assert!(eventually(SOON, async || sum(&asker.calls(1).await, |call| &call["data"]["busy"]) == 2).await);
    for verb in ["PING", "INFO", "STATS"] {
        assert_eq!(asker.ask(&format!("$SRV.{verb}.hello"), 1).await.len(), 1);
    }
    assert!(!blocking.is_finished() && !waiting.is_finished(), "no thread was blocked");
    blocking.abort();
    waiting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_and_hostile_askers_get_nothing_that_harms() {
    let _turn = heavy().await;
    let platform = Platform::builder().proxies(0).start().await;
    let asker = Asker::of(&platform).await;
    let before = platform.last_sequences().await;
    let replies = [
        "uptake.call.get.hello",
        "uptake.job.post.hello",
        "uptake.dead.hello",
        "$KV.uptake-jobs.x",
        "$KV.uptake-platform.job-secret",
        "$JS.API.STREAM.PURGE.uptake-call-hello",
        "$SRV.STATS",
    ];
    for reply in replies {
        for verb in ["PING", "INFO", "STATS"] {
            let subject = format!("$SRV.{verb}.hello");
            asker.client.publish_with_reply(subject, reply, Bytes::new()).await.unwrap();
        }
    }
    asker.client.publish("$SRV.PING", Bytes::new()).await.unwrap();
    let mut large = asker.send("$SRV.PING.hello", vec![b'['; 500_000].into()).await;
    assert!(timeout(SOON, large.next()).await.is_ok(), "what is sent along has no meaning");

    let flood = 20_000;
    let inbox = asker.client.new_inbox();
    let mut answers = asker.client.subscribe(inbox.clone()).await.unwrap();
    for _ in 0..flood {
        let publish = asker.client.publish_with_reply("$SRV.STATS.hello", inbox.clone(), Bytes::new());
        publish.await.unwrap();
    }
    let calm = async || {
        let mut answer = asker.send("$SRV.PING.hello", Bytes::new()).await;
        timeout(Duration::from_millis(200), answer.next()).await.is_ok()
    };
    assert!(eventually(SOON, calm).await, "the worker answers no more");
    let mut answered = 0;
    while timeout(NO_MORE, answers.next()).await.is_ok() {
        answered += 1;
    }
    assert!((1..flood / 2).contains(&answered), "{answered} answers to {flood}");
    assert_eq!(platform.last_sequences().await, before, "an answer was stored");
}

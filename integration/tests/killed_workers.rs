//! Workers are killed all the time, some between the commit of a handler's work and the record of its answer. With
//! an inbox no row is there twice; without one, by the same story, some are.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use integration::{Platform, SOON, heavy};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::{HttpClient, Process, RawResponse, workspace_bin};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

const KEYS: usize = 2_000;
const CLIENTS: usize = 50;
const WORKERS: usize = 3;
/// Workers that are killed from outside, at the least.
const MIN_KILLS: usize = 30;
const KILL_PAUSE: Duration = Duration::from_millis(300);
/// Of the transactions that commit, so many are the last thing that their worker does.
const COMMITTED_AND_DEAD: f64 = 0.01;
/// Times that one request may be repeated until it has a final answer.
const MAX_REPEATS: usize = 100;
const REPEAT_PAUSE: Duration = Duration::from_millis(100);
/// Of the whole story; `UPTAKE_SEED` sets another one.
const SEED: u64 = 4;

fn seed() -> u64 {
    std::env::var("UPTAKE_SEED").map_or(SEED, |seed| seed.parse().unwrap())
}

/// Workers of `rating-service` on one database: one that ends is replaced, and some are killed.
struct Team {
    running: JoinHandle<Deaths>,
    control: Arc<Control>,
}

/// What supervisor and clients tell each other.
#[derive(Default)]
struct Control {
    killed: AtomicUsize,
    enough: AtomicBool,
}

impl Control {
    /// Waits until so many have been killed that this key may have its turn: deaths are spread over all keys.
    async fn turn_of(&self, key: usize) {
        while self.killed.load(Ordering::Acquire) * KEYS < key * MIN_KILLS {
            sleep(Duration::from_millis(10)).await;
        }
    }
}

#[derive(Debug, Default)]
struct Deaths {
    killed: usize,
    at_fault_point: usize,
}

struct Starter {
    url: String,
    database: String,
    inbox: &'static str,
    started: u64,
}

impl Starter {
    async fn start(&mut self) -> Process {
        let args = [
            "--nats-url",
            &self.url,
            "--log",
            "info",
            "--database-url",
            &self.database,
            "--inbox",
            self.inbox,
            "--ack-wait",
            "1",
            "--job-attempts",
            "10",
            "--job-max-lost",
            "10",
            "--job-backoff",
            "0.1",
        ];
        self.started += 1;
        let environment = [
            ("NO_COLOR", "1".to_owned()),
            ("UPTAKE_FAULT_POINTS", format!("committed={COMMITTED_AND_DEAD}")),
            ("UPTAKE_FAULT_SEED", (seed() * 1_000 + self.started).to_string()),
        ];
        let mut worker = Process::spawn(workspace_bin("rating-service"), args, environment);
        worker.wait_for_line("pulling", SOON).await;
        worker
    }
}

impl Team {
    async fn start(url: String, folder: &Path, inbox: &'static str) -> Self {
        let database = format!("sqlite://{}/ratings.db", folder.display());
        let mut starter = Starter { url, database, inbox, started: 0 };
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(starter.start().await);
        }
        let control = Arc::<Control>::default();
        let running = tokio::spawn(supervise(starter, workers, control.clone()));
        Self { running, control }
    }

    async fn end(self) -> Deaths {
        self.control.enough.store(true, Ordering::Release);
        self.running.await.unwrap()
    }
}

async fn supervise(mut starter: Starter, mut workers: Vec<Process>, control: Arc<Control>) -> Deaths {
    let mut deaths = Deaths::default();
    let mut next = 0;
    while !control.enough.load(Ordering::Acquire) {
        for worker in &mut workers {
            if !worker.is_running() {
                deaths.at_fault_point += 1;
                *worker = starter.start().await;
            }
        }
        sleep(KILL_PAUSE).await;
        if workers[next].is_running() {
            workers[next].kill();
            deaths.killed += 1;
            control.killed.store(deaths.killed, Ordering::Release);
            workers[next] = starter.start().await;
        }
        next = (next + 1) % WORKERS;
    }
    deaths
}

/// Sends one request again and again, at one proxy after the other, until it has its final answer; and how often.
async fn ask_until_final(proxies: &[SocketAddr], key: usize) -> (RawResponse, usize) {
    for repeat in 0..MAX_REPEATS {
        let proxy = proxies[(key + repeat) % proxies.len()];
        let answer = async {
            let mut client = HttpClient::connect(proxy).await?;
            let key_field = format!("user-{key}");
            let fields = [("content-type", "application/json"), ("idempotency-key", key_field.as_str())];
            client.request("POST", "/users", &fields, json!({"name": name(key)}).to_string()).await
        };
        match timeout(Duration::from_secs(60), answer).await {
            Ok(Ok(answer)) if [503, 504].contains(&answer.status) => sleep(REPEAT_PAUSE).await,
            Ok(Ok(answer)) => return (answer, repeat),
            Ok(Err(_)) | Err(_) => sleep(REPEAT_PAUSE).await,
        }
    }
    panic!("no final answer for key {key} after {MAX_REPEATS} repeats");
}

/// The name of a user tells its key; names need not be unique.
fn name(key: usize) -> String {
    format!("User {key:04}")
}

/// Rows by name.
async fn rows(proxy: SocketAddr) -> (BTreeMap<String, usize>, BTreeMap<String, Value>) {
    let mut client = HttpClient::connect(proxy).await.unwrap();
    let (mut counts, mut by_id) = (BTreeMap::new(), BTreeMap::new());
    let mut target = "/users?limit=100".to_owned();
    loop {
        let page = client.get(&target).await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        for user in page.json()["items"].as_array().unwrap() {
            *counts.entry(user["name"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            by_id.insert(user["id"].as_str().unwrap().to_owned(), user.clone());
        }
        match page.json()["nextCursor"].as_str() {
            Some(cursor) => target = format!("/users?limit=100&cursor={cursor}"),
            None => return (counts, by_id),
        }
    }
}

/// What came of the story.
struct Story {
    doubles: usize,
    deaths: Deaths,
    _folder: TempDir,
    _platform: Platform,
}

/// All keys, each until its final answer, and once more.
async fn tell(inbox: &'static str) -> Story {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::builder().workers(0).proxies(2).start().await;
    let proxies: Arc<[SocketAddr]> = platform.proxies.iter().map(|proxy| proxy.address()).collect();
    let mut team = Team::start(platform.server.url(), folder.path(), inbox).await;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (proxies, control) = (proxies.clone(), team.control.clone());
        clients.spawn(async move {
            let mut answers = Vec::new();
            for key in (client..KEYS).step_by(CLIENTS) {
                control.turn_of(key).await;
                let (answer, repeats) = ask_until_final(&proxies, key).await;
                assert_eq!(answer.status, 201, "key {key}, repeated {repeats} times: {}", answer.text());
                answers.push((key, answer));
            }
            answers
        });
    }
    let answers: Vec<_> = tokio::select! {
        answers = clients.join_all() => answers.into_iter().flatten().collect(),
        ended = &mut team.running => panic!("nobody starts workers any more: {ended:?}"),
    };
    let deaths = team.end().await;
    eprintln!("inbox {inbox}, seed {}: {deaths:?}", seed());
    // Nobody works any more, and none is needed: the answers are kept.
    for (key, answer) in &answers {
        let (repeated, _) = ask_until_final(&proxies, *key).await;
        assert_eq!((repeated.status, &repeated.body), (201, &answer.body), "the repeat of key {key}");
        assert_eq!(repeated.header("idempotency-replayed"), Some("true"));
        assert_eq!(repeated.header("location"), answer.header("location"));
    }
    let mut starter = Starter {
        url: platform.server.url(),
        database: format!("sqlite://{}/ratings.db", folder.path().display()),
        inbox,
        started: 1_000,
    };
    let _reader = starter.start().await;
    let (counts, by_id) = rows(proxies[0]).await;
    for (key, answer) in &answers {
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(by_id.get(&id), Some(&answer.json()), "what key {key} was answered is there");
    }
    assert_eq!(counts.len(), KEYS, "a row for each key");
    let doubles = counts.values().sum::<usize>() - KEYS;
    Story { doubles, deaths, _folder: folder, _platform: platform }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_of_2000_keyed_posts_takes_effect_twice_though_workers_are_killed_all_the_time() {
    let _turn = heavy().await;
    let story = tell("true").await;
    assert!(story.deaths.killed >= MIN_KILLS, "{:?}", story.deaths);
    assert!(story.deaths.at_fault_point > 0, "{:?}", story.deaths);
    assert_eq!(story.doubles, 0, "{:?}", story.deaths);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_inbox_the_same_story_makes_doubles() {
    let _turn = heavy().await;
    let story = tell("false").await;
    assert!(story.deaths.killed >= MIN_KILLS, "{:?}", story.deaths);
    assert!(story.doubles > 0, "no double, {:?}: this story proves nothing", story.deaths);
}

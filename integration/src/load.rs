//! Many clients at once, that note what became of each request.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use test_support::{HttpClient, RawResponse};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Ask {
    method: &'static str,
    target: String,
    fields: String,
    body: Vec<u8>,
    close: bool,
}

impl Ask {
    /// `GET target`.
    #[must_use]
    pub fn get(target: impl Into<String>) -> Self {
        Self { method: "GET", target: target.into(), fields: String::new(), body: Vec::new(), close: false }
    }

    /// `POST target`.
    #[must_use]
    pub fn post(target: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST", target: target.into(), fields: String::new(), body: body.into(), close: false }
    }

    /// With one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields += &format!("{name}: {value}\r\n");
        self
    }

    /// On a connection that serves nothing else.
    #[must_use]
    pub fn and_close(mut self) -> Self {
        self.close = true;
        self
    }

    fn is_idempotent(&self) -> bool {
        self.method == "GET"
    }

    fn bytes(&self, host: SocketAddr) -> Vec<u8> {
        let Self { method, target, fields, body, close } = self;
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}").into_bytes();
        if !self.is_idempotent() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(if *close { b"Connection: close\r\n\r\n" } else { b"\r\n" });
        bytes.extend_from_slice(body);
        bytes
    }
}

/// What became of a request.
#[derive(Debug)]
pub struct Outcome {
    /// Its number, from 0 in the order in which requests began.
    pub number: usize,
    /// Its method.
    pub method: &'static str,
    /// When it was sent.
    pub began: Instant,
    /// When its answer had come, or when it had failed.
    pub ended: Instant,
    /// The answer; or how the connection broke.
    pub answer: io::Result<RawResponse>,
    /// A GET that was repeated, since the kept-alive connection ended before the first octet of an answer.
    pub repeated: bool,
}

impl Outcome {
    /// The status, or 0 where the connection broke.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.status)
    }

    /// The last part of the problem's type; empty where the answer is none.
    #[must_use]
    pub fn slug(&self) -> String {
        let answer = self.answer.as_ref().ok();
        let problem =
            answer.filter(|answer| answer.header("content-type") == Some("application/problem+json"));
        let slug = problem.map(|problem| problem.json()["type"].as_str().unwrap_or_default().to_owned());
        slug.unwrap_or_default().trim_start_matches("urn:uptake:problem:").to_owned()
    }

    /// One line for the text of a failed assertion.
    #[must_use]
    pub fn tell(&self) -> String {
        let took = self.ended.duration_since(self.began);
        let Self { number, method, .. } = self;
        match &self.answer {
            Ok(answer) => format!("{method} {number}: {} {} after {took:?}", answer.status, self.slug()),
            Err(error) => format!("{method} {number}: {error} ({:?}) after {took:?}", error.kind()),
        }
    }
}

/// Asserts that every request was answered with 200.
///
/// # Panics
///
/// When one was not; the text has the first ten.
#[track_caller]
pub fn assert_all_ok(outcomes: &[Outcome]) {
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.status() != 200).collect();
    let first: Vec<_> = failed.iter().take(10).map(|outcome| outcome.tell()).collect();
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), outcomes.len(), first.join("\n"));
}

/// A client that keeps its connection, and makes a new one when the old one has ended.
#[derive(Debug)]
struct Visitor {
    address: SocketAddr,
    kept: Option<HttpClient>,
}

impl Visitor {
    async fn ask(&mut self, ask: &Ask) -> (io::Result<RawResponse>, bool) {
        let reused = self.kept.is_some();
        let first = self.ask_once(ask).await;
        // As every HTTP client does (RFC 9112 §9.3.1).
        let stale = reused && ask.is_idempotent() && matches!(&first, Err(error) if is_stale(error));
        if stale { (self.ask_once(ask).await, true) } else { (first, false) }
    }

    async fn ask_once(&mut self, ask: &Ask) -> io::Result<RawResponse> {
        let mut client = match self.kept.take() {
            Some(client) => client,
            None => HttpClient::connect(self.address).await?,
        };
        // A server that refuses a request may close before it has read all of it: its answer counts.
        let sent = client.send(&ask.bytes(self.address)).await;
        let answer = match client.stream().peek(&mut [0]).await {
            Ok(0) => return Err(sent.err().unwrap_or_else(|| stale("closed"))),
            Err(error) => return Err(stale(&error.to_string())),
            Ok(_) => client.response(false).await?,
        };
        let closes = answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if !closes && !ask.close {
            self.kept = Some(client);
        }
        Ok(answer)
    }
}

/// The connection ended before the first octet of an answer.
fn stale(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, format!("no octet of an answer: {how}"))
}

fn is_stale(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}

/// Clients at work.
#[derive(Debug)]
pub struct Load {
    begun: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<Vec<Outcome>>,
}

impl Load {
    /// Lets `clients` ask what `make` makes of each number, one request at a time each, until stopped or until
    /// `count` requests are done.
    pub fn start(
        addresses: &[SocketAddr],
        clients: usize,
        count: usize,
        make: impl Fn(usize) -> Ask + Clone + Send + 'static,
    ) -> Self {
        let mut load = Self { begun: Arc::default(), stop: Arc::default(), clients: JoinSet::new() };
        for client in 0..clients {
            let (begun, stop, make) = (load.begun.clone(), load.stop.clone(), make.clone());
            let mut visitor = Visitor { address: addresses[client % addresses.len()], kept: None };
            load.clients.spawn(async move {
                let mut outcomes = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let number = begun.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    outcomes.push(once(&mut visitor, number, &make(number)).await);
                }
                outcomes
            });
        }
        load
    }

    /// How many requests have begun.
    #[must_use]
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// Waits until so many requests have begun.
    pub async fn reach(&self, count: usize) {
        while self.begun() < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for the last answer, in the order in which the requests began.
    pub async fn finish(self) -> Vec<Outcome> {
        let mut outcomes: Vec<_> = self.clients.join_all().await.into_iter().flatten().collect();
        outcomes.sort_by_key(|outcome| outcome.number);
        outcomes
    }

    /// Begins nothing more, and waits for the last answer.
    pub async fn stop(self) -> Vec<Outcome> {
        self.stop.store(true, Ordering::Relaxed);
        self.finish().await
    }
}

async fn once(visitor: &mut Visitor, number: usize, ask: &Ask) -> Outcome {
    let began = Instant::now();
    let (answer, repeated) = visitor.ask(ask).await;
    if answer.is_err() {
        // A refused connection fails at once: no busy loop.
        sleep(Duration::from_millis(20)).await;
    }
    Outcome { number, method: ask.method, began, ended: Instant::now(), answer, repeated }
}

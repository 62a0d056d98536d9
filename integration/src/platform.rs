//! nats-server, workers and proxies of one test.

use std::{collections::BTreeMap, net::SocketAddr};

use test_support::{HttpClient, NatsServer, RawResponse, eventually};

use crate::{
    SOON, allow_open_files,
    program::{Proxy, Worker},
};

/// The stream of `hello`.
const HELLO_STREAM: &str = "uptake-call-hello";

/// For the tests with thousands of connections.
const OPEN_FILES: u64 = 8_192;

/// What a platform is started with; made by [`Platform::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    proxies: usize,
    workers: usize,
    proxy_args: Vec<String>,
    worker_args: Vec<String>,
    variables: Vec<(String, String)>,
    behind_chaos: bool,
    server_config: String,
}

impl Builder {
    /// How many proxies, each on its own port; one by default.
    #[must_use]
    pub fn proxies(mut self, count: usize) -> Self {
        self.proxies = count;
        self
    }

    /// How many workers; one by default.
    #[must_use]
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// Flags of every proxy.
    #[must_use]
    pub fn proxy_args(mut self, args: &[&str]) -> Self {
        self.proxy_args = owned(args);
        self
    }

    /// Flags of every worker.
    #[must_use]
    pub fn worker_args(mut self, args: &[&str]) -> Self {
        self.worker_args = owned(args);
        self
    }

    /// Variables of every proxy and worker, such as `OTEL_TRACES_SAMPLER`.
    #[must_use]
    pub fn variables(mut self, variables: &[(&str, &str)]) -> Self {
        self.variables.extend(variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        self
    }

    /// Whether each worker has a chaos proxy between it and NATS.
    #[must_use]
    pub fn behind_chaos(mut self, behind_chaos: bool) -> Self {
        self.behind_chaos = behind_chaos;
        self
    }

    /// Lines for the configuration of nats-server, such as users and what they may do.
    #[must_use]
    pub fn server_config(mut self, lines: &str) -> Self {
        lines.clone_into(&mut self.server_config);
        self
    }

    /// Starts all; returns when the workers pull and the proxies listen.
    pub async fn start(self) -> Platform {
        if let Err(error) = allow_open_files(OPEN_FILES) {
            panic!("{error}");
        }
        let server = NatsServer::builder().config_extra(&self.server_config).start().await;
        let (workers, proxies) = (self.workers, self.proxies);
        let mut platform = Platform { server, workers: Vec::new(), proxies: Vec::new(), settings: self };
        for _ in 0..workers {
            platform.add_worker(&[]).await;
        }
        for _ in 0..proxies {
            platform.add_proxy(&[]).await;
        }
        platform
    }
}

/// A running platform. Dropping it kills all of it.
#[derive(Debug)]
pub struct Platform {
    /// In the order of their start.
    pub proxies: Vec<Proxy>,
    /// In the order of their start.
    pub workers: Vec<Worker>,
    settings: Builder,
    /// Last, so that nobody complains about its end.
    pub server: NatsServer,
}

/// What `/hello/counters` tells of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Runs of `/hello/work` and `/hello/wait` that began.
    pub started: u64,
    /// Those that were dropped before their end.
    pub dropped: u64,
}

/// What nats-server tells of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// Messages that are stored.
    pub messages: u64,
    /// How many were ever stored.
    pub last_sequence: u64,
    /// Its consumers.
    pub consumers: u64,
}

impl Platform {
    /// A worker and a proxy with their defaults.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Options for a platform.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            proxies: 1,
            workers: 1,
            proxy_args: Vec::new(),
            worker_args: Vec::new(),
            variables: Vec::new(),
            behind_chaos: false,
            server_config: String::new(),
        }
    }

    /// Starts one more worker, with further flags, and waits until it pulls.
    pub async fn add_worker(&mut self, args: &[&str]) -> &mut Worker {
        self.add_worker_with(args, &[]).await
    }

    /// The same, with variables such as `UPTAKE_FAULT_POINTS`.
    pub async fn add_worker_with(&mut self, args: &[&str], variables: &[(&str, &str)]) -> &mut Worker {
        let args = [&self.settings.worker_args[..], &owned(args)].concat();
        let variables = [&self.variables()[..], variables].concat();
        let worker = Worker::start(&self.server, self.settings.behind_chaos, &args, &variables).await;
        self.workers.push(worker);
        let last = self.workers.len() - 1;
        &mut self.workers[last]
    }

    /// Starts one more proxy, with further flags, and waits until it listens.
    pub async fn add_proxy(&mut self, args: &[&str]) -> &mut Proxy {
        let args = [&self.settings.proxy_args[..], &owned(args)].concat();
        let proxy = Proxy::start(&self.server, &args, &self.variables()).await;
        self.proxies.push(proxy);
        let last = self.proxies.len() - 1;
        &mut self.proxies[last]
    }

    /// Those that every program is started with.
    fn variables(&self) -> Vec<(&str, &str)> {
        self.settings.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Where clients reach the first proxy.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.proxies[0].address()
    }

    /// A connection to the first proxy.
    ///
    /// # Panics
    ///
    /// When it does not accept one.
    pub async fn client(&self) -> HttpClient {
        let client = HttpClient::connect(self.address()).await;
        client.unwrap_or_else(|error| panic!("the proxy accepts no connection: {error}"))
    }

    /// A GET at the first proxy, on a connection of its own.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn get(&self, target: &str) -> RawResponse {
        let answer = self.client().await.get(target).await;
        answer.unwrap_or_else(|error| panic!("GET {target}: {error}"))
    }

    /// A GET that somebody else waits for, so that the test can go on.
    #[must_use]
    pub fn get_later(&self, target: &str) -> tokio::task::JoinHandle<RawResponse> {
        let (address, target) = (self.address(), target.to_owned());
        tokio::spawn(async move {
            let answer = async { HttpClient::connect(address).await?.get(&target).await };
            answer.await.unwrap_or_else(|error| panic!("GET {target}: {error}"))
        })
    }

    /// The counters of the worker that takes up this very request: of the only one, if there is one.
    ///
    /// # Panics
    ///
    /// When they cannot be read.
    pub async fn counters(&self) -> Counters {
        let response = self.get("/hello/counters").await;
        assert_eq!(response.status, 200, "{}", response.text());
        let counters = response.json();
        let number = |name: &str| counters[name].as_u64().unwrap_or_else(|| panic!("{name} in {counters}"));
        Counters { started: number("started"), dropped: number("dropped") }
    }

    /// The stream of `hello`, as nats-server knows it.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn hello_stream(&self) -> StreamState {
        let state = self.stream(HELLO_STREAM).await;
        state.unwrap_or_else(|| panic!("no stream {HELLO_STREAM}"))
    }

    /// A stream, as nats-server knows it.
    pub async fn stream(&self, name: &str) -> Option<StreamState> {
        let all = self.server.monitor("/jsz?streams=1").await;
        let mut streams = all["account_details"].as_array()?.iter().filter_map(|account| {
            account["stream_detail"].as_array()?.iter().find(|stream| stream["name"] == name)
        });
        let state = &streams.next()?["state"];
        let number = |name: &str| state[name].as_u64().unwrap_or_default();
        Some(StreamState {
            messages: number("messages"),
            last_sequence: number("last_seq"),
            consumers: number("consumer_count"),
        })
    }

    /// The last sequence of every stream: how many messages each has ever stored.
    pub async fn last_sequences(&self) -> BTreeMap<String, u64> {
        let all = self.server.monitor("/jsz?streams=1").await;
        let accounts = all["account_details"].as_array().into_iter().flatten();
        let streams = accounts.filter_map(|account| account["stream_detail"].as_array()).flatten();
        streams
            .map(|stream| {
                let name = stream["name"].as_str().unwrap_or_default().to_owned();
                (name, stream["state"]["last_seq"].as_u64().unwrap_or_default())
            })
            .collect()
    }

    /// Asserts that nothing has leaked: no proxy has a waiter or a request left, nothing waits in the stream, and
    /// the next request at each proxy works.
    ///
    /// # Panics
    ///
    /// When something has.
    pub async fn assert_sound(&self) {
        for proxy in &self.proxies {
            let idle = eventually(SOON, async || {
                let state = proxy.readyz().await;
                ["waiters", "inFlight", "inFlightBytes", "answerBytes"].iter().all(|gauge| state[gauge] == 0)
            });
            assert!(idle.await, "something has leaked: {}", proxy.readyz().await);
            let answer = async { HttpClient::connect(proxy.address()).await?.get("/hello").await };
            match answer.await {
                Ok(response) => assert_eq!(
                    (response.status, response.text().as_str()),
                    (200, "Hello, world!\n"),
                    "the next request"
                ),
                Err(error) => panic!("the next request: {error}"),
            }
        }
        let empty = eventually(SOON, async || self.hello_stream().await.messages == 0);
        assert!(empty.await, "left in the stream: {:?}", self.hello_stream().await);
    }
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(|&arg| arg.to_owned()).collect()
}

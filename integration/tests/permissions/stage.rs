//! A platform whose users of NATS are those that are rendered for a cluster.

use std::collections::BTreeMap;

use async_nats::{
    ConnectOptions,
    jetstream::{self, stream::Config as StreamConfig},
};
use clap::Parser as _;
use deploy::nats::{Platform as Users, User, Workers, server_config, users};
use integration::{Platform, command_line::uptake_with};
use tempfile::TempDir;
use uptake::{WorkerConfig, provision::wanted};

/// What `inner` owns; `outer` calls it.
const INNER: &str = "/hello/work,/hello/wait,/hello/signal,/hello/echo,/hello/inspect,/hello/counters,/hello/panic,/hello/jobs";
const OUTER: &str = "/hello/relay";
/// Soon given up, soon delivered again.
const QUICK: [&str; 6] = ["--ack-wait", "1", "--job-attempts", "2", "--job-backoff", "0.05"];

#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    worker: WorkerConfig,
}

pub(crate) struct Stage {
    pub(crate) platform: Platform,
    pub(crate) users: Vec<User>,
    pub(crate) streams: Vec<String>,
    folder: TempDir,
}

fn flags(name: &str) -> Vec<&str> {
    let (prefixes, jobs) = if name == "inner" { (INNER, "8") } else { (OUTER, "0") };
    let own = ["--service-name", name, "--prefixes", prefixes, "--job-permits", jobs, "--provision", "other"];
    [&own[..], &QUICK].concat()
}

fn workers(user: &str, calls: &[&str]) -> Workers {
    let config = Flags::parse_from([&["worker"][..], &flags(user)].concat()).worker;
    Workers { user: user.to_owned(), config, calls: calls.iter().map(|&call| call.to_owned()).collect() }
}

/// The users of the platform of these tests.
pub(crate) fn platform() -> Users {
    let services = vec![workers("inner", &[]), workers("outer", &["inner"])];
    Users { root: "uptake".parse().unwrap(), services }
}

pub(crate) fn password(user: &str) -> String {
    format!("password-of-{user}")
}

impl Stage {
    /// A server with these users, and the streams that `nack` has made. No worker and no proxy.
    pub(crate) async fn with(users: Vec<User>) -> Self {
        let passwords: BTreeMap<_, _> =
            users.iter().map(|user| (user.name.clone(), password(&user.name))).collect();
        let folder = tempfile::tempdir().unwrap();
        for (user, password) in &passwords {
            std::fs::write(folder.path().join(user), password).unwrap();
        }
        std::fs::write(folder.path().join("job-secret"), "sixteen octets, at least").unwrap();
        let builder = Platform::builder().workers(0).proxies(0);
        let platform = builder.server_config(&server_config(&users, &passwords)).start().await;
        let streams = provision(&platform).await;
        Self { platform, users, streams, folder }
    }

    /// The same with two workers of `inner`, one of `outer`, and a proxy.
    pub(crate) async fn start() -> Self {
        let mut stage = Self::with(users(&platform())).await;
        for name in ["inner", "inner", "outer"] {
            stage.add_worker(name).await;
        }
        let (own, operator) = (stage.user_args("proxy"), stage.file("operator"));
        let (secret, own) = (stage.file("job-secret"), own.each_ref().map(String::as_str));
        let operator = ["--operator-nats-user", "operator", "--operator-nats-password-file", &operator];
        let args = [&own[..], &operator, &["--job-secret-file", &secret, "--threads", "2"]].concat();
        stage.platform.add_proxy(&args).await;
        stage
    }

    pub(crate) async fn add_worker(&mut self, name: &str) {
        let user = self.user_args(name);
        let args = [&flags(name)[..], &user.each_ref().map(String::as_str)].concat();
        self.platform.add_worker(&args).await;
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn user_args(&self, user: &str) -> [String; 4] {
        ["--nats-user".to_owned(), user.to_owned(), "--nats-password-file".to_owned(), self.file(user)]
    }

    /// What the command line prints, as the operator.
    pub(crate) async fn uptake(&self, line: &str) -> String {
        let (name, file) = ("operator", self.file("operator"));
        let variables = [("NATS_USER", name), ("NATS_PASSWORD_FILE", &file)];
        uptake_with(&self.platform.server, line, &variables).await.done().stdout
    }

    /// What the server has refused so far.
    pub(crate) fn violations(&self) -> Vec<String> {
        let log = self.platform.server.log();
        log.lines().filter(|line| line.contains("Violation")).map(str::to_owned).collect()
    }
}

/// Makes all streams and consumers as NACK would, and tells their names.
async fn provision(platform: &Platform) -> Vec<String> {
    let options = ConnectOptions::with_user_and_password("nack".to_owned(), password("nack"));
    let context = jetstream::new(options.connect(platform.server.url()).await.unwrap());
    let mut names = Vec::new();
    for workers in self::platform().services {
        let wanted = wanted(&workers.config);
        let requests = wanted.requests.iter().map(|(stream, _)| stream);
        let all: Vec<StreamConfig> =
            requests.chain([&wanted.dead_letters]).chain(&wanted.buckets).cloned().collect();
        for stream in all.into_iter().filter(|stream| !names.contains(&stream.name)).collect::<Vec<_>>() {
            names.push(stream.name.clone());
            context.create_stream(stream).await.unwrap();
        }
        for (stream, consumer) in wanted.requests {
            let stream = context.get_stream(&stream.name).await.unwrap();
            stream.create_consumer_strict(consumer).await.unwrap();
        }
    }
    names
}

//! The public face: `Worker::connect(config)`, `worker.serve(router)`.

use std::{
    future::{Future, IntoFuture},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
};

use async_nats::jetstream;
use jiff::Timestamp;
use tokio::{runtime, sync::Mutex};
use tokio_util::sync::CancellationToken;

use super::{
    ProvisionError,
    adapter::Handler,
    admin::{self, Admin},
    discovery::Told,
    job::Jobs,
    measure, provision,
    pull::PullLoop,
    route,
    server_life::ServerLife,
    shared::Shared,
};
use crate::{
    client::{Client, NatsDispatcher},
    config::{WorkerConfig, path_prefix},
    connection::{self, ConnectError, Connection},
    job::store::JobStore,
    transport::Transport,
    wire::{self, Class, MAX_RECORD_OCTETS},
};

/// Why a worker cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration does not say what to serve.
    #[error("{0}")]
    Config(String),
    /// NATS cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The stream or the consumer is not as it must be.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// A subscription could not be made.
    #[error("cannot subscribe at NATS")]
    Subscribe(#[from] async_nats::SubscribeError),
    /// The private listener has no address.
    #[error("cannot listen on {address} (--admin-listen or WORKER_ADMIN_LISTEN)")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The transport's thread could not be started.
    #[error("cannot start the transport thread")]
    Thread(#[from] std::io::Error),
    /// The transport's thread ended.
    #[error("the transport has ended")]
    TransportGone,
    /// The connection to NATS ended and cannot be restored, by a message that `async-nats` cannot stand.
    #[error("the connection to NATS has ended for good; what was in work goes to other workers")]
    ConnectionGone,
    /// A second signal came while requests were still in work.
    #[error("interrupted by a second signal; what was in work goes to other workers")]
    Interrupted,
}

/// A worker that is connected and whose stream and consumer are there.
///
/// ```no_run
/// # async fn example(config: uptake::WorkerConfig, router: axum::Router) -> Result<(), uptake::ServeError> {
/// let worker = uptake::Worker::connect(config).await?;
/// worker.serve(router).with_graceful_shutdown(uptake::shutdown_signal()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Worker {
    config: WorkerConfig,
    transport: Transport,
    connection: Connection,
    client: Client,
    started: Timestamp,
    admin: Admin,
    /// Largest answer of a job, in octets; `None` if this worker takes no jobs.
    max_job_answer_octets: Option<usize>,
}

impl Worker {
    /// Connects to NATS, and makes the stream and the consumer where they are missing.
    ///
    /// # Errors
    /// When the configuration names no service, NATS cannot be reached, or what exists has other settings.
    pub async fn connect(config: WorkerConfig) -> Result<Self, ServeError> {
        validate(&config)?;
        let started = Timestamp::now();
        let transport = Transport::start("uptake-transport")?;
        let admin = Admin::default();
        if let Some(address) = config.admin_listen {
            let listener = admin::bind(address).map_err(|source| ServeError::Listen { address, source })?;
            transport.handle().spawn(admin.clone().run(listener));
        }
        let task = {
            let config = config.clone();
            async move {
                let connection = Connection::open(&config.nats, &config.name).await?;
                let jetstream = jetstream::new(connection.client().clone());
                // Jobs first: whoever finds the stream of calls, and no stream of jobs, may know that there is none.
                let max_job_answer_octets = match config.jobs.permits {
                    0 => None,
                    _ => {
                        provision::wait(&jetstream, &config, Class::Job).await?;
                        Some(max_answer_octets(&jetstream, &config).await)
                    }
                };
                provision::wait(&jetstream, &config, Class::Call).await?;
                let role = wire::worker_role(&config.name);
                let dispatcher =
                    NatsDispatcher::on(connection.clone(), config.nats.root.clone(), &role, None).await?;
                Ok::<_, ServeError>((connection, Client::new(dispatcher), max_job_answer_octets))
            }
        };
        let (connection, client, max_job_answer_octets) =
            transport.run(task).await.ok_or(ServeError::TransportGone)??;
        Ok(Self { config, transport, connection, client, started, admin, max_job_answer_octets })
    }

    /// A client on the worker's own connection, for handlers that call other services.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Serves a [`tower::Service`] such as an axum `Router`. Nothing happens until the result is awaited.
    ///
    /// A `Router` is asked which of its routes a request has taken, for metrics and traces.
    pub fn serve<H: Handler>(self, service: H) -> Serve<H> {
        Serve { worker: self, service: route::told(service), drain: CancellationToken::new() }
    }
}

/// What the bucket of jobs takes: the same for all its workers, whatever their own settings say.
async fn max_answer_octets(context: &jetstream::Context, config: &WorkerConfig) -> usize {
    let bucket = context.get_stream(format!("KV_{}", config.nats.root.job_bucket())).await;
    let value =
        bucket.ok().and_then(|bucket| usize::try_from(bucket.cached_info().config.max_message_size).ok());
    let answer = value.filter(|octets| *octets > 0).map(|octets| octets.saturating_sub(MAX_RECORD_OCTETS));
    answer.unwrap_or(config.jobs.max_answer_bytes as usize)
}

fn validate(config: &WorkerConfig) -> Result<(), ServeError> {
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    for (what, name) in [
        ("service name (--service-name)", config.name.as_str()),
        ("stream name (--stream)", &config.stream_of(Class::Call)),
        ("stream name (--job-stream)", &config.stream_of(Class::Job)),
        ("consumer name (--consumer)", &config.consumer),
    ] {
        if !plain(name) || name.len() > 128 {
            return Err(ServeError::Config(format!(
                "{name:?} is no {what}: use up to 128 characters of A-Z a-z 0-9 _ -"
            )));
        }
    }
    if config.prefixes.is_empty() {
        return Err(ServeError::Config(
            "no path prefix to serve: set --prefixes (SERVICE_PREFIXES)".to_owned(),
        ));
    }
    validate_prefixes(&config.prefixes)
        .map_err(|reason| ServeError::Config(format!("--prefixes (SERVICE_PREFIXES): {reason}")))
}

/// Each prefix must be one that a path can have and that no other one covers, for a stream cannot own a subject twice.
fn validate_prefixes(prefixes: &[String]) -> Result<(), String> {
    let mut checked: Vec<String> = Vec::new();
    for text in prefixes {
        let prefix = path_prefix(text)?;
        // One that ends in a hash would own nothing below it.
        if wire::escape_path(&prefix).contains("%~") {
            return Err(format!(
                "{text:?} is too long: a path prefix has up to 32 segments, 512 octets when escaped"
            ));
        }
        if covers("/-", &prefix) {
            return Err(format!(
                "{text:?} is no prefix for a service: what lies below /-/ is the proxy's own"
            ));
        }
        if let Some(other) = checked.iter().find(|other| covers(other, &prefix) || covers(&prefix, other)) {
            return Err(format!("the prefixes {other:?} and {prefix:?} overlap: leave out the longer one"));
        }
        checked.push(prefix);
    }
    Ok(())
}

/// Whether a path lies at or below a prefix, both without trailing slashes.
fn covers(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A worker that serves once it is awaited.
#[derive(Debug)]
#[must_use = "a worker serves nothing until it is awaited"]
pub struct Serve<H> {
    worker: Worker,
    service: H,
    drain: CancellationToken,
}

impl<H: Handler> Serve<H> {
    /// Drains when `signal` is ready: no new pull; what was pulled is run and answered.
    pub fn with_graceful_shutdown<F>(self, signal: F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let drain = self.drain.clone();
        tokio::spawn(async move {
            signal.await;
            drain.cancel();
        });
        self
    }

    async fn run(self) -> Result<(), ServeError> {
        let drain = self.drain.clone();
        let second = async {
            drain.cancelled().await;
            shutdown_signal().await;
        };
        let gone = connection::gone(self.worker.connection.epoch());
        let transport = self.worker.transport.handle();
        let calls = self.pull_loop(Class::Call, None);
        let jobs = self.jobs().map(|jobs| self.pull_loop(Class::Job, Some(jobs)));
        let loops = || [&calls].into_iter().chain(&jobs).map(|one| &one.shared);
        measure::measure(loops());
        self.worker.admin.serves(loops(), drain.clone());
        let told = Told {
            started: self.worker.started,
            calls: calls.shared.clone(),
            jobs: jobs.as_ref().map(|jobs| jobs.shared.clone()),
            drain: self.drain.clone(),
        };
        transport.spawn(told.answer().await?);
        let calls = transport.spawn(calls.run());
        let jobs = jobs.map(|jobs| transport.spawn(jobs.run()));
        let running = async {
            let ended = |ended: Result<_, _>| ended.unwrap_or(Err(ServeError::TransportGone));
            let jobs = async {
                match jobs {
                    Some(jobs) => ended(jobs.await),
                    None => Ok(()),
                }
            };
            tokio::try_join!(async { ended(calls.await) }, jobs).map(|_| ())
        };
        tokio::select! {
            ended = running => ended,
            () = second => Err(ServeError::Interrupted),
            () = gone => Err(ServeError::ConnectionGone),
        }
    }

    /// What the deliveries of jobs share, if this worker takes any.
    fn jobs(&self) -> Option<Arc<Jobs>> {
        let Worker { config, connection, max_job_answer_octets, .. } = &self.worker;
        let store = JobStore::new(connection.client().clone(), config.nats.root.clone());
        max_job_answer_octets.map(|max_answer_octets| {
            let (drain, last_chance) = (self.drain.clone(), Mutex::default());
            Arc::new(Jobs { store, drain, max_answer_octets, last_chance })
        })
    }

    /// The loop of one class, with a pool of permits of its own: long jobs keep no call waiting.
    fn pull_loop(&self, class: Class, jobs: Option<Arc<Jobs>>) -> PullLoop<H> {
        let Worker { config, connection, .. } = &self.worker;
        PullLoop {
            shared: Arc::new(Shared::new(config, class, connection)),
            jobs,
            handler: self.service.clone(),
            handlers: runtime::Handle::current(),
            epoch: connection.epoch(),
            drain: self.drain.clone(),
            server: ServerLife::default(),
        }
    }
}

impl<H: Handler> IntoFuture for Serve<H> {
    type Output = Result<(), ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Ready when the process is asked to end: SIGTERM, or Ctrl-C (SIGINT).
///
/// The signals are listened to from the call on, which must be on a tokio runtime, not only once this is awaited. Call it
/// before [`Worker::connect`], and give up waiting for that when it is ready: of process 1 of a container nobody else
/// takes a SIGTERM, and its stream may come late.
pub fn shutdown_signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            tracing::warn!("SIGTERM and SIGINT cannot be heard");
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_that_can_never_match_or_overlap_are_refused() {
        let check = |prefixes: &[&str]| {
            validate_prefixes(&prefixes.iter().map(|&p| p.to_owned()).collect::<Vec<_>>())
        };
        for good in [&["/users", "/services", "/user"][..], &["/"], &["/%C3%A4/"], &["/a.b/*/c"]] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        let long = "/x".repeat(40);
        for bad in [
            &["users"][..],
            &[""],
            &["/ä"],
            &["/x?y"],
            &["/x#y"],
            &["/a b"],
            &["/>"],
            &["/-"],
            &["/-/jobs"],
            &[&long],
            &["/a", "/a/b"],
            &["/a/b", "/a"],
            &["/a", "/a/"],
            &["/", "/a"],
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}

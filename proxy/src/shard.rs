//! A shard: one thread with a runtime, a connection to NATS and a share of the clients' connections.
//!
//! A request stays on the thread that accepted its connection. So nothing is handed from thread to thread on its way,
//! and what the requests of one turn publish leaves in one write.

use std::{sync::Arc, thread};

use tokio::{
    net::TcpListener,
    runtime,
    sync::{Semaphore, oneshot},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uptake::{client::NatsDispatcher, job::secret::Secret};

use crate::{
    admin::Console,
    app,
    auth::Auth,
    config::Config,
    cors::{self, Cors},
    figures::Figures,
    gateway::{self, Gateway},
    limits::Limits,
    server,
    ui::Ui,
};

/// What the shards have in common: limits and counts are of the whole process.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    auth: Option<Auth>,
    cors: Option<Cors>,
    ui: Option<Ui>,
    /// On the private listener.
    pub(crate) console: Option<Console>,
    job_secret: Option<Secret>,
    pub(crate) limits: Limits,
    pub(crate) figures: Arc<Figures>,
    /// A task for each connection of a client.
    pub(crate) connections: TaskTracker,
    slots: Arc<Semaphore>,
    pub(crate) drain: CancellationToken,
}

impl Shared {
    /// # Errors
    /// When the settings contradict each other, or name a file that cannot be read or that holds no keys or no token, or
    /// a folder that is no page.
    pub(crate) async fn new(config: Config) -> anyhow::Result<Self> {
        Ok(Self {
            auth: Auth::start(&config.auth).await?,
            cors: cors::layer(&config.cors)?,
            ui: Ui::read(&config.ui, &config.routing)?,
            console: Console::start(&config.console)?,
            job_secret: config.job_secret()?,
            limits: Limits::new(&config.limits),
            figures: Arc::default(),
            connections: TaskTracker::new(),
            slots: Arc::new(Semaphore::new(config.limits.max_connections as usize)),
            drain: CancellationToken::new(),
            config: Arc::new(config),
        })
    }

    /// Connects to NATS.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) async fn connect(&self) -> anyhow::Result<NatsDispatcher> {
        Ok(NatsDispatcher::connect(&self.config.nats, "proxy", self.job_secret.clone()).await?)
    }

    /// Serves clients on this thread until drained.
    ///
    /// # Errors
    /// When the connection to NATS has ended for good.
    pub(crate) async fn serve(self, dispatcher: NatsDispatcher, listener: TcpListener) -> anyhow::Result<()> {
        let settings = gateway::Settings::new(&self.config, self.ui);
        let gateway = Gateway::new(dispatcher.clone(), settings, self.auth, self.limits, self.drain.clone());
        let settings = server::Settings::new(&self.config.limits, self.slots, self.connections);
        let stack = app::stack(gateway, self.cors, self.figures, self.drain.clone());
        tokio::select! {
            () = server::serve(listener, stack, settings, self.drain) => Ok(()),
            () = dispatcher.gone() => anyhow::bail!("the connection to NATS has ended for good"),
        }
    }
}

/// A shard on a thread of its own.
pub(crate) struct Shard {
    pub(crate) dispatcher: NatsDispatcher,
    /// Ready when it has drained, or can serve no more.
    pub(crate) ended: oneshot::Receiver<anyhow::Result<()>>,
}

/// Starts a shard that accepts from the same socket as others, and waits until it is connected to NATS.
///
/// # Errors
/// When there is no thread to be had, or NATS cannot be reached.
pub(crate) async fn start(shared: Shared, listener: std::net::TcpListener) -> anyhow::Result<Shard> {
    let (connected, dispatcher) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("uptake-shard".to_owned()).spawn(move || {
        let served = runtime.block_on(async move {
            let listening =
                async { Ok::<_, anyhow::Error>((shared.connect().await?, TcpListener::from_std(listener)?)) };
            match listening.await {
                Ok((dispatcher, listener)) => {
                    let _ = connected.send(Ok(dispatcher.clone()));
                    shared.serve(dispatcher, listener).await
                }
                Err(error) => {
                    let _ = connected.send(Err(error));
                    Ok(())
                }
            }
        });
        let _ = end.send(served);
    })?;
    Ok(Shard { dispatcher: dispatcher.await??, ended })
}

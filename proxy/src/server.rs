//! Listeners and their connections.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioExecutor, server::conn::auto, service::TowerToHyperService};
use socket2::{Domain, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt as _};

use crate::{
    answer::Body,
    config::LimitConfig,
    connection::{self, ClientSocket, Connection, Patience},
    page, protocol,
};

/// Connections that the kernel completes before we accept them.
const BACKLOG: i32 = 4096;
/// How long connections are still accepted, and kept open, after the drain has begun. Meanwhile every answer
/// asks its client to connect anew, so that few connections are left to be closed on our side.
const LINGER: Duration = Duration::from_millis(500);
/// How long connections that are on their way then may take to be completed and to bring their first request.
const SETTLE: Duration = Duration::from_millis(200);

/// How connections are served.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    patience: Patience,
    /// One for each connection that may be open at once; further ones wait to be accepted.
    slots: Arc<Semaphore>,
    /// Has a task for each connection.
    open: TaskTracker,
    grace_period: Duration,
    /// Who connects here, for the log.
    audience: &'static str,
}

impl Settings {
    pub(crate) fn new(config: &LimitConfig, slots: Arc<Semaphore>, open: TaskTracker) -> Self {
        Self {
            patience: Patience { idle: config.head_timeout, answer: config.answer_timeout },
            slots,
            open,
            grace_period: config.grace_period,
            audience: "clients",
        }
    }

    /// For a page by itself.
    pub(crate) fn of_page(config: &page::LimitConfig) -> Self {
        Self {
            patience: Patience { idle: config.head_timeout, answer: config.answer_timeout },
            slots: Arc::new(Semaphore::new(config.max_connections as usize)),
            open: TaskTracker::new(),
            grace_period: config.grace_period,
            audience: "clients",
        }
    }

    /// For the private listener: few connections, and no end before the process's.
    pub(crate) fn private() -> Self {
        let (idle, answer) = (Duration::from_secs(30), Duration::from_secs(10));
        Self {
            patience: Patience { idle, answer },
            slots: Arc::new(Semaphore::new(256)),
            open: TaskTracker::new(),
            grace_period: Duration::ZERO,
            audience: "operators",
        }
    }
}

/// Binds an address; with `reuse_port`, one that other processes may share.
pub(crate) fn bind(address: SocketAddr, reuse_port: bool) -> anyhow::Result<std::net::TcpListener> {
    let bound = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(reuse_port)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok::<_, std::io::Error>(socket.into())
    };
    bound().with_context(|| format!("cannot listen on {address}"))
}

/// Serves until drained, then ends connections in order.
pub(crate) async fn serve<S>(listener: TcpListener, service: S, settings: Settings, drain: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let address = listener.local_addr().map_or_else(|_| "?".to_owned(), |address| address.to_string());
    tracing::info!(r#for = settings.audience, %address, "listening");
    let connections = Connections {
        http1: protocol::http1(),
        either: protocol::either(),
        service,
        patience: settings.patience,
        open: settings.open,
        ending: CancellationToken::new(),
        slots: settings.slots,
    };
    tokio::select! {
        () = drain.cancelled() => {}
        () = connections.accept(&listener) => {}
    }
    tracing::info!(%address, connections = connections.open.len(), "draining");
    linger(&connections, listener).await;
    connections.ending.cancel();
    connections.open.close();
    if timeout(settings.grace_period, connections.open.wait()).await.is_err() {
        tracing::warn!(%address, "the grace period ends with requests in flight");
    }
    tracing::info!(%address, "drained");
}

/// Accepts for a while, then turns new connections away and accepts what the kernel has completed already: to close
/// at once would reset that, and also what has been accepted and has not brought its first request.
async fn linger<S>(connections: &Connections<S>, listener: TcpListener)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let _ = timeout(LINGER, connections.accept(&listener)).await;
    if let Err(error) = drop_syns(&listener) {
        tracing::debug!(%error, "new connections may be reset");
    }
    let _ = timeout(SETTLE, connections.accept(&listener)).await;
}

/// Lets the kernel drop what would open a connection: its client sends it again a second later, and by then it is for
/// who shares the port.
#[cfg(target_os = "linux")]
fn drop_syns(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::{SockFilter, SockRef};
    // Classic BPF over the TCP header: the flags are octet 13, SYN is 0x02.
    let (load_octet, jump_if_set, ret) = (0x30, 0x45, 0x06);
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(load_octet, 0, 0, 13),
        SockFilter::new(jump_if_set, 0, 1, 0x02),
        SockFilter::new(ret, 0, 0, 0),
        SockFilter::new(ret, 0, 0, u32::MAX),
    ])
}

/// A short backlog lets the kernel drop some.
#[cfg(not(target_os = "linux"))]
fn drop_syns(listener: &TcpListener) -> std::io::Result<()> {
    socket2::SockRef::from(listener).listen(0)
}

struct Connections<S> {
    http1: http1::Builder,
    either: auto::Builder<TokioExecutor>,
    service: S,
    patience: Patience,
    open: TaskTracker,
    /// Set when no further request is wanted of them.
    ending: CancellationToken,
    slots: Arc<Semaphore>,
}

impl<S> Connections<S>
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    async fn accept(&self, listener: &TcpListener) {
        let mut complained = Instant::now();
        loop {
            // The semaphore is never closed.
            let Ok(slot) = self.slots.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, peer)) => self.serve_connection(stream, peer, slot),
                Err(error) => {
                    // Out of file descriptors, most likely: others will end.
                    if complained.elapsed() > Duration::from_secs(1) {
                        tracing::error!(%error, "cannot accept a connection");
                        complained = Instant::now();
                    }
                    sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    fn serve_connection(&self, stream: TcpStream, peer: SocketAddr, slot: tokio::sync::OwnedSemaphorePermit) {
        let _ = stream.set_nodelay(true);
        let connection = Connection::new(peer.ip());
        let service = self.service.clone().map_request({
            let connection = connection.clone();
            move |mut request: Request<Incoming>| {
                connection.touch();
                request.extensions_mut().insert(connection.clone());
                request
            }
        });
        let service = TowerToHyperService::new(service);
        let (http1, either) = (self.http1.clone(), self.either.clone());
        let (patience, ending) = (self.patience, self.ending.child_token());
        self.open.spawn(async move {
            let first = tokio::select! {
                // A request that has arrived is answered, also at the end of a drain.
                biased;
                first = protocol::may_be_http2(&stream) => first,
                () = sleep(patience.idle) => return,
                () = ending.cancelled() => return,
            };
            let socket = ClientSocket::new(stream, connection.clone());
            // Boxed: a future that is moved into others takes its room in each of them, for as long as it is idle.
            match first {
                Ok(false) => {
                    let served = Box::pin(http1.serve_connection(socket, service));
                    connection::run(served, connection, patience, ending).await;
                }
                Ok(true) => {
                    let served = Box::pin(either.serve_connection(socket, service).into_owned());
                    connection::run(served, connection, patience, ending).await;
                }
                Err(error) => tracing::debug!(%error, "a connection has failed"),
            }
            drop(slot);
        });
    }
}

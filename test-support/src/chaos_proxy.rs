//! A TCP proxy between a program and nats-server: it harms connections on demand, and keeps a ledger
//! of what crossed them.
//!
//! Each accepted connection has one upstream connection. Bytes pass unchanged; the client protocol is
//! read along in both directions, so that a test can ask what was delivered and not yet settled.

mod event;
mod frame;
mod ledger;
mod pump;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use event::{Ack, AckKind, Delivery, Event, EventKind, PullRequest};
use ledger::Ledger;

/// What the test has ordered; all connections watch it.
#[derive(Debug, Clone)]
struct Controls {
    upstream: SocketAddr,
    refuse: bool,
    paused: bool,
    delay: Duration,
    /// Connections with a number below this one are cut.
    cut_below: u64,
}

/// What the proxy and its connections share.
#[derive(Debug)]
struct Shared {
    controls: watch::Sender<Controls>,
    /// The numbers of the connections that exist.
    live: watch::Sender<Vec<u64>>,
    ledger: Mutex<Ledger>,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The proxy. Dropping it closes its port and all connections.
///
/// Two things to know about the accounting. A delivery counts from the moment at which its last byte is
/// written to the client, and until the client's ack, nak or term passes by; per stream sequence, so a
/// redelivery of what is unsettled counts once. And a connection that is cut settles nothing: an ack
/// that dies in the client's own buffer leaves its delivery unsettled until the next one is settled
/// (see [`forget_unsettled`](Self::forget_unsettled)).
#[derive(Debug)]
pub struct ChaosProxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl ChaosProxy {
    /// Starts a proxy to `upstream`, on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When `upstream` is no address, or no port is to be had.
    pub async fn start(upstream: impl ToSocketAddrs) -> Self {
        let upstream = resolve(upstream);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("chaos proxy: {error}"));
        let addr = listener.local_addr().unwrap_or_else(|error| panic!("chaos proxy: {error}"));
        let controls =
            Controls { upstream, refuse: false, paused: false, delay: Duration::ZERO, cut_below: 0 };
        let shared = Arc::new(Shared {
            controls: watch::Sender::new(controls),
            live: watch::Sender::new(Vec::new()),
            ledger: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { addr, shared, accepting }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `nats://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}", self.addr)
    }

    /// Resets all connections, both sides, whatever is still on its way; new ones are accepted. Returns
    /// their number as soon as they are gone.
    pub async fn cut(&self) -> usize {
        let cut_below = self.shared.ledger().next_connection();
        let mut live = self.shared.live.subscribe();
        let count = live.borrow_and_update().len();
        self.shared.controls.send_modify(|controls| controls.cut_below = cut_below);
        // The sender lives as long as we do.
        let _ = live.wait_for(|live| live.iter().all(|connection| *connection >= cut_below)).await;
        count
    }

    /// While `true`, a new connection is reset at once. The existing ones stay.
    pub fn refuse(&self, refuse: bool) {
        self.shared.controls.send_modify(|controls| controls.refuse = refuse);
    }

    /// While `true`, nothing is forwarded in either direction; then it goes on with nothing lost.
    pub fn pause(&self, pause: bool) {
        self.shared.controls.send_modify(|controls| controls.paused = pause);
    }

    /// Every byte arrives this much later, in both directions, as on a longer line.
    pub fn delay(&self, delay: Duration) {
        self.shared.controls.send_modify(|controls| controls.delay = delay);
    }

    /// Where new connections lead; [`cut`](Self::cut) the existing ones to move them.
    ///
    /// # Panics
    ///
    /// When `upstream` is no address.
    pub fn set_upstream(&self, upstream: impl ToSocketAddrs) {
        let upstream = resolve(upstream);
        self.shared.controls.send_modify(|controls| controls.upstream = upstream);
    }

    /// How many connections exist now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.live.borrow().len()
    }

    /// How many connections were ever accepted (refused ones not counted).
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.shared.ledger().next_connection()
    }

    /// How many messages are delivered to the client and not settled by it.
    #[must_use]
    pub fn unsettled_now(&self) -> usize {
        self.shared.ledger().unsettled_now()
    }

    /// The most that were ever unsettled at once.
    #[must_use]
    pub fn max_unsettled(&self) -> usize {
        self.shared.ledger().max_unsettled()
    }

    /// Starts the accounting of the unsettled again from nothing; the log stays.
    pub fn forget_unsettled(&self) {
        self.shared.ledger().forget_unsettled();
    }

    /// Everything that happened, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.shared.ledger().events().to_vec()
    }

    /// The deliveries that reached the client, in order.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.pick(|kind| match kind {
            EventKind::Delivered(delivery) if !delivery.lost => Some(delivery.clone()),
            _ => None,
        })
    }

    /// What the client answered to deliveries (in-progress too), in order.
    #[must_use]
    pub fn acks(&self) -> Vec<Ack> {
        self.pick(|kind| match kind {
            EventKind::Acked(ack) => Some(ack.clone()),
            _ => None,
        })
    }

    /// The client's pull requests, in order.
    #[must_use]
    pub fn pull_requests(&self) -> Vec<PullRequest> {
        self.pick(|kind| match kind {
            EventKind::Pulled(pull) => Some(pull.clone()),
            _ => None,
        })
    }

    fn pick<T>(&self, pick: impl Fn(&EventKind) -> Option<T>) -> Vec<T> {
        self.shared.ledger().events().iter().filter_map(|event| pick(&event.kind)).collect()
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        // The connections are tasks of its join set and end with it.
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of file descriptors, most likely.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        if shared.controls.borrow().refuse {
            let _ = client.set_zero_linger();
            continue;
        }
        let number = shared.ledger().connect();
        shared.live.send_modify(|live| live.push(number));
        let live = Live { number, shared: Arc::clone(&shared) };
        connections.spawn(connection(client, live));
    }
}

/// A connection is in the list of the living for as long as it has this.
struct Live {
    number: u64,
    shared: Arc<Shared>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.ledger().disconnect(self.number);
        self.shared.live.send_modify(|live| live.retain(|number| *number != self.number));
    }
}

async fn connection(mut client: TcpStream, live: Live) {
    let mut controls = live.shared.controls.subscribe();
    let upstream = controls.borrow().upstream;
    let cut = async move {
        let _ = controls.wait_for(|controls| controls.cut_below > live.number).await;
    };
    tokio::pin!(cut);
    let connected = tokio::select! {
        () = &mut cut => None,
        connected = TcpStream::connect(upstream) => connected.ok(),
    };
    let Some(mut server) = connected else {
        let _ = client.set_zero_linger();
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let was_cut = tokio::select! {
        biased;
        () = &mut cut => true,
        () = pump::both_ways(&mut client, &mut server, live.number, &live.shared) => false,
    };
    if was_cut {
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
    // Both sockets close before the connection counts as gone.
    drop((client, server));
    drop(live);
}

fn resolve(addr: impl ToSocketAddrs) -> SocketAddr {
    match addr.to_socket_addrs().map(|mut addrs| addrs.next()) {
        Ok(Some(addr)) => addr,
        Ok(None) => panic!("chaos proxy: the upstream has no address"),
        Err(error) => panic!("chaos proxy: the upstream is no address: {error}"),
    }
}

//! One connection of a client: served, and watched. It may be idle for a while, and its client may take a while to
//! read an answer; beyond that it is closed, for it would keep its place and its octets as long as the client likes.

use std::{
    fmt::Debug,
    future::{Future, poll_fn},
    io::{self, IoSlice},
    net::IpAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{rt::TokioIo, server::graceful::GracefulConnection};
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long a connection that is closed for its idleness may take to end in order.
const CLOSING: Duration = Duration::from_secs(1);

/// What a connection may take its time for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Between an answer and the next head, or until the first head has arrived.
    pub(crate) idle: Duration,
    /// From an answer until the client has taken all of it, or until it takes anything at all.
    pub(crate) answer: Duration,
}

/// What a connection, its requests and its answers share.
#[derive(Clone, Debug)]
pub(crate) struct Connection(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    peer: IpAddr,
    /// Requests in work and answers not yet written whole, these with the time of the answer: oldest first.
    open: Vec<(u64, Option<Instant>)>,
    next_id: u64,
    /// When the last of these ended.
    idle_since: Instant,
    /// Since when the kernel takes no more octets.
    blocked_since: Option<Instant>,
}

impl Connection {
    pub(crate) fn new(peer: IpAddr) -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(State {
            peer,
            open: Vec::new(),
            next_id: 0,
            idle_since: now,
            blocked_since: None,
        })))
    }

    /// The address at its other end.
    pub(crate) fn peer(&self) -> IpAddr {
        self.state().peer
    }

    /// A request has arrived.
    pub(crate) fn begin(&self) -> Ticket {
        let mut state = self.state();
        let id = state.next_id;
        state.next_id += 1;
        state.open.push((id, None));
        drop(state);
        Ticket { connection: self.clone(), id }
    }

    /// Whoever answers without a ticket has been asked, too.
    pub(crate) fn touch(&self) {
        self.state().idle_since = Instant::now();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When patience ends, and with what.
    fn due(&self, patience: Patience) -> Option<(Instant, Overdue)> {
        let state = self.state();
        let unread = state.open.iter().filter_map(|(_, answered)| *answered).min();
        let unread = [unread, state.blocked_since].into_iter().flatten().min();
        match unread {
            Some(since) => Some((since + patience.answer, Overdue::Answer)),
            // A request in work has its budget.
            None if state.open.is_empty() => Some((state.idle_since + patience.idle, Overdue::Idle)),
            None => None,
        }
    }
}

/// A request in work, and then its answer until that is written to the socket.
#[derive(Debug)]
pub(crate) struct Ticket {
    connection: Connection,
    id: u64,
}

impl Ticket {
    /// From now on it is the client who is waited for.
    pub(crate) fn answered(&self) {
        self.note(Some(Instant::now()));
    }

    /// The client has taken what there was, and is told more later.
    pub(crate) fn working(&self) {
        self.note(None);
    }

    fn note(&self, time: Option<Instant>) {
        let mut state = self.connection.state();
        for (_, answered) in state.open.iter_mut().filter(|(id, _)| *id == self.id) {
            *answered = time;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.connection.state();
        state.open.retain(|(id, _)| *id != self.id);
        if state.open.is_empty() {
            state.idle_since = Instant::now();
        }
    }
}

/// What a client has taken too long for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overdue {
    Idle,
    Answer,
}

/// Serves a connection until it ends, or until patience does; once `ending` is set, until what is in work is answered.
pub(crate) async fn run(
    mut served: Pin<Box<impl GracefulConnection<Error: Debug>>>,
    connection: Connection,
    mut patience: Patience,
    ending: CancellationToken,
) {
    let mut timer = pin!(sleep_until(Instant::now() + patience.idle));
    let (mut closing, mut told) = (false, false);
    loop {
        tokio::select! {
            biased;
            ended = served.as_mut() => {
                tracing::debug!(?ended, "a connection has ended");
                return;
            }
            () = ending.cancelled(), if !told => {
                told = true;
                served.as_mut().graceful_shutdown();
            }
            overdue = poll_fn(|cx| poll_overdue(&connection, patience, timer.as_mut(), cx)) => {
                tracing::debug!(?overdue, "a connection is closed");
                if overdue == Overdue::Answer || closing {
                    return;
                }
                closing = true;
                patience.idle += CLOSING;
                served.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Ready when patience has ended. The timer is moved only when it has run out, or is too late: not at each request.
fn poll_overdue(
    connection: &Connection,
    patience: Patience,
    mut timer: Pin<&mut Sleep>,
    cx: &mut Context<'_>,
) -> Poll<Overdue> {
    loop {
        let Some((at, overdue)) = connection.due(patience) else { return Poll::Pending };
        if at < timer.deadline() {
            timer.as_mut().reset(at);
        }
        ready!(timer.as_mut().poll(cx));
        if at <= Instant::now() {
            return Poll::Ready(overdue);
        }
        timer.as_mut().reset(at);
    }
}

/// The socket, which notes since when its client takes nothing.
#[derive(Debug)]
pub(crate) struct ClientSocket {
    io: TokioIo<TcpStream>,
    connection: Connection,
    blocked: bool,
}

impl ClientSocket {
    pub(crate) fn new(stream: TcpStream, connection: Connection) -> Self {
        Self { io: TokioIo::new(stream), connection, blocked: false }
    }

    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() != self.blocked {
            self.blocked = written.is_pending();
            self.connection.state().blocked_since = self.blocked.then(Instant::now);
        }
        written
    }
}

impl Read for ClientSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for ClientSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.note(written)
    }
}

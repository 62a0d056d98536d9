//! Moves the bytes of one connection.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Shared;
use super::frame::FrameReader;
use super::ledger::Unwritten;

/// Bytes taken from a socket at once.
const CHUNK: usize = 32 * 1024;
/// Chunks that wait for a pause or delay to end, before the sender itself has to wait.
const WAITING_CHUNKS: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// Forwards until one side has closed and everything that it sent is delivered.
pub(super) async fn both_ways(
    client: &mut TcpStream,
    server: &mut TcpStream,
    connection: u64,
    shared: &Shared,
) {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::select! {
        () = one_way(from_client, to_server, Direction::ToServer, connection, shared) => {}
        () = one_way(from_server, to_client, Direction::ToClient, connection, shared) => {}
    }
}

async fn one_way(
    mut from: ReadHalf<'_>,
    to: WriteHalf<'_>,
    direction: Direction,
    connection: u64,
    shared: &Shared,
) {
    // Reading goes on while the writer sleeps, so that a delay shifts the bytes and does not slow them.
    let (sender, receiver) = mpsc::channel(WAITING_CHUNKS);
    let read = async move {
        let mut buffer = vec![0; CHUNK];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now(), buffer[..count].to_vec())).await.is_err() {
                break;
            }
        }
    };
    let write = write(receiver, to, direction, connection, shared);
    tokio::pin!(read, write);
    tokio::select! {
        () = &mut read => {
            // The sender is gone: the writer ends when it has written the rest.
            let _ = write.await;
        }
        _ = &mut write => {}
    }
}

async fn write(
    mut chunks: mpsc::Receiver<(Instant, Vec<u8>)>,
    mut to: WriteHalf<'_>,
    direction: Direction,
    connection: u64,
    shared: &Shared,
) -> io::Result<()> {
    let mut reader = FrameReader::new();
    let mut controls = shared.controls.subscribe();
    while let Some((arrived, bytes)) = chunks.recv().await {
        let delay = controls.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep_until(arrived + delay).await;
        }
        let _ = controls.wait_for(|controls| !controls.paused).await;
        let mut chunk = Chunk::note(&bytes, &mut reader, direction, connection, shared);
        while chunk.written < bytes.len() {
            match to.write(&bytes[chunk.written..]).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => chunk.written += count,
            }
        }
    }
    Ok(())
}

/// A chunk on its way out. It is in the ledger *before* it is written, or the answer to it could come
/// first; dropping it (also in the middle, when the connection is cut) tells how far it got.
struct Chunk<'a> {
    shared: &'a Shared,
    unwritten: Vec<Unwritten>,
    written: usize,
}

impl<'a> Chunk<'a> {
    fn note(
        bytes: &[u8],
        reader: &mut FrameReader,
        direction: Direction,
        connection: u64,
        shared: &'a Shared,
    ) -> Self {
        let mut unwritten = Vec::new();
        let mut ledger = shared.ledger();
        reader.read(bytes, |frame, end| match direction {
            Direction::ToServer => ledger.sent_by_client(connection, &frame),
            Direction::ToClient => unwritten.extend(ledger.sent_by_server(connection, &frame, end)),
        });
        drop(ledger);
        Self { shared, unwritten, written: 0 }
    }
}

impl Drop for Chunk<'_> {
    fn drop(&mut self) {
        if !self.unwritten.is_empty() {
            self.shared.ledger().written(&self.unwritten, self.written);
        }
    }
}

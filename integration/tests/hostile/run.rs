//! Plays rows against the real proxy, and looks at what is left.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use integration::{Platform, Proxy, SOON};
use test_support::{RawResponse, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpSocket,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{sleep, timeout},
};

use super::{
    frames,
    row::{Play, Row, Seen, Then},
};

/// Short times, so that slow clients need not be slow for long.
pub(crate) const SETTINGS: [&str; 8] = [
    "--body-timeout=3",
    "--head-timeout=3",
    "--answer-timeout=2",
    "--discard-timeout=1",
    "--max-discard-bytes=4194304",
    "--budget=30",
    "--max-connections=5000",
    "--max-in-flight=5000",
];

/// Few connections, and room for one body of the largest size.
pub(crate) const LOW_LIMITS: [&str; 6] = [
    "--answer-timeout=2",
    "--body-timeout=3",
    "--head-timeout=3",
    "--discard-timeout=1",
    "--max-connections=10",
    "--max-in-flight-bytes=524288",
];

/// A request by which a connection shows that it lives.
pub(crate) const PROBE: &[u8] = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
const PROBED: &str = "Hello, world!\n";

/// The rows that do not hold.
pub(crate) async fn broken(title: &str, settings: &[&str], rows: Vec<Row>) -> Vec<String> {
    let mut platform = Platform::builder().proxy_args(settings).start().await;
    let mut wrong = Vec::new();
    for row in rows {
        let before = stored(&platform).await;
        let seen = timeout(3 * SOON, play(&platform.proxies[0], &row)).await;
        let seen = seen.unwrap_or_else(|_| panic!("{title}: {} ({}): no end", row.case, row.sent));
        let published = left_behind(&mut platform, &before, &row, &seen).await;
        let answers: Vec<_> = row.answer.split(" or ").collect();
        let good = answers.contains(&seen.summary().as_str())
            && seen.kept == row.kept
            && row.published.contains(&published)
            && seen.last_body.contains(row.contains);
        if !good {
            wrong.push(format!(
                "{} ({}): expected {}, kept {}, published {:?}; seen {}, kept {}, published {published}, last body {:.200}",
                row.case, row.sent, row.answer, row.kept, row.published, seen.summary(), seen.kept, seen.last_body
            ));
        }
    }
    wrong
}

/// How many messages each stream has stored; the steps of jobs, in their records, are none.
async fn stored(platform: &Platform) -> BTreeMap<String, u64> {
    let mut stored = platform.last_sequences().await;
    stored.retain(|stream, _| !stream.starts_with("KV_"));
    stored
}

/// How many requests the case published. Nothing else may be left of it: the next request on a new connection works,
/// nobody waits, no octets are in flight, no connection is open, and the same process runs without a panic.
async fn left_behind(platform: &mut Platform, before: &BTreeMap<String, u64>, row: &Row, seen: &Seen) -> u64 {
    let next = platform.get("/hello").await;
    assert_eq!((next.status, next.text().as_str()), (200, PROBED), "behind {} ({})", row.case, row.sent);
    let gauges = ["waiters", "inFlight", "inFlightBytes", "answerBytes", "connections"];
    let idle = eventually(SOON, async || {
        let state = platform.proxies[0].readyz().await;
        gauges.iter().all(|gauge| state[gauge] == 0)
    });
    assert!(idle.await, "left by {} ({}): {}", row.case, row.sent, platform.proxies[0].readyz().await);
    let proxy = &mut platform.proxies[0].process;
    assert!(proxy.is_running() && !proxy.output().contains("panicked"), "{} ({})", row.case, row.sent);
    let after = stored(platform).await;
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "streams");
    let all = after.values().sum::<u64>() - before.values().sum::<u64>();
    all - seen.probes - 1
}

async fn play(proxy: &Proxy, row: &Row) -> Seen {
    let address = proxy.address();
    match &row.play {
        Play::Http1 { octets, then } => http1(address, octets, then, row.expected_answers()).await,
        Play::Http2 { frames } => frames::exchange(address, frames, row.expected_answers()).await,
        Play::Script(script) => script(proxy).await,
    }
}

async fn http1(proxy: SocketAddr, octets: &[u8], then: &Then, expected: usize) -> Seen {
    let (mut client, mut writer) = Reader::connect(proxy).await;
    client.is_head = octets.starts_with(b"HEAD ");
    let write = async {
        // A server that has seen enough may close before the end.
        let sent = writer.write_all(octets).await;
        match then {
            Then::Read => sent.unwrap_or_else(|error| panic!("its client could not send all: {error}")),
            Then::Wait | Then::Continue(_) => {}
            Then::HalfClose => drop(writer.shutdown().await),
            Then::Trickle => {
                while writer.write_all(b"x").await.is_ok() {
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
    };
    let read = client.read_answers(if matches!(then, Then::Continue(_)) { 1 } else { expected });
    if let Then::Trickle = then {
        let _ = timeout(2 * SOON, async { tokio::join!(write, read) }).await;
        return client.seen;
    }
    if let Then::Read = then {
        write.await;
        read.await;
    } else {
        tokio::join!(write, read);
    }
    if let Then::Continue(rest) = then
        && client.seen.answers == ["100"]
    {
        let _ = writer.write_all(rest).await;
        client.read_answers(expected).await;
    }
    client.probe(&mut writer).await;
    client.seen
}

/// The reading half of a connection, and what has come on it.
pub(crate) struct Reader {
    stream: OwnedReadHalf,
    unread: Vec<u8>,
    is_head: bool,
    pub(crate) seen: Seen,
}

impl Reader {
    pub(crate) async fn connect(proxy: SocketAddr) -> (Self, OwnedWriteHalf) {
        let socket = TcpSocket::new_v4().unwrap();
        // Else the kernel takes a large body whole, whether or not the proxy reads it.
        socket.set_send_buffer_size(64 << 10).unwrap();
        let stream = socket.connect(proxy).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (stream, writer) = stream.into_split();
        (Self { stream, unread: Vec::new(), is_head: false, seen: Seen::default() }, writer)
    }

    /// Reads until as many answers have come as are expected, and none of them closes; else until the server does.
    pub(crate) async fn read_answers(&mut self, expected: usize) {
        let mut closes = false;
        loop {
            while let Some((response, used)) = RawResponse::parse_first(&self.unread, self.is_head) {
                self.unread.drain(..used);
                closes = response.header("connection") == Some("close");
                self.seen.note(&response, self.is_head);
            }
            self.seen.kept = expected > 0 && self.seen.answers.len() >= expected && !closes;
            if self.seen.kept {
                return;
            }
            match timeout(SOON, self.stream.read_buf(&mut self.unread)).await {
                Ok(Ok(1..)) => {}
                Ok(Ok(0) | Err(_)) => return,
                Err(_) => {
                    self.seen.answers.push("silence".to_owned());
                    return;
                }
            }
        }
    }

    /// Asks whether a connection that seems to be kept serves another request, and brings nothing before its answer.
    async fn probe(&mut self, writer: &mut OwnedWriteHalf) {
        if !self.seen.kept {
            return;
        }
        let before = std::mem::take(&mut self.seen);
        self.is_head = false;
        let _ = writer.write_all(PROBE).await;
        self.read_answers(1).await;
        let probe = std::mem::replace(&mut self.seen, before);
        self.seen.kept = probe.kept && probe.last_body == PROBED;
        self.seen.probes = u64::from(self.seen.kept);
        if !self.seen.kept {
            self.seen.answers.extend(probe.answers);
        }
    }
}

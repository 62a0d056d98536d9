//! A closed loop of keep-alive connections, as lean as can be: the load must not be what is measured.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

const REQUEST: &[u8] = b"GET /hello HTTP/1.1\r\nhost: bench\r\n\r\n";

/// Requests a second over `connections` connections, from a thread of their own.
pub(crate) async fn measure(address: &str, connections: usize, period: Duration) -> anyhow::Result<f64> {
    let address = address.to_owned();
    let load = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(run(&address, connections, period))
    };
    tokio::task::spawn_blocking(load).await?
}

async fn run(address: &str, connections: usize, period: Duration) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(address.to_owned(), began + period));
    }
    let mut total = 0;
    while let Some(count) = clients.join_next().await {
        total += count??;
    }
    Ok(total as f64 / began.elapsed().as_secs_f64())
}

async fn client(address: String, until: Instant) -> anyhow::Result<u64> {
    let mut stream = TcpStream::connect(&address).await.context("cannot connect to the proxy")?;
    stream.set_nodelay(true)?;
    let (mut buffer, mut count) = (vec![0; 8192], 0);
    while Instant::now() < until {
        stream.write_all(REQUEST).await?;
        let mut filled = 0;
        while !is_complete(&buffer[..filled])? {
            let read = stream.read(&mut buffer[filled..]).await?;
            ensure!(read > 0, "the proxy closed a connection");
            filled += read;
        }
        count += 1;
    }
    Ok(count)
}

fn is_complete(answer: &[u8]) -> anyhow::Result<bool> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(answer)? else { return Ok(false) };
    if response.code != Some(200) {
        bail!("status {:?}: {}", response.code, String::from_utf8_lossy(answer));
    }
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = std::str::from_utf8(length.context("no content-length")?.value)?.parse()?;
    Ok(answer.len() >= head + length)
}

//! How long programs take from their start to their first answer.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{READY_WITHIN, Stage, http, kernel};
use crate::progress::Screen;

/// How often each is started; the median counts.
const ROUNDS: usize = 7;
/// For services, in seconds.
const TARGET: f64 = 0.150;
/// How long a request may take to the stream in which it waits for its worker.
const WAITING: Duration = Duration::from_millis(200);

/// Kills and starts each container, and asks it meanwhile.
///
/// A worker's request waits in its stream before the worker is there, so its first answer is all that a start takes: connect,
/// look at the streams, pull, run, reply. Of the others a client that is turned away asks again after a millisecond.
///
/// # Errors
///
/// When one does not answer.
pub(super) fn measure(stage: &Stage) -> Result<()> {
    let (proxy, frontend) = (stage.address("http-to-nats-proxy")?, stage.address("frontend")?);
    let mut lines = vec![format!(
        "{:<20}{:<32}{:>8}  of {ROUNDS}: fastest, slowest",
        "start to answer", "first answer", "median"
    )];
    for (name, asked, path) in [
        ("rating-service", proxy, "/api/services?limit=1"),
        ("hello", proxy, "/api/hello"),
        ("http-to-nats-proxy", proxy, "/api/hello"),
        ("frontend", frontend, "/ui/"),
    ] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            stage.go_on()?;
            times.push(first_answer(stage, name, asked, path).with_context(|| name.to_owned())?);
        }
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        let is_service = asked == proxy && name != "http-to-nats-proxy";
        let met = match (is_service, median <= TARGET) {
            (false, _) => "",
            (true, true) => "; target 150 ms: met",
            (true, false) => "; target 150 ms: not met",
        };
        lines.push(format!(
            "{name:<20}{path:<32}{:>8}  {}, {}{met}",
            milliseconds(median),
            milliseconds(times[0]),
            milliseconds(times[ROUNDS - 1])
        ));
    }
    Screen::stdout().framed(&lines);
    Ok(())
}

/// Seconds from the start of the container's process to the answer.
fn first_answer(stage: &Stage, name: &str, asked: SocketAddr, path: &'static str) -> Result<f64> {
    stage.podman.kill(name)?;
    let client = thread::spawn(move || until_answered(asked, path));
    thread::sleep(WAITING);
    stage.podman.start(name)?;
    let process = stage.podman.process(name)?.context("it has ended")?;
    let began = kernel::began(process)?;
    let answered = client.join().ok().context("the client has panicked")??;
    let placed =
        stage.placed.iter().find(|placed| placed.container.name == name).context("no such container")?;
    stage.until_ready(placed)?;
    ensure!(answered >= began, "answered before it began");
    Ok(answered - began)
}

/// When an answer came.
fn until_answered(asked: SocketAddr, path: &str) -> Result<f64> {
    let end = Instant::now() + READY_WITHIN;
    loop {
        match http::get(asked, path, &[]) {
            Ok(answer) if answer.status == 200 => return kernel::now(),
            _ if Instant::now() > end => anyhow::bail!("nothing answers"),
            _ => thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.0} ms", seconds * 1e3)
}

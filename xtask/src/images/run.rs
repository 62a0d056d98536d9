//! `cargo xtask images --run`: the images as containers, shut in as their manifests want it, and the smoke test on them.

mod assumed;
mod http;
mod kernel;
mod manifest;
mod page;
mod place;
mod podman;
mod startup;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use self::kernel::Facts;
use self::manifest::Container;
use self::place::{NATS, Placed};
use self::podman::Podman;
pub(super) use self::podman::is_root;
use super::{Made, megabytes, nats_image};
use crate::load;
use crate::process::{cargo, typed};
use crate::progress::{Screen, Style};

/// Whose settings are taken.
const OVERLAY: &str = "dev";
/// How long a container may take to be ready; a machine may be busy.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to end after SIGTERM, in seconds: pull requests expire, and then what was pulled is run.
const ENDS_WITHIN: u32 = 45;

/// What runs.
struct Stage {
    podman: Podman,
    screen: Screen,
    interrupted: Arc<AtomicBool>,
    placed: Vec<Placed>,
}

pub(super) fn run(screen: Screen, made: &[Made], out: &Path) -> Result<ExitCode> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let containers = wanted(made)?;
    let podman = Podman::ready(screen)?;
    let mut images = BTreeMap::new();
    for Made { image, .. } in made {
        images.insert(image.name, podman.take(image.name, &out.join(image.name))?);
    }
    let nats = podman.folder("images/nats")?;
    nats_image(&nats)?;
    images.insert(NATS, podman.take(NATS, &nats)?);
    let placed = place::placed(containers);
    let stage = Stage { podman, screen, interrupted, placed };
    for placed in &stage.placed {
        let image = images.get(placed.container.image.as_str());
        let image = image
            .with_context(|| format!("{}: no image {}", placed.container.name, placed.container.image))?;
        place::create(&stage.podman, placed, image)?;
    }
    let code = stage.play()?;
    stage.end()?;
    Ok(code)
}

/// The containers that the manifests describe, NATS first.
fn wanted(made: &[Made]) -> Result<Vec<Container>> {
    let mut command = cargo(&["run", "--quiet", "--locked", "--package", "deploy", "--bin", "deploy", "--"]);
    command.args(["render", "--overlay", OVERLAY]);
    let output = command.output().with_context(|| format!("cannot run {}", typed(&command)))?;
    ensure!(
        output.status.success(),
        "{}: {}",
        typed(&command),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let objects: Vec<Value> = serde_saphyr::from_multiple(std::str::from_utf8(&output.stdout)?)
        .map_err(|error| anyhow::anyhow!("{}: {error}", typed(&command)))?;
    let mut containers = manifest::containers(&objects)?;
    for Made { image, .. } in made {
        let described = containers.iter().any(|container| container.image == image.name);
        ensure!(described, "the overlay {OVERLAY} has no {}", image.name);
    }
    containers.retain(|container| made.iter().any(|made| made.image.name == container.image));
    containers.push(assumed::nats());
    // Who is asked comes before who asks, and ends after it.
    containers.sort_by_key(|container| match container.image.as_str() {
        NATS => 0,
        "http-to-nats-proxy" | "frontend" => 2,
        _ => 1,
    });
    Ok(containers)
}

impl Stage {
    fn play(&self) -> Result<ExitCode> {
        for placed in &self.placed {
            self.start(placed)?;
        }
        self.held()?;
        let (proxy, frontend) = (self.address("http-to-nats-proxy")?, self.address("frontend")?);
        page::check(frontend)?;
        self.say("the page is served");
        let code = load::smoke(&format!("http://{proxy}/api"))?;
        self.go_on()?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
        self.memory();
        startup::measure(self)?;
        Ok(code)
    }

    /// Starts a container, and waits until it is ready.
    fn start(&self, placed: &Placed) -> Result<()> {
        let name = &placed.container.name;
        self.go_on()?;
        self.podman.start(name)?;
        self.until_ready(placed)?;
        self.say(&format!("{name} is ready on {}", placed.address));
        Ok(())
    }

    fn until_ready(&self, placed: &Placed) -> Result<()> {
        let name = &placed.container.name;
        let end = Instant::now() + READY_WITHIN;
        while !http::get(placed.ready, placed.ready_path, &[]).is_ok_and(|answer| answer.status == 200) {
            self.go_on()?;
            ensure!(self.podman.process(name)?.is_some(), "{name} has ended:\n{}", self.podman.log(name));
            ensure!(Instant::now() < end, "{name} does not become ready:\n{}", self.podman.log(name));
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Holds what the kernel says against what the manifests want.
    fn held(&self) -> Result<()> {
        let mut lines =
            vec![format!("{:<20} {}", "container", "as its manifest wants it, by what the kernel says")];
        for Placed { container, .. } in &self.placed {
            let name = &container.name;
            let process = self.podman.process(name)?.with_context(|| format!("{name} has ended"))?;
            let facts = Facts::of(process)?;
            facts.check(container)?;
            let memory = match (facts.memory, container.memory) {
                (Some(memory), Some(_)) => format!("at most {} of memory", megabytes(memory)),
                (None, Some(_)) => {
                    "memory not limited: this machine's control groups do not allow it".to_owned()
                }
                (_, None) => "memory not limited by its manifest".to_owned(),
            };
            lines.push(format!("{name:<20} {}; {memory}", container.may.told()));
        }
        Screen::stdout().framed(&lines);
        Ok(())
    }

    fn memory(&self) {
        let mut lines = vec![format!("{:<20}{:>16}{:>12}", "container", "memory at most", "limit")];
        for Placed { container, .. } in &self.placed {
            let process = self.podman.process(&container.name).ok().flatten();
            let peak = process.and_then(kernel::peak_memory).map_or_else(|| "?".to_owned(), megabytes);
            let limit = container.memory.map_or_else(|| "none".to_owned(), megabytes);
            lines.push(format!("{:<20}{peak:>16}{limit:>12}", container.name));
        }
        Screen::stdout().framed(&lines);
    }

    /// Ends all containers in order: what asks before what answers.
    fn end(&self) -> Result<()> {
        for Placed { container, .. } in self.placed.iter().rev() {
            let code = self.podman.stop(&container.name, ENDS_WITHIN)?;
            let name = &container.name;
            ensure!(code == 0, "{name} ended with {code} after SIGTERM:\n{}", self.podman.log(name));
            self.say(&format!("{name} has drained"));
        }
        Ok(())
    }

    /// Where clients of a container connect.
    fn address(&self, name: &str) -> Result<SocketAddr> {
        let placed = self.placed.iter().find(|placed| placed.container.name == name);
        Ok(SocketAddr::new(placed.with_context(|| format!("no container {name}"))?.address, place::CLIENTS))
    }

    fn go_on(&self) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted; the containers are removed");
        }
        Ok(())
    }

    fn say(&self, text: &str) {
        self.screen.line(&self.screen.paint(Style::Dim, text));
    }
}

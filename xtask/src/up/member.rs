//! One process of the team, and its log.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, PipeReader};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use test_support::{OwnedChild, Signal};

use super::team::{Event, Spec};

/// Lines that are shown when a process has died.
const KEPT_LINES: usize = 20;
/// Pause before the first restart; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A process that has lived so long was well: the next restart is a first one.
const WELL_AFTER: Duration = Duration::from_secs(60);

/// Where a process is in its life.
#[derive(Debug)]
pub(super) enum State {
    /// Running, and whether its log has said that it is ready.
    Running { child: OwnedChild, ready: bool, since: Instant },
    /// Dead; it is started again at this time.
    Dead { again_at: Instant },
    /// Ended because we wanted it.
    Ended,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) spec: Spec,
    pub(super) state: State,
    /// Counts the processes that this member has been; tells old lines from new ones.
    pub(super) life: u64,
    /// When that was built which runs now.
    pub(super) built: Option<SystemTime>,
    tail: VecDeque<String>,
    /// Deaths in a row.
    deaths: u32,
}

impl Member {
    pub(super) fn new(spec: Spec) -> Self {
        Self { spec, state: State::Ended, life: 0, built: None, tail: VecDeque::new(), deaths: 0 }
    }

    /// Starts the process; its lines come as events under `index`.
    pub(super) fn start(&mut self, index: usize, events: &SyncSender<Event>) -> Result<()> {
        self.life += 1;
        self.tail.clear();
        self.built = self.made();
        let (reader, writer) = std::io::pipe()?;
        let mut command = self.spec.command();
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        // It has a process group of its own: Ctrl-C comes to us alone, and we decide who ends when.
        let child = OwnedChild::spawn(&mut command, self.spec.role.guard_mode(), None)
            .with_context(|| format!("cannot start {} ({})", self.spec.name, self.spec.program.display()))?;
        // Our copies of the write end would keep the reader waiting for ever.
        drop(command);
        relay(reader, index, self.life, events.clone());
        self.state = State::Running { child, ready: false, since: Instant::now() };
        Ok(())
    }

    /// When the program on disk was built, or what it reads, whichever is newer.
    pub(super) fn made(&self) -> Option<SystemTime> {
        let files = [Some(&self.spec.program), self.spec.reads.as_ref()].into_iter().flatten();
        files.filter_map(|file| file.metadata().and_then(|metadata| metadata.modified()).ok()).max()
    }

    /// Notes a line of the present process; `true` when it is the one that says that it is ready.
    pub(super) fn note(&mut self, line: &str) -> bool {
        if self.tail.len() == KEPT_LINES {
            self.tail.pop_front();
        }
        self.tail.push_back(line.to_owned());
        if let State::Running { ready, .. } = &mut self.state
            && !*ready
            && self.spec.ready.iter().all(|part| line.contains(part))
        {
            *ready = true;
            return true;
        }
        false
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, State::Running { ready: true, .. })
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// The exit status of a running process that has ended by itself.
    pub(super) fn died(&mut self) -> Option<ExitStatus> {
        match &mut self.state {
            State::Running { child, .. } => child.try_wait().ok().flatten(),
            _ => None,
        }
    }

    /// After its death: when to start it again.
    pub(super) fn pause(&mut self) -> Duration {
        if let State::Running { since, .. } = self.state
            && since.elapsed() >= WELL_AFTER
        {
            self.deaths = 0;
        }
        self.postpone()
    }

    /// The start itself has failed: later.
    pub(super) fn postpone(&mut self) -> Duration {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.deaths.min(10)).min(LONGEST_PAUSE);
        self.deaths += 1;
        self.state = State::Dead { again_at: Instant::now() + pause };
        pause
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        if let State::Running { child, .. } = &mut self.state {
            child.signal(signal);
        }
    }

    pub(super) fn last_lines(&self) -> impl Iterator<Item = &str> {
        self.tail.iter().map(String::as_str)
    }
}

/// Turns the lines of a pipe into events, in a thread of its own.
fn relay(pipe: PipeReader, member: usize, life: u64, events: SyncSender<Event>) {
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if events.send(Event::Line { member, life, text }).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// Whether a line is more than the ordinary course of things, by the forms of nats-server, then of PostgreSQL.
pub(super) fn is_warning(text: &str) -> bool {
    ["[WRN]", "[ERR]", "[FTL]", "nats-server:", "WARNING: ", "ERROR: ", "FATAL: ", "PANIC: "]
        .iter()
        .any(|mark| text.contains(mark))
}

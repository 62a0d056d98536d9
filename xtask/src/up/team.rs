//! All processes of an `up`, and the events that come from them.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use test_support::guard::Mode;
use test_support::postgres::Cluster;
use test_support::{OwnedChild, Signal};

use super::TICK;
use super::member::{Member, State, is_warning};
use crate::progress::{Screen, Style, duration};

/// How long a process may take to be ready. A debug build that fills a database is not quick.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a process that was replaced may take to end its work.
const REPLACED_WITHIN: Duration = Duration::from_secs(60);
/// Events handled before the next look at the processes.
const EVENTS_AT_ONCE: usize = 1_000;
/// Events that wait for us; a process that logs more has to wait as well.
const WAITING_EVENTS: usize = 10_000;
const COLOURS: [Style; 5] = [Style::Cyan, Style::Green, Style::Magenta, Style::Blue, Style::Yellow];

/// What a process does; in this order they are started, and in the opposite one ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Nats,
    Postgres,
    Worker,
    Proxy,
}

/// How a process is called.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// Added to our environment.
    pub(super) variables: Vec<(&'static str, OsString)>,
    /// For PostgreSQL in place of the arguments: its data, and the port.
    pub(super) cluster: Option<(Cluster, u16)>,
    /// A file that it reads at its start: for another one it is to be started anew.
    pub(super) reads: Option<PathBuf>,
    /// A line of its log that holds all of these says that it is ready.
    pub(super) ready: Vec<String>,
}

impl Role {
    /// Whether it is a server that we start, but do not build; what it logs is seldom of interest.
    pub(super) fn is_foreign(self) -> bool {
        matches!(self, Self::Nats | Self::Postgres)
    }

    /// What asks a process to end. PostgreSQL would wait for its clients after SIGTERM.
    pub(super) fn end_signal(self) -> Signal {
        if self == Self::Postgres { Signal::INT } else { Signal::TERM }
    }

    /// The same for the guard that acts after our own death.
    pub(super) fn guard_mode(self) -> Mode {
        if self == Self::Postgres { Mode::Interrupt } else { Mode::Terminate }
    }
}

impl Spec {
    pub(super) fn command(&self) -> Command {
        let mut command = match &self.cluster {
            Some((cluster, port)) => cluster.command(*port),
            None => Command::new(&self.program),
        };
        command.args(&self.arguments).envs(self.variables.iter().cloned());
        command
    }
}

#[derive(Debug)]
pub(super) enum Event {
    /// A line of a member's log, written in this of its lives.
    Line { member: usize, life: u64, text: String },
    /// A signal.
    Stop,
    /// A source file is another.
    Changed,
}

/// What the user wants; [`Team::pump`] does all the rest by itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Stop,
    Rebuild,
}

/// Somebody wants us to end.
#[derive(Debug)]
pub(super) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// A process that was replaced and ends its work.
struct Replaced {
    name: String,
    child: OwnedChild,
    until: Instant,
}

pub(crate) struct Team {
    screen: Screen,
    verbose: bool,
    /// Where the lines of the processes go instead of the screen.
    log: Option<File>,
    pub(super) members: Vec<Member>,
    replaced: Vec<Replaced>,
    sender: SyncSender<Event>,
    events: Receiver<Event>,
    /// Came while we did something else.
    wishes: VecDeque<Wish>,
    /// From now on the death of a process is noted and mended.
    is_up: bool,
}

impl Team {
    pub(super) fn new(screen: Screen, verbose: bool) -> Self {
        let (sender, events) = sync_channel(WAITING_EVENTS);
        Self {
            screen,
            verbose,
            log: None,
            members: Vec::new(),
            replaced: Vec::new(),
            sender,
            events,
            wishes: VecDeque::new(),
            is_up: false,
        }
    }

    /// From now on the lines of the processes go to a file. What we say ourselves stays on the screen.
    pub(super) fn log_to(&mut self, log: File) {
        self.log = Some(log);
    }

    /// Where events come in.
    pub(super) fn sender(&self) -> SyncSender<Event> {
        self.sender.clone()
    }

    pub(super) fn screen(&self) -> Screen {
        self.screen
    }

    pub(super) fn everybody_is_up(&mut self) {
        self.is_up = true;
    }

    /// The names of all with a role: `hello-1, hello-2`.
    pub(super) fn names(&self, role: Role) -> String {
        let names = self.members.iter().filter(|member| member.spec.role == role);
        names.map(|member| member.spec.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Starts processes and waits until all are ready.
    ///
    /// # Errors
    ///
    /// When one cannot be started, dies, or does not get ready in time; when the user does not want any
    /// more.
    pub(super) fn start_all(&mut self, specs: Vec<Spec>) -> Result<()> {
        let first = self.members.len();
        for spec in specs {
            self.members.push(Member::new(spec));
            let index = self.members.len() - 1;
            self.members[index].start(index, &self.sender)?;
        }
        let end = Instant::now() + READY_WITHIN;
        while let Some(index) = (first..self.members.len()).find(|index| !self.members[*index].is_ready()) {
            if self.pump(TICK) == Some(Wish::Stop) {
                return Err(Interrupted.into());
            }
            self.nobody_died()?;
            if Instant::now() >= end {
                let spec = &self.members[index].spec;
                bail!(
                    "{} is not ready after {}: its log does not say {:?} (is RUST_LOG set?)",
                    spec.name,
                    duration(READY_WITHIN),
                    spec.ready.join(" … ")
                );
            }
        }
        Ok(())
    }

    /// Before everything is ready, a death ends it all.
    ///
    /// # Errors
    ///
    /// With the name, the exit status and the last lines of the dead.
    pub(super) fn nobody_died(&mut self) -> Result<()> {
        for index in 0..self.members.len() {
            if let Some(status) = self.members[index].died() {
                self.drain();
                let member = &self.members[index];
                let lines: Vec<_> = member.last_lines().map(|line| format!("  {line}")).collect();
                bail!(
                    "{} has ended with {status}, before it was ready. Its last lines:\n{}",
                    member.spec.name,
                    lines.join("\n")
                );
            }
        }
        Ok(())
    }

    /// Shows the lines that have come; waits for the first event, at most so long.
    pub(crate) fn pump(&mut self, timeout: Duration) -> Option<Wish> {
        if let Some(wish) = self.wishes.pop_front() {
            return Some(wish);
        }
        // We hold a sender ourselves, so the only error is the timeout.
        let mut next = self.events.recv_timeout(timeout).ok();
        for _ in 0..EVENTS_AT_ONCE {
            match next? {
                Event::Line { member, life, text } => self.line(member, life, &text),
                Event::Stop => return Some(Wish::Stop),
                Event::Changed => return Some(Wish::Rebuild),
            }
            next = self.events.try_recv().ok();
        }
        // Whoever logs without end does not keep us from looking after the others.
        self.keep(next?);
        None
    }

    /// Shows the lines that are still on their way from processes that have ended.
    pub(super) fn drain(&mut self) {
        while let Ok(event) = self.events.recv_timeout(Duration::from_millis(100)) {
            self.keep(event);
        }
    }

    /// Shows a line, and leaves a wish for the next [`pump`](Self::pump).
    fn keep(&mut self, event: Event) {
        match event {
            Event::Line { member, life, text } => self.line(member, life, &text),
            Event::Stop => self.wishes.push_back(Wish::Stop),
            Event::Changed => self.wishes.push_back(Wish::Rebuild),
        }
    }

    /// [`tend`](Self::tend), once everything is up.
    pub(super) fn tend_if_up(&mut self) {
        if self.is_up {
            self.tend();
        }
    }

    /// Starts again who has died, and kills who was replaced and does not end.
    pub(crate) fn tend(&mut self) {
        for index in 0..self.members.len() {
            if let Some(status) = self.members[index].died() {
                self.mourn(index, status);
            }
            if let State::Dead { again_at } = self.members[index].state
                && Instant::now() >= again_at
                && let Err(error) = self.members[index].start(index, &self.sender)
            {
                let pause = self.members[index].postpone();
                self.note(Style::Red, &format!("{error:#}; again in {}", duration(pause)));
            }
        }
        let mut overdue = Vec::new();
        self.replaced.retain_mut(|old| {
            let ended = matches!(old.child.try_wait(), Ok(Some(_)));
            let late = !ended && Instant::now() >= old.until;
            if late {
                overdue.push(old.name.clone());
            }
            // Dropped, it is killed.
            !ended && !late
        });
        for name in overdue {
            self.note(Style::Red, &format!("the old {name} did not end in time and was killed"));
        }
    }

    /// Puts a new process in the place of each whose program, or what it reads, was built anew. The old ones end their work
    /// beside the new ones.
    pub(super) fn replace_changed(&mut self) {
        let mut names = Vec::new();
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            if member.spec.role.is_foreign() || member.made() == member.built {
                continue;
            }
            names.push(member.spec.name.clone());
            if let State::Running { mut child, .. } = std::mem::replace(&mut member.state, State::Ended) {
                child.signal(Signal::TERM);
                let until = Instant::now() + REPLACED_WITHIN;
                self.replaced.push(Replaced { name: member.spec.name.clone(), child, until });
            }
            // `tend` starts it at once.
            member.state = State::Dead { again_at: Instant::now() };
        }
        match names.as_slice() {
            [] => self.note(Style::Dim, "built; nothing that runs has changed"),
            names => self.note(Style::Green, &format!("built; replaced: {}", names.join(", "))),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up
    }

    /// Kills what still runs.
    pub(super) fn end_now(&mut self, role: Role) {
        for member in self.members.iter_mut().filter(|member| member.spec.role == role) {
            // Dropped, a process is killed.
            member.state = State::Ended;
        }
    }

    /// Ends the processes that were replaced: with everything else, and at once.
    pub(super) fn kill_replaced(&mut self) {
        self.replaced.clear();
    }

    /// A line of our own among those of the children.
    pub(super) fn note(&self, style: Style, text: &str) {
        self.screen.line(&format!("{} │ {}", self.label("up", Style::Bold), self.screen.paint(style, text)));
    }

    fn mourn(&mut self, index: usize, status: ExitStatus) {
        self.drain_own_lines();
        let pause = self.members[index].pause();
        let name = &self.members[index].spec.name;
        let text = format!("{name} has ended with {status}; it is started again in {}", duration(pause));
        self.note(Style::Red, &text);
    }

    /// The last words first, then the note of the death.
    fn drain_own_lines(&mut self) {
        std::thread::sleep(Duration::from_millis(20));
        for _ in 0..EVENTS_AT_ONCE {
            let Ok(event) = self.events.try_recv() else { return };
            self.keep(event);
        }
    }

    fn line(&mut self, index: usize, life: u64, text: &str) {
        let is_up = self.is_up;
        let Some(member) = self.members.get_mut(index) else { return };
        let became_ready = life == member.life && member.note(text);
        let (name, role) = (member.spec.name.clone(), member.spec.role);
        if let Some(log) = &mut self.log {
            // A full disk is no reason to end what is being measured.
            let _ = writeln!(log, "{name:<9} │ {text}");
        } else if self.verbose || !role.is_foreign() || is_warning(text) {
            let colour = COLOURS[index % COLOURS.len()];
            self.screen.line(&format!("{} │ {}", self.label(&name, colour), self.highlighted(text)));
        }
        if became_ready && is_up {
            self.note(Style::Green, &format!("{name} is ready again"));
        }
    }

    /// All names take the room of the longest that is usual.
    fn label(&self, name: &str, colour: Style) -> String {
        self.screen.paint(colour, &format!("{name:<9}"))
    }

    fn highlighted(&self, text: &str) -> String {
        for (word, style) in [
            (" WARN ", Style::Yellow),
            (" ERROR ", Style::Red),
            ("[WRN]", Style::Yellow),
            ("[ERR]", Style::Red),
        ] {
            if let Some((before, after)) = text.split_once(word) {
                return format!("{before}{}{after}", self.screen.paint(style, word));
            }
        }
        text.to_owned()
    }
}

//! A program of ours (or any other), started by a test.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, PipeReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::child::OwnedChild;
use crate::guard::Mode;

/// A running program whose output (stdout and stderr together) is kept line by line. Dropping it kills
/// it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: OwnedChild,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts `program` with `args`; `envs` are added to the environment of the test.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use test_support::{Process, Signal};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let mut shell = Process::spawn("sh", ["-c", "echo up $NAME; sleep 60"], [("NAME", "x")]);
    /// assert_eq!(shell.wait_for_line("up", Duration::from_secs(5)).await, "up x");
    /// shell.signal(Signal::TERM);
    /// assert!(!shell.wait_exit(Duration::from_secs(5)).await.success());
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn spawn<A, E, K, V>(program: impl AsRef<OsStr>, args: A, envs: E) -> Self
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
        E: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        let mut command = Command::new(program);
        command.args(args).envs(envs);
        Self::from_command(command)
    }

    /// Starts a command that the test has put together: a folder, variables removed.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn from_command(mut command: Command) -> Self {
        let program = command.get_program().to_owned();
        let mut start = || {
            // One pipe for both outputs keeps their lines in order.
            let (reader, writer) = io::pipe()?;
            command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
            let child = OwnedChild::spawn(&mut command, Mode::Kill, None)?;
            io::Result::Ok((child, reader))
        };
        let (child, reader) =
            start().unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let lines = Arc::default();
        collect(reader, &lines);
        // Our own copy of the write end goes with the command, or the pipe would never end.
        drop(command);
        Self { name: file_name(&program), child, lines }
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.locked().clone()
    }

    /// All lines so far as one text.
    #[must_use]
    pub fn output(&self) -> String {
        self.locked().join("\n")
    }

    /// The first line that contains `pattern`, as soon as there is one.
    ///
    /// # Panics
    ///
    /// When it does not come within `timeout`, or the program has ended without it. The text has the
    /// whole output.
    pub async fn wait_for_line(&mut self, pattern: &str, timeout: Duration) -> String {
        self.wait_for_line_after(0, pattern, timeout).await
    }

    /// As [`wait_for_line`](Self::wait_for_line), but skips the first `after` lines: what was there
    /// before (`lines().len()`) does not count.
    ///
    /// # Panics
    ///
    /// As [`wait_for_line`](Self::wait_for_line).
    pub async fn wait_for_line_after(&mut self, after: usize, pattern: &str, timeout: Duration) -> String {
        let end = Instant::now() + timeout;
        let mut seen = after;
        // Lines may still be on their way when the program has already ended: one look more.
        let mut ended = false;
        loop {
            {
                let lines = self.locked();
                if let Some(line) = lines.iter().skip(seen).find(|line| line.contains(pattern)) {
                    return line.clone();
                }
                seen = lines.len().max(after);
            }
            if ended || Instant::now() >= end {
                let state = if ended { "ended without" } else { "did not print in time:" };
                panic!("{} {state} {pattern:?}. Its output:\n{}", self.name, self.output());
            }
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                ended = true;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a signal; nothing happens when the program has ended.
    pub fn signal(&mut self, signal: Signal) {
        self.child.signal(signal);
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the end.
    ///
    /// # Panics
    ///
    /// When it still runs after `timeout`. The text has the whole output.
    pub async fn wait_exit(&mut self, timeout: Duration) -> ExitStatus {
        let end = Instant::now() + timeout;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status,
                _ if Instant::now() < end => tokio::time::sleep(Duration::from_millis(5)).await,
                _ => panic!("{} still runs after {timeout:?}. Its output:\n{}", self.name, self.output()),
            }
        }
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self) {
        self.child.kill();
    }

    /// Memory that it occupies now, in KiB (`VmRSS`); `None` once it has ended, or without `/proc`.
    #[must_use]
    pub fn rss_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a pipe to its end in a thread of its own, so that the program never waits for the test.
fn collect(pipe: PipeReader, lines: &Arc<Mutex<Vec<String>>>) {
    let lines = Arc::clone(lines);
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            line.clear();
        }
    });
}

fn file_name(program: &OsString) -> String {
    Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned()
}

/// Where cargo puts the binary `name` of the workspace, in the profile of the running test:
/// `target/debug/NAME`. A test that uses it needs `cargo build --bins` before it.
///
/// # Panics
///
/// When it is not there; the text tells how to build it.
#[must_use]
pub fn workspace_bin(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap_or_else(|error| panic!("own path unknown: {error}"));
    // target/debug/deps/test-0123, or target/debug/program.
    let path = test.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    path.unwrap_or_else(|| panic!("no binary {name} near {}: cargo build --bins", test.display()))
}

//! A child process that ends with its owner.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::guard::{Guard, Mode};

/// How long a wait sleeps between two looks at the child.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long SIGSTOP may take to stop a child; one that dies first never does.
const STOPS_WITHIN: Duration = Duration::from_secs(1);

/// A child in a process group of its own (so that Ctrl-C does not reach it), killed on drop, and by a
/// [`Guard`] when this process dies without dropping it.
#[derive(Debug)]
pub struct OwnedChild {
    child: Child,
    status: Option<ExitStatus>,
    /// Taken when the child has been waited for: its id may then belong to somebody else.
    guard: Option<Guard>,
}

impl OwnedChild {
    /// Starts `command`; `folder` is removed when this process dies before the child is dropped.
    ///
    /// # Errors
    ///
    /// When the program (or the guard's `sh`) cannot be started.
    pub fn spawn(command: &mut Command, mode: Mode, folder: Option<&Path>) -> io::Result<Self> {
        let mut child = command.process_group(0).spawn()?;
        match Guard::new(child.id(), mode, folder) {
            Ok(guard) => Ok(Self { child, status: None, guard: Some(guard) }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// The child itself, for its pipes.
    pub fn inner(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal; does nothing once the child has ended and was waited for. After `Signal::STOP`
    /// the child *has* stopped, all its threads.
    pub fn signal(&mut self, signal: Signal) {
        if !matches!(self.try_wait(), Ok(None)) {
            return;
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // The child is not reaped, so the id is its own; a zombie takes a signal without an error.
            let _ = kill_process(pid, signal);
            if signal == Signal::STOP {
                wait_until_stopped(pid);
            }
        }
    }

    /// The exit status, when it has ended.
    ///
    /// # Errors
    ///
    /// When the system cannot tell.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none()
            && let Some(status) = self.child.try_wait()?
        {
            self.status = Some(status);
            self.guard = None;
        }
        Ok(self.status)
    }

    /// Blocks until it has ended, at most for `timeout`.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + timeout;
        loop {
            match self.try_wait() {
                Ok(Some(status)) => return Some(status),
                _ if Instant::now() >= end => return None,
                _ => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        if self.status.is_none() {
            self.status = self.child.wait().ok();
        }
        self.guard = None;
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Signals take effect a little later, and a busy machine makes that long.
fn wait_until_stopped(pid: Pid) {
    // Without NOWAIT the news would be gone for whoever asks next.
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let end = Instant::now() + STOPS_WITHIN;
    while let Ok(None) = waitid(WaitId::Pid(pid), options) {
        if Instant::now() >= end {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

//! Ends a child when its parent dies without having done it: by SIGKILL, an abort, or Ctrl-C.
//!
//! A shell holds the read end of a pipe. Our end closes when this process ends, however it ends; the
//! shell then kills the child and removes its folder. `PR_SET_PDEATHSIG` would need `unsafe`, and acts
//! at the death of the *thread* that started the child: wrong for a server that several tests share.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// How the child is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// SIGKILL at once.
    Kill,
    /// SIGTERM, and SIGKILL five seconds later.
    Terminate,
    /// SIGINT, and SIGKILL five seconds later: PostgreSQL then does not wait for its clients.
    Interrupt,
}

/// `read` returns when the pipe closes. `$1` is the process id, `$2` the folder (or empty), `$3` the signal.
const KILL: &str = r#"read -r _; kill -KILL "$1"; if [ -n "$2" ]; then rm -rf -- "$2"; fi"#;
const ASK: &str = r#"read -r _; kill -"$3" "$1"
i=0; while [ $i -lt 50 ] && kill -0 "$1"; do sleep 0.1; i=$((i + 1)); done
kill -KILL "$1"; if [ -n "$2" ]; then rm -rf -- "$2"; fi"#;

/// Watches over one child; dropping it ends the watch, not the child.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

impl Guard {
    /// Watches over the process `pid`; after our death it is ended and `folder` is removed.
    ///
    /// # Errors
    ///
    /// When `sh` cannot be started.
    pub fn new(pid: u32, mode: Mode, folder: Option<&Path>) -> io::Result<Self> {
        let (script, signal) = match mode {
            Mode::Kill => (KILL, "KILL"),
            Mode::Terminate => (ASK, "TERM"),
            Mode::Interrupt => (ASK, "INT"),
        };
        let shell = Command::new("sh")
            .args(["-c", script, "guard", &pid.to_string()])
            .arg(folder.unwrap_or(Path::new("")))
            .arg(signal)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C reaches the whole foreground group; the guard has to outlive it.
            .process_group(0)
            .spawn()?;
        Ok(Self { shell })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Killed while our end of the pipe is still open: the script gets no further than `read`.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

//! podman with runc, in a storage of its own: nothing of it is seen by, or sees, what else runs on the machine.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use test_support::tools::workspace_root;

use crate::process::{plain, run as run_command, typed};
use crate::progress::{Screen, Style};

/// Debian's packages of the programs.
const PACKAGES: [&str; 2] = ["podman", "runc"];
const OTHER_WAY: &str = "install podman and runc (on Debian and its like: apt-get install podman runc)";

/// Removes its containers and its storage when it is dropped.
#[derive(Debug)]
pub(super) struct Podman {
    folder: PathBuf,
    /// Held for as long as we live: two at once would remove each other's containers.
    _alone: fs::File,
}

impl Podman {
    /// Finds it, or installs it where that is possible, and removes what an earlier run may have left behind.
    ///
    /// # Errors
    ///
    /// With the way out in its text: not root, no podman, another run.
    pub(super) fn ready(screen: Screen) -> Result<Self> {
        ensure!(is_root(), "containers with limits are started by root alone: run it as root, or with sudo");
        if PACKAGES.iter().any(|program| !runs(program)) {
            install(screen)?;
        }
        // Where containers live, paths have to be short; two checkouts have two folders.
        let folder = workspace_root().join(".uptake/containers");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let alone = fs::File::create(folder.with_extension("lock"))?;
        ensure!(alone.try_lock().is_ok(), "containers of this checkout run already: wait for them to end");
        let podman = Self { folder, _alone: alone };
        podman.clear();
        fs::create_dir_all(&podman.folder)?;
        Ok(podman)
    }

    /// A folder for what containers are given; it goes with the storage.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join("given").join(name.trim_start_matches('/'));
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    }

    /// Takes an image from its layout, and tells how it is called here.
    ///
    /// As an archive: of a folder, podman would make its path the name, which not every path can be.
    ///
    /// # Errors
    ///
    /// When podman does not take it.
    pub(super) fn take(&self, name: &str, layout: &Path) -> Result<String> {
        let archive = self.folder("archives")?.join(name);
        let mut writer = tar::Builder::new(fs::File::create(&archive)?);
        writer.append_dir_all(".", layout).with_context(|| layout.display().to_string())?;
        writer.finish()?;
        let told = self.output(&["load", "--quiet", "--input", &archive.display().to_string()])?;
        fs::remove_file(&archive)?;
        let loaded = told.rsplit(": ").next().unwrap_or_default();
        let own = format!("localhost/uptake/{name}");
        self.output(&["tag", loaded, &own])?;
        Ok(own)
    }

    /// Makes a container that is not yet started.
    ///
    /// # Errors
    ///
    /// When podman does not.
    pub(super) fn create(&self, options: &[String], image: &str, arguments: &[String]) -> Result<()> {
        let fixed =
            ["create", "--pull", "never", "--network", "host", "--log-driver", "k8s-file"].map(str::to_owned);
        let words = [&fixed, &rlimits()?[..], options, &[image.to_owned()], arguments].concat();
        self.output(&words.iter().map(String::as_str).collect::<Vec<_>>()).map(drop)
    }

    /// # Errors
    ///
    /// When its program cannot be started.
    pub(super) fn start(&self, name: &str) -> Result<()> {
        self.output(&["start", name]).map(drop)
    }

    /// SIGKILL.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub(super) fn kill(&self, name: &str) -> Result<()> {
        self.output(&["kill", "--signal", "KILL", name])?;
        self.output(&["wait", name]).map(drop)
    }

    /// SIGTERM, and its exit code.
    ///
    /// # Errors
    ///
    /// When it does not end in time.
    pub(super) fn stop(&self, name: &str, seconds: u32) -> Result<i32> {
        self.output(&["stop", "--time", &seconds.to_string(), name])?;
        let code = self.output(&["inspect", "--format", "{{.State.ExitCode}}", name])?;
        code.parse().with_context(|| format!("exit code {code:?}"))
    }

    /// The id of its process, if it runs.
    ///
    /// # Errors
    ///
    /// When there is no such container.
    pub(super) fn process(&self, name: &str) -> Result<Option<u32>> {
        let process: u32 = self.output(&["inspect", "--format", "{{.State.Pid}}", name])?.parse()?;
        Ok(Some(process).filter(|process| *process != 0))
    }

    /// The last lines that it wrote.
    pub(super) fn log(&self, name: &str) -> String {
        let output = self.command(&["logs", "--tail", "20", name]).output();
        output.map_or_else(|_| String::new(), |output| text(&output))
    }

    fn output(&self, words: &[&str]) -> Result<String> {
        let mut command = self.command(words);
        let output = command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", typed(&command)))?;
        ensure!(
            output.status.success(),
            "podman {}: {}",
            words.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = plain("podman");
        command.arg("--root").arg(self.folder.join("storage")).arg("--runroot").arg(self.folder.join("run"));
        // Copies instead of mounts; limits without systemd; crun fails where both versions of cgroups are mounted.
        command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc"]);
        command.args(["--events-backend", "file"]).args(words);
        command
    }

    fn clear(&self) {
        if self.folder.join("storage").is_dir() {
            let _ = self.command(&["rm", "--force", "--time", "0", "--all"]).output();
        }
        if let Err(error) = fs::remove_dir_all(&self.folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            let _ = writeln!(std::io::stderr(), "{} is left behind: {error}", self.folder.display());
        }
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The limits of our own, which nobody but the whole machine's root may raise: podman wants more by default.
fn rlimits() -> Result<Vec<String>> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().nth(1)).context("no limit of open files")?;
    Ok([
        "--ulimit".to_owned(),
        format!("nofile={files}:{files}"),
        "--ulimit".to_owned(),
        "nproc=1024:1024".to_owned(),
    ]
    .to_vec())
}

/// Whether we may set limits.
pub(in super::super) fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn install(screen: Screen) -> Result<()> {
    if !runs("apt-get") {
        bail!(OTHER_WAY);
    }
    for words in [
        &["update", "--quiet"][..],
        &["install", "--quiet", "--yes", "--no-install-recommends", PACKAGES[0], PACKAGES[1]],
    ] {
        let mut command = plain("apt-get");
        // Standard output is for what comes out.
        command
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(std::io::stderr());
        screen.line(&screen.paint(Style::Bold, &typed(&command)));
        ensure!(run_command(&mut command)?.success(), OTHER_WAY);
    }
    Ok(())
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets).into_owned()).concat()
}

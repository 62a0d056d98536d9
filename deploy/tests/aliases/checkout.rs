//! A copy of what the aliases need of the repository, with stand-ins for the programs that they call.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use test_support::tools::workspace_root;

/// The programs that are recorded, not run.
const STAND_INS: [&str; 6] = ["kubectl", "helm", "k3d", "docker", "git", "cargo"];

/// What the commands may use of the system. Nothing else is on `PATH`, so that what is not there is not.
const SYSTEM: [&str; 19] = [
    "sh", "cat", "cp", "dirname", "env", "grep", "head", "mkdir", "mktemp", "mv", "od", "printf", "rm",
    "sed", "sleep", "sort", "touch", "tr", "true",
];

/// What stands for all manifests and values: a database, a service with a Secret, and the Secrets of NATS' values.
const RENDERED: &str = "\
apiVersion: postgresql.cnpg.io/v1
---
kind: ServiceAccount
metadata:
  name: nobody
  namespace: uptake
---
kind: Deployment
metadata:
  name: rating-service
  namespace: uptake
---
env:
  A: {valueFrom: {secretKeyRef: {key: password}}}
          name: nats-user-hello
          name: nats-user-nack
          name: nats-user-operator
          name: nats-user-proxy
          name: nats-user-rating-service
";

/// What a command said and did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The command lines of the programs that it called.
    pub(crate) calls: Vec<String>,
}

impl Outcome {
    /// The calls that change something, on this machine or in a cluster.
    pub(crate) fn changes(&self) -> Vec<&String> {
        let words = [
            " apply ",
            " install ",
            " create ",
            " delete ",
            "docker build",
            "docker push",
            "helm ",
            " start ",
            " stop ",
        ];
        let is_change =
            |call: &&String| words.iter().any(|word| call.contains(word)) && !call.contains("--dry-run=");
        self.calls.iter().filter(is_change).collect()
    }
}

pub(crate) struct Checkout {
    _folder: TempDir,
    pub(crate) root: PathBuf,
    state: PathBuf,
}

impl Checkout {
    /// With a cluster of development that runs, in a checkout of that name.
    pub(crate) fn named(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Commands print the folder as the system knows it.
        let base = folder.path().canonicalize().unwrap();
        let (root, state) = (base.join(name), base.join("stand-ins"));
        fs::create_dir_all(root.join("deploy/bin")).unwrap();
        fs::create_dir_all(state.join("bin")).unwrap();
        fs::create_dir_all(state.join("secrets")).unwrap();
        for entry in fs::read_dir(workspace_root().join("deploy/bin")).unwrap().flatten() {
            fs::copy(entry.path(), root.join("deploy/bin").join(entry.file_name())).unwrap();
        }
        for file in ["devbox.json", "deploy/versions.env", "deploy/k3d.yaml"] {
            fs::copy(workspace_root().join(file), root.join(file)).unwrap();
        }
        let checkout = Self { _folder: folder, root, state };
        for program in STAND_INS {
            let path = checkout.state.join("bin").join(program);
            fs::write(&path, include_str!("stand_in.sh")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for program in SYSTEM {
            symlink(found(program), checkout.state.join("bin").join(program)).unwrap();
        }
        for (file, text) in [
            ("cluster", ""),
            ("contexts", "k3d-uptake\nprod-eu\n"),
            ("current", "prod-eu\n"),
            ("describe", "v0.1.0-3-g0123456789ab\n"),
            ("rendered", RENDERED),
        ] {
            checkout.state(file, text);
        }
        checkout
    }

    /// With a cluster of development that runs.
    pub(crate) fn new() -> Self {
        Self::named("uptake")
    }

    /// Writes a file that the stand-ins read.
    pub(crate) fn state(&self, file: &str, text: &str) {
        fs::write(self.state.join(file), text).unwrap();
    }

    /// Has `cargo run -q -p deploy --` run this program.
    pub(crate) fn with_deploy(&self, program: &str) {
        fs::write(self.state.join("bin/cargo"), format!("#!/bin/sh\nshift 5\nexec '{program}' \"$@\"\n"))
            .unwrap();
    }

    pub(crate) fn forget(&self, file: &str) {
        let path = self.state.join(file);
        if path.exists() {
            fs::remove_file(path).unwrap();
        }
    }

    /// As on a laptop before the first use.
    pub(crate) fn without_cluster() -> Self {
        let checkout = Self::new();
        checkout.forget("cluster");
        checkout.state("contexts", "prod-eu\n");
        checkout
    }

    pub(crate) fn secret(&self, name: &str) -> String {
        fs::read_to_string(self.state.join("secrets").join(name)).unwrap_or_default()
    }

    /// The file of a command.
    pub(crate) fn command(&self, name: &str) -> PathBuf {
        self.root.join("deploy/bin").join(name)
    }

    /// Runs a program, which is no stand-in, in `folder`.
    pub(crate) fn run_in(&self, folder: &Path, program: &Path, arguments: &[&str], input: &str) -> Outcome {
        use std::io::Write as _;
        self.forget("log");
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", self.state.join("bin"))
            .env("HOME", &self.state)
            .env("STAND_IN", &self.state)
            .env("DEVBOX_PROJECT_ROOT", &self.root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let log = fs::read_to_string(self.state.join("log")).unwrap_or_default();
        let text = |bytes: &[u8]| self.without_paths(&String::from_utf8_lossy(bytes));
        Outcome {
            status: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            calls: log.lines().map(|line| self.without_paths(line)).collect(),
        }
    }

    /// Runs a command by its file, at the top of the checkout.
    pub(crate) fn run(&self, command: &str, arguments: &[&str]) -> Outcome {
        self.run_in(&self.root, &self.command(command), arguments, "")
    }

    /// Runs a command that has to succeed.
    pub(crate) fn succeed(&self, command: &str, arguments: &[&str]) -> Outcome {
        let outcome = self.run(command, arguments);
        assert_eq!(outcome.status, 0, "{command} {arguments:?}: {}", outcome.stderr);
        outcome
    }

    fn without_paths(&self, text: &str) -> String {
        let state = self.state.display().to_string();
        text.replace(&state, "STATE").replace(&self.root.display().to_string(), "ROOT")
    }
}

/// Where a program of the system is.
pub(crate) fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(program));
    candidates.find(|path| path.is_file()).unwrap_or_else(|| panic!("{program} is on no PATH"))
}

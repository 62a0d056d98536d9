//! What holds manifests to the schemas of Kubernetes: the Python package `kubernetes-validate`, which carries them.

use std::fs;
use std::process::Command;
use std::sync::Mutex;

use anyhow::Result;

use super::contract::{PYTHON_NEEDED, filled, output, run};

const REQUIREMENTS: &str = include_str!("../../kubernetes/requirements.txt");

/// The command `kubernetes-validate`, fetched once. It takes files and `--kubernetes-version`.
///
/// # Errors
///
/// With the way out in its text: no Python, no pip, no network.
pub fn kubernetes_validate() -> Result<Command> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Some of what it needs is compiled for one version of Python.
    let python = output("python3", &["--version"], PYTHON_NEEDED)?;
    let folder = filled("kubernetes-validate", &format!("{python}{REQUIREMENTS}"), &|folder| {
        fs::write(folder.join("requirements.txt"), REQUIREMENTS)?;
        let pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
        let rest = ["--only-binary", ":all:", "--target", ".", "-r", "requirements.txt"];
        run(folder, "python3", &[&pip[..], &rest].concat(), PYTHON_NEEDED)
    })?;
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", folder).args(["-m", "kubernetes_validate"]);
    Ok(command)
}

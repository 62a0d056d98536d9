//! Packages of Debian, without root: downloaded and unpacked. Nothing of them is installed or configured.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::contract::output;
use super::find;

/// Where a package lies in its folder until [`keep`].
const UNPACKED: &str = "unpacked";

/// Downloads `package` and unpacks it below `folder`.
pub(super) fn unpack(folder: &Path, package: &str) -> Result<()> {
    // The system's own lists may be missing (containers) or outdated: then lists of our own are made.
    if download(folder, &[], package).is_err() {
        let lists = folder.join("apt");
        fs::create_dir_all(lists.join("lists/partial"))?;
        fs::create_dir_all(lists.join("cache/archives/partial"))?;
        let options = [
            format!("-oDir::State::lists={}", lists.join("lists").display()),
            format!("-oDir::Cache={}", lists.join("cache").display()),
        ];
        apt(folder, &options, &["update"])?;
        download(folder, &options, package)?;
        fs::remove_dir_all(&lists)?;
    }
    let archive = find(folder, &|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get left no package behind")?;
    let unpacked = folder.join(UNPACKED);
    output("dpkg-deb", &["-x".as_ref(), archive.as_os_str(), unpacked.as_os_str()], "it comes with Debian")?;
    fs::remove_file(&archive).context("the package cannot be removed")
}

/// Moves `part` of the unpacked package to `name` in `folder`, and removes the rest.
pub(super) fn keep(folder: &Path, part: &str, name: &str) -> Result<()> {
    let unpacked = folder.join(UNPACKED);
    fs::rename(unpacked.join(part), folder.join(name))
        .with_context(|| format!("the package holds no {part}"))?;
    fs::remove_dir_all(&unpacked).context("the rest of the package cannot be removed")
}

fn download(folder: &Path, options: &[String], package: &str) -> Result<()> {
    apt(folder, options, &["download", package])
}

/// Runs apt-get, whose own progress goes to stderr: standard output belongs to whoever runs the tests.
fn apt(folder: &Path, options: &[String], arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    // As root, apt-get would change to a user who may not write here.
    command.arg("-oAPT::Sandbox::User=root").args(options).args(arguments).current_dir(folder);
    match command.stdin(Stdio::null()).stdout(io::stderr()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("apt-get {} ended with {status}", arguments.join(" ")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!("it is fetched on Debian alone"),
        Err(error) => Err(error).context("apt-get cannot be run"),
    }
}

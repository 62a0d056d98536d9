//! Builds what goes into images: static programs, and the pages.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use test_support::tools;

use super::recipe::{Page, Recipe};
use crate::frontend::{FRONTEND, Sources, built, console_built};
use crate::process::{binaries, cargo, run, typed};
use crate::progress::{Screen, Style};

/// The profile of the workspace's Cargo.toml.
const PROFILE: &str = "image";

/// The name of this machine's platform, to compilers.
///
/// # Errors
///
/// When no images are made there.
pub(super) fn target() -> Result<String> {
    ensure!(cfg!(all(target_os = "linux", target_env = "gnu")), "images are made on Linux with glibc alone");
    Ok(format!("{}-unknown-linux-gnu", env::consts::ARCH))
}

/// The name of this machine's processors, to registries.
///
/// # Errors
///
/// When no images are made for them.
pub(super) fn architecture() -> Result<&'static str> {
    match env::consts::ARCH {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => bail!("no images are made for {other}"),
    }
}

/// Builds a package's programs for images.
///
/// # Errors
///
/// When that fails.
pub(super) fn package(screen: Screen, package: &str) -> Result<()> {
    let target = target()?;
    let mut build =
        cargo(&["build", "--locked", "--profile", PROFILE, "--target", &target, "--package", package]);
    // Of the builder's folders nothing goes into a program, or another folder would make another digest.
    let home = cargo_home()?;
    let flags =
        ["-C", "target-feature=+crt-static", &format!("--remap-path-prefix={home}=/cargo")].join("\u{1f}");
    build.env("CARGO_ENCODED_RUSTFLAGS", flags);
    build.env("CFLAGS", format!("-ffile-prefix-map={home}=/cargo"));
    // What C compilers take for the time of a build: an allocator writes it into itself.
    build.env("SOURCE_DATE_EPOCH", "0").env("CARGO_INCREMENTAL", "0");
    screen.line(&screen.paint(Style::Bold, &format!("cargo build --profile {PROFILE} --package {package}")));
    ensure!(run(&mut build)?.success(), "{package} could not be built");
    Ok(())
}

fn cargo_home() -> Result<String> {
    let home = env::var("CARGO_HOME").or_else(|_| env::var("HOME").map(|home| format!("{home}/.cargo")));
    home.context("neither CARGO_HOME nor HOME is set")
}

/// The program of an image, which needs nothing of the machine but its kernel.
///
/// # Errors
///
/// When it is missing, or not linked statically.
pub(super) fn program(image: &Recipe) -> Result<Vec<u8>> {
    let folder = binaries(false)?.with_file_name(target()?).join(PROFILE);
    let path = folder.join(image.program);
    let octets = fs::read(&path).with_context(|| path.display().to_string())?;
    let interpreted =
        needs_interpreter(&octets).with_context(|| format!("{} is no program", path.display()))?;
    ensure!(!interpreted, "{} is linked dynamically: in an image it could not start", path.display());
    Ok(octets)
}

/// Whether an ELF file of 64 bits, little endian, asks for a dynamic linker: has a segment `PT_INTERP`.
fn needs_interpreter(octets: &[u8]) -> Option<bool> {
    const INTERP: u64 = 3;
    let number = |at: usize, size: usize| {
        let field = octets.get(at..at.checked_add(size)?)?;
        Some(field.iter().rev().fold(0, |number, octet| number << 8 | u64::from(*octet)))
    };
    if octets.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (start, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    for index in 0..count {
        let segment = usize::try_from(start + index * size).ok()?;
        if number(segment, 4)? == INTERP {
            return Some(true);
        }
    }
    Some(false)
}

/// Builds the pages, if they are not those of the sources.
///
/// # Errors
///
/// When that fails, as without Node.js.
pub(super) fn pages(screen: Screen) -> Result<()> {
    let sources = Sources::now()?;
    if sources.are_built() {
        return Ok(());
    }
    tools::node()?;
    for mut command in FRONTEND.install().into_iter().chain([FRONTEND.npm(&["run", "build"])]) {
        screen.line(&screen.paint(Style::Bold, &typed(&command)));
        ensure!(run(&mut command)?.success(), "{} has failed", typed(&command));
    }
    sources.note_built()
}

/// Where a page was built.
pub(super) fn page(page: Page) -> PathBuf {
    let folder = if page.built == "dist" { built() } else { console_built() };
    debug_assert!(folder.ends_with(page.built));
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_needs_libraries_is_found_out() {
        // Tests are linked dynamically.
        let own = fs::read(env::current_exe().unwrap()).unwrap();
        assert_eq!(needs_interpreter(&own), Some(true));
        // The same, with its interpreter declared to be a note.
        let mut altered = own.clone();
        let interp = 64 + 56 * (0..10).find(|index| altered[64 + 56 * index] == 3).unwrap();
        altered[interp] = 4;
        assert_eq!(needs_interpreter(&altered), Some(false));
        assert_eq!(needs_interpreter(b"#!/bin/sh\n"), None);
        assert_eq!(needs_interpreter(&own[..64]), None);
    }
}

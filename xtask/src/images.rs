//! `cargo xtask images`: container images without a daemon.

mod build;
mod certificates;
mod layer;
mod layout;
mod recipe;
mod run;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use test_support::tools;

use self::layer::Files;
use self::layout::{MARK, TAG};
use self::recipe::{CERTIFICATES, IMAGES, NATS, Recipe};
use crate::process::binaries;
use crate::progress::{Screen, Style, duration};

/// Build the images of proxy, services and frontend, without docker.
///
/// Compiles static programs, builds the pages, and writes for each image an OCI layout, which podman, skopeo, crane and others
/// read, and beside it what it is made of (NAME.cdx.json, CycloneDX). `digests.yaml` is for `deploy render --values`. The same
/// sources make the same digests. deploy/images/Dockerfile makes the same images where a builder is at hand.
///
/// Into a registry: skopeo copy oci:target/images/NAME:latest docker://REGISTRY/uptake/NAME:TAG
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this image; may be given several times.
    #[arg(long = "only", value_name = "NAME", value_parser = IMAGES.map(|image| image.name))]
    only: Vec<String>,
    /// Write them here [default: target/images].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Then run them as containers, and nats-server beside, and the smoke test on them; measure how soon they answer.
    ///
    /// They are shut in as the manifests of development want it, with podman and runc, which are installed on Debian where
    /// they are missing. Needs root, for the limits. All of it is removed in the end.
    #[arg(long, conflicts_with = "only")]
    run: bool,
}

/// An image that was written.
struct Made {
    image: &'static Recipe,
    digest: String,
    /// Octets that are pulled, and those of its files.
    compressed: u64,
    files: u64,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let screen = Screen::stderr();
    let started = Instant::now();
    let out = options.out.clone().map_or_else(default_folder, Ok)?;
    let wanted =
        |image: &&Recipe| options.only.is_empty() || options.only.iter().any(|name| name == image.name);
    let wanted: Vec<&'static Recipe> = IMAGES.iter().filter(wanted).collect();
    let made = make(screen, &wanted, &out)?;
    fs::write(out.join("digests.yaml"), digests(&made)).context("digests.yaml")?;
    tell(&made, &out);
    let large: Vec<_> = made.iter().filter(|made| made.compressed > made.image.limit).collect();
    for Made { image, compressed, .. } in &large {
        let text =
            format!("{} takes {}, more than {}", image.name, megabytes(*compressed), megabytes(image.limit));
        screen.line(&screen.paint(Style::Red, &text));
    }
    ensure!(large.is_empty(), "an image is too large");
    screen.line(&format!("{} images in {}", made.len(), duration(started.elapsed())));
    if options.run { run::run(screen, &made, &out) } else { Ok(ExitCode::SUCCESS) }
}

/// Whether the images can be run as containers here.
pub(crate) fn can_run() -> bool {
    run::is_root()
}

fn default_folder() -> Result<PathBuf> {
    Ok(binaries(false)?.with_file_name("images"))
}

fn make(screen: Screen, images: &[&'static Recipe], out: &Path) -> Result<Vec<Made>> {
    let mut packages: Vec<_> = images.iter().map(|image| image.package).collect();
    packages.dedup();
    for package in packages {
        build::package(screen, package)?;
    }
    if images.iter().any(|image| image.page.is_some()) {
        build::pages(screen)?;
    }
    let (target, architecture) = (build::target()?, build::architecture()?);
    let certificates = certificates::trusted();
    let make = |&image: &&'static Recipe| {
        screen.line(&format!("{} …", image.name));
        let mut files = Files::default();
        files.add_program(image.program, build::program(image)?);
        files.add(CERTIFICATES, certificates.clone());
        if let Some(page) = image.page {
            files.add_folder(page.path, &build::page(page))?;
        }
        let folder = emptied(&out.join(image.name))?;
        let written = layout::write(&folder, image, &files, architecture)?;
        let document = sbom::document(image, &target, &written.digest)?;
        let path = out.join(format!("{}.cdx.json", image.name));
        fs::write(&path, format!("{document:#}\n")).with_context(|| path.display().to_string())?;
        Ok(Made { image, digest: written.digest, compressed: written.compressed, files: files.octets() })
    };
    images.iter().map(make).collect()
}

/// An image of the nats-server of tests, for who runs ours.
fn nats_image(folder: &Path) -> Result<()> {
    let path = tools::nats_server()?.path;
    let mut files = Files::default();
    files.add_program(NATS.program, fs::read(&path).with_context(|| path.display().to_string())?);
    layout::write(folder, &NATS, &files, build::architecture()?).map(drop)
}

/// The folder, without what an earlier run has left there; nothing else is removed.
fn emptied(folder: &Path) -> Result<PathBuf> {
    if folder.join(MARK).is_file() {
        // The mark goes last: whoever interrupts this finds the folder still known as an image's.
        let blobs = folder.join("blobs");
        if blobs.is_dir() {
            fs::remove_dir_all(&blobs).with_context(|| blobs.display().to_string())?;
        }
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    if fs::read_dir(folder)?.next().is_some() {
        bail!("{} holds other things than an image; choose another folder by --out", folder.display());
    }
    Ok(folder.to_path_buf())
}

/// Settings that name the images by their content.
fn digests(made: &[Made]) -> String {
    let line = |made: &Made| format!("    {}: {}\n", made.image.name, made.digest);
    format!(
        "# Made by `cargo xtask images`.\nimages:\n  digests:\n{}",
        made.iter().map(line).collect::<String>()
    )
}

fn tell(made: &[Made], out: &Path) {
    let screen = Screen::stdout();
    let mut lines = vec![format!("{:<20}{:>10}{:>12}  digest", "image", "to pull", "unpacked")];
    lines.extend(made.iter().map(|Made { image, digest, compressed, files }| {
        format!("{:<20}{:>10}{:>12}  {digest}", image.name, megabytes(*compressed), megabytes(*files))
    }));
    screen.framed(&lines);
    screen.line(&format!("{}: oci:{}:{TAG}", made[0].image.name, out.join(made[0].image.name).display()));
}

/// As registries count: millions of octets.
#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
fn megabytes(octets: u64) -> String {
    format!("{:.1} MB", octets as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_settings_of_a_deployment() {
        let made = |image: &'static Recipe, digest: &str| Made {
            image,
            digest: digest.to_owned(),
            compressed: 0,
            files: 0,
        };
        assert_eq!(
            digests(&[made(&IMAGES[0], "sha256:00"), made(&IMAGES[3], "sha256:01")]),
            "# Made by `cargo xtask images`.\nimages:\n  digests:\n    http-to-nats-proxy: sha256:00\n    frontend: sha256:01\n"
        );
    }

    #[test]
    fn a_folder_that_holds_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("hello");
        assert_eq!(emptied(&own).unwrap(), own);
        fs::write(own.join("oci-layout"), "").unwrap();
        fs::create_dir_all(own.join("blobs/sha256")).unwrap();
        fs::write(own.join("index.json"), "").unwrap();
        emptied(&own).unwrap();
        assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
        fs::write(own.join("thesis.tex"), "").unwrap();
        assert!(emptied(&own).unwrap_err().to_string().contains("--out"));
        assert!(own.join("thesis.tex").is_file());
    }
}

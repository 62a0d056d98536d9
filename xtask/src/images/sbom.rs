//! What an image is made of, as a CycloneDX document (<https://cyclonedx.org/docs/1.5/json/>), which scanners compare with
//! known vulnerabilities. In a program without symbols they find little by themselves.
//!
//! cargo says which crates a program is linked from, with the features that it is built with, and npm what is in the pages.

mod crates;

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use test_support::tools::workspace_root;

use self::crates::Crates;
use super::recipe::Recipe;
use crate::frontend::FRONTEND;
use crate::process::{cargo, plain, typed};

/// A crate whose data is in every image.
const CERTIFICATES: &str = "webpki-root-certs";

/// The document of an image with this digest.
///
/// # Errors
///
/// When cargo or npm cannot tell.
pub(super) fn document(image: &Recipe, target: &str, digest: &str) -> Result<Value> {
    let lock = fs::read_to_string(workspace_root().join("Cargo.lock")).context("Cargo.lock")?;
    let linked = ["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "{p}|{l}"];
    let words = [&["tree", "--locked", "--package", image.package, "--target", target][..], &linked].concat();
    let crates = Crates::read(&output(&mut cargo(&words))?, &lock)?;

    let mut components = crates.components();
    let mut dependencies = crates.dependencies();
    let mut parts = vec![crates.root().to_owned()];
    let certificates = crates::locked(&lock, CERTIFICATES).context("no certificates in Cargo.lock")?;
    for (kind, name, version) in [
        ("data", "mozilla-root-certificates", certificates),
        ("library", "rust-std", rust()?),
        ("library", "glibc", glibc()?),
    ] {
        let reference = format!("pkg:generic/{name}@{version}");
        components.push(
            json!({"type": kind, "bom-ref": reference, "name": name, "version": version, "purl": reference}),
        );
        parts.push(reference);
    }
    if image.page.is_some() {
        let mut page = page()?;
        let of_page = page["metadata"]["component"].take();
        parts.push(of_page["bom-ref"].as_str().unwrap_or_default().to_owned());
        components.push(of_page);
        components.extend(page["components"].as_array().cloned().unwrap_or_default());
        dependencies.extend(page["dependencies"].as_array().cloned().unwrap_or_default());
    }
    let own = format!("pkg:oci/{}@{}", image.name, digest.replace(':', "%3A"));
    dependencies.push(json!({"ref": own, "dependsOn": parts}));
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": own, "name": image.name, "version": digest, "purl": own}},
        "components": components,
        "dependencies": dependencies,
    }))
}

/// What npm says of the pages, whose tools stay outside.
fn page() -> Result<Value> {
    let text = output(&mut FRONTEND.npm(&[
        "sbom",
        "--sbom-format",
        "cyclonedx",
        "--omit",
        "dev",
        "--package-lock-only",
    ]))?;
    serde_json::from_str(&text).context("npm sbom")
}

/// The version of the standard library.
fn rust() -> Result<String> {
    let text = output(plain("rustc").arg("--version"))?;
    Ok(text.split_whitespace().nth(1).context("rustc --version")?.to_owned())
}

/// The version of the C library, which is linked in.
fn glibc() -> Result<String> {
    let text = output(plain("getconf").arg("GNU_LIBC_VERSION"))?;
    Ok(text.split_whitespace().nth(1).context("getconf GNU_LIBC_VERSION")?.to_owned())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {}", typed(command)))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", typed(command), complaint.trim());
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::recipe::IMAGES;
    use super::*;

    #[test]
    fn every_dependency_is_a_component_of_the_document() {
        let hello = IMAGES.iter().find(|image| image.name == "hello").unwrap();
        let document = document(hello, &super::super::build::target().unwrap(), "sha256:00").unwrap();
        let reference = |component: &Value| component["bom-ref"].as_str().unwrap().to_owned();
        let components = document["components"].as_array().unwrap();
        let mut there: BTreeSet<_> = components.iter().map(reference).collect();
        assert_eq!(there.len(), components.len());
        there.insert(reference(&document["metadata"]["component"]));
        for dependency in document["dependencies"].as_array().unwrap() {
            for needed in dependency["dependsOn"].as_array().unwrap().iter().chain([&dependency["ref"]]) {
                assert!(there.contains(needed.as_str().unwrap()), "{needed}");
            }
        }
        let has = |name: &str| there.iter().any(|reference| reference.starts_with(name));
        assert!(has("pkg:cargo/async-nats@") && has("pkg:generic/glibc@") && has("pkg:cargo/hello@"));
        // What only others, or only compilers, need.
        assert!(!has("pkg:cargo/sqlx@") && !has("pkg:cargo/syn@") && !has("pkg:cargo/proptest@"));
    }
}

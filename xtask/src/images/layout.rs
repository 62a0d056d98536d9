//! An OCI image layout: a folder that podman, skopeo, crane and others read as they read a registry
//! (<https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md>).

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::layer::{Files, compressed};
use super::recipe::{Recipe, USER};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// The file by which a folder is known as a layout. It is written first.
pub(super) const MARK: &str = "oci-layout";
/// By which readers find the image in its layout: `oci:FOLDER:latest`.
pub(super) const TAG: &str = "latest";

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Of the manifest, by which a registry names it: `sha256:…`.
    pub(super) digest: String,
    /// Octets that are pulled.
    pub(super) compressed: u64,
}

/// Writes an image of one layer to an empty folder. `architecture` is a name of Go, such as `amd64`.
///
/// # Errors
///
/// When it cannot be written.
pub(super) fn write(folder: &Path, image: &Recipe, files: &Files, architecture: &str) -> Result<Written> {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).with_context(|| blobs.display().to_string())?;
    fs::write(folder.join(MARK), json!({"imageLayoutVersion": "1.0.0"}).to_string())?;
    let archive = files.archive()?;
    let layer = blob(&blobs, LAYER, &compressed(&archive)?)?;
    let config = config(image, architecture, &digest(&archive));
    let config = blob(&blobs, CONFIG, &config.to_string().into_bytes())?;
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
    let mut manifest = blob(&blobs, MANIFEST, &manifest.to_string().into_bytes())?;
    let written = Written {
        digest: manifest["digest"].as_str().unwrap_or_default().to_owned(),
        compressed: [&config, &layer].iter().filter_map(|blob| blob["size"].as_u64()).sum(),
    };
    manifest["platform"] = json!({"architecture": architecture, "os": "linux"});
    manifest["annotations"] = json!({"org.opencontainers.image.ref.name": TAG});
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]});
    fs::write(folder.join("index.json"), index.to_string())?;
    Ok(written)
}

/// What a container of the image begins with. No time of its making and no commit: the same content has the same digest, and
/// nobody is told to roll out what has not changed.
fn config(image: &Recipe, architecture: &str, archive: &str) -> Value {
    let variables: Vec<_> = image.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let ports: serde_json::Map<_, _> =
        image.ports.iter().map(|port| (format!("{port}/tcp"), json!({}))).collect();
    json!({
        "architecture": architecture,
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "User": USER,
            "ExposedPorts": ports,
            "Env": variables,
            "Entrypoint": [format!("/{}", image.program)],
            "WorkingDir": "/",
            "Labels": {
                "org.opencontainers.image.title": image.name,
                "org.opencontainers.image.description": image.description,
                "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
                "org.opencontainers.image.vendor": "Uptake",
                "org.opencontainers.image.version": env!("CARGO_PKG_VERSION"),
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [archive]},
    })
}

/// Writes octets under their digest, and tells how others refer to them.
fn blob(blobs: &Path, media_type: &str, octets: &[u8]) -> Result<Value> {
    let digest = digest(octets);
    let name = digest.trim_start_matches("sha256:");
    fs::write(blobs.join(name), octets).with_context(|| blobs.join(name).display().to_string())?;
    Ok(json!({"mediaType": media_type, "digest": digest, "size": octets.len()}))
}

fn digest(octets: &[u8]) -> String {
    let hash = Sha256::digest(octets);
    let hex: String = hash.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::super::recipe::IMAGES;
    use super::*;

    fn files() -> Files {
        let mut files = Files::default();
        files.add_program("hello", b"program".to_vec());
        files.add("etc/x", vec![7; 10_000]);
        files
    }

    fn json_of(path: &Path) -> Value {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// What a descriptor refers to, which must be what it says.
    fn followed(folder: &Path, descriptor: &Value) -> Vec<u8> {
        let named = descriptor["digest"].as_str().unwrap();
        let octets = fs::read(folder.join("blobs").join(named.replace(':', "/"))).unwrap();
        assert_eq!(digest(&octets), named);
        assert_eq!(descriptor["size"], octets.len());
        octets
    }

    #[test]
    fn every_digest_leads_to_the_octets_that_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let written = write(folder.path(), &IMAGES[0], &files(), "amd64").unwrap();
        assert_eq!(json_of(&folder.path().join("oci-layout"))["imageLayoutVersion"], "1.0.0");
        let index = json_of(&folder.path().join("index.json"));
        let descriptor = &index["manifests"][0];
        assert_eq!(descriptor["digest"], *written.digest);
        let manifest: Value = serde_json::from_slice(&followed(folder.path(), descriptor)).unwrap();
        let config: Value = serde_json::from_slice(&followed(folder.path(), &manifest["config"])).unwrap();
        let layer = followed(folder.path(), &manifest["layers"][0]);
        let mut archive = Vec::new();
        flate2::read::GzDecoder::new(layer.as_slice()).read_to_end(&mut archive).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"], json!([digest(&archive)]));
        assert_eq!(archive, files().archive().unwrap());
        // Config, layer, manifest.
        assert_eq!(fs::read_dir(folder.path().join("blobs/sha256")).unwrap().count(), 3);
    }

    #[test]
    fn the_same_files_make_the_same_image_and_others_another() {
        let write = |files: &Files, image: &Recipe| {
            write(tempfile::tempdir().unwrap().path(), image, files, "amd64").unwrap()
        };
        let first = write(&files(), &IMAGES[0]);
        assert_eq!(write(&files(), &IMAGES[0]), first);
        let mut more = files();
        more.add("etc/y", Vec::new());
        assert_ne!(write(&more, &IMAGES[0]).digest, first.digest);
        assert_ne!(write(&files(), &IMAGES[1]).digest, first.digest);
    }

    #[test]
    fn a_digest_is_that_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(digest(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

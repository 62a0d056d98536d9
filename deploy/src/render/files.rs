//! Files that a cluster brings into containers: secrets, and volumes to write to.

use k8s_openapi::{
    api::core::v1::{
        EmptyDirVolumeSource, KeyToPath, PersistentVolumeClaimVolumeSource, SecretVolumeSource, Volume,
        VolumeMount,
    },
    apimachinery::pkg::api::resource::Quantity,
};

/// Below it lie all files from Secrets, each in a folder of its volume's name.
const SECRETS: &str = "/etc/uptake";
/// Readable for the group of the pod, and for nobody else.
const MODE: i32 = 0o440;

/// The Secret that has the certificate of NATS, its key, and the certificate of who issued it.
pub(crate) const NATS_CERTIFICATE: &str = "nats-tls";

/// A volume and where it lies.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) volume: Volume,
    pub(super) mount: VolumeMount,
    /// Where its file is, or its folder.
    pub(super) path: String,
}

/// One key of a Secret as a file. Its other keys are not brought along.
pub(super) fn secret(volume: &str, secret: &str, key: &str) -> File {
    let folder = format!("{SECRETS}/{volume}");
    let source = SecretVolumeSource {
        secret_name: Some(secret.to_owned()),
        items: Some(vec![KeyToPath { key: key.to_owned(), path: key.to_owned(), mode: None }]),
        default_mode: Some(MODE),
        ..SecretVolumeSource::default()
    };
    let volume = Volume { name: volume.to_owned(), secret: Some(source), ..Volume::default() };
    File { path: format!("{folder}/{key}"), mount: mount(&volume, &folder, true), volume }
}

/// A folder on a volume that outlives the pod.
pub(super) fn claimed(volume: &str, claim: &str, folder: &str) -> File {
    let source = PersistentVolumeClaimVolumeSource { claim_name: claim.to_owned(), ..Default::default() };
    let volume =
        Volume { name: volume.to_owned(), persistent_volume_claim: Some(source), ..Volume::default() };
    File { path: folder.to_owned(), mount: mount(&volume, folder, false), volume }
}

/// A folder in memory, which counts as the pod's own.
pub(super) fn in_memory(volume: &str, folder: &str, size: &str) -> File {
    let source = EmptyDirVolumeSource {
        medium: Some("Memory".to_owned()),
        size_limit: Some(Quantity(size.to_owned())),
    };
    let volume = Volume { name: volume.to_owned(), empty_dir: Some(source), ..Volume::default() };
    File { path: folder.to_owned(), mount: mount(&volume, folder, false), volume }
}

fn mount(volume: &Volume, folder: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: volume.name.clone(),
        mount_path: folder.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    }
}

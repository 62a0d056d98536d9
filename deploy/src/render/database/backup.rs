//! Backups: the write-ahead log as it is written, and all of it once a day, so that any moment in between can be had again.

use anyhow::{Result, bail};

use crate::resource::cnpg::{
    Archive, AzureCredentials, Backup, GoogleCredentials, LocalRef, ObjectStore, S3Credentials,
    ScheduledBackupSpec, SecretKey,
};

/// How long backups are kept.
const KEPT: &str = "30d";
/// When all is backed up: at two at night (seconds first).
const DAILY: &str = "0 0 2 * * *";

/// Where the backups of a cluster go, with credentials in the Secret `<name>-backup`, by the names that the stores' own programs
/// have for them.
///
/// # Errors
/// When no store is known by this URL.
pub(super) fn to(name: &str, url: &str) -> Result<Backup> {
    let key = |key: &str| Some(SecretKey { name: format!("{name}-backup"), key: key.to_owned() });
    let compressed = || Some(Archive { compression: "gzip".to_owned() });
    let mut store = ObjectStore {
        destination_path: url.to_owned(),
        wal: compressed(),
        data: compressed(),
        ..ObjectStore::default()
    };
    if url.starts_with("s3://") {
        store.s3_credentials = Some(S3Credentials {
            access_key_id: key("AWS_ACCESS_KEY_ID"),
            secret_access_key: key("AWS_SECRET_ACCESS_KEY"),
        });
    } else if url.starts_with("gs://") {
        let application_credentials = key("GOOGLE_APPLICATION_CREDENTIALS");
        store.google_credentials = Some(GoogleCredentials { application_credentials });
    } else if url.starts_with("https://") && url.contains(".blob.core.windows.net/") {
        let connection_string = key("AZURE_STORAGE_CONNECTION_STRING");
        store.azure_credentials = Some(AzureCredentials { connection_string });
    } else {
        bail!(
            "databases.{name}.backup: {url:?} is no object store; write s3://BUCKET/PATH, gs://BUCKET/PATH or https://ACCOUNT.blob.core.windows.net/CONTAINER"
        );
    }
    Ok(Backup {
        barman_object_store: Some(store),
        retention_policy: KEPT.to_owned(),
        target: "prefer-standby".to_owned(),
    })
}

pub(super) fn daily(name: &str) -> ScheduledBackupSpec {
    ScheduledBackupSpec {
        cluster: LocalRef { name: name.to_owned() },
        schedule: DAILY.to_owned(),
        method: "barmanObjectStore".to_owned(),
        immediate: Some(true),
        // Backups outlive the object that asked for them.
        backup_owner_reference: "none".to_owned(),
    }
}

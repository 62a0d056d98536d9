//! PostgreSQL by CloudNativePG (<https://cloudnative-pg.io/documentation/1.30/cloudnative-pg.v1/>).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    PodSecurityContext, ResourceRequirements, SecurityContext, TopologySpreadConstraint,
};

use super::Kind;

fields! {
    /// A PostgreSQL cluster.
    ClusterSpec {
        /// What it is for.
        description: String,
        /// Servers, one of them the primary.
        instances: i32,
        /// The image.
        image_name: String,
        /// When it is pulled.
        image_pull_policy: String,
        /// Credentials of its registry.
        image_pull_secrets: Vec<LocalRef>,
        /// The volume of each server.
        storage: Option<Storage>,
        /// A volume for the write-ahead log alone.
        wal_storage: Option<Storage>,
        /// What each server gets.
        resources: Option<ResourceRequirements>,
        /// On which nodes.
        affinity: Option<Affinity>,
        /// How servers are spread.
        topology_spread_constraints: Vec<TopologySpreadConstraint>,
        /// What the first server makes.
        bootstrap: Option<Bootstrap>,
        /// Settings of PostgreSQL.
        postgresql: Option<PostgreSql>,
        /// Whether the superuser can sign in with a password.
        enable_superuser_access: Option<bool>,
        /// Whether disruption budgets are made.
        #[serde(rename = "enablePDB")]
        enable_pdb: Option<bool>,
        /// Whether the primary is updated too without being told (`unsupervised`).
        primary_update_strategy: String,
        /// How: `switchover` to another server, or `restart`.
        primary_update_method: String,
        /// What the operator says of metrics.
        monitoring: Option<Monitoring>,
        /// Where backups go.
        backup: Option<Backup>,
        /// What its pods may do.
        pod_security_context: Option<PodSecurityContext>,
        /// What its containers may do.
        security_context: Option<SecurityContext>,
        /// Labels and annotations of all that is made for it.
        inherited_metadata: Option<InheritedMetadata>,
        /// Seconds that a server gets to end by itself.
        stop_delay: Option<i64>,
    }

    /// A Secret of the same namespace.
    LocalRef {
        /// Its name.
        name: String,
    }

    /// A key of a Secret of the same namespace.
    SecretKey {
        /// The Secret.
        name: String,
        /// The key.
        key: String,
    }

    /// A volume.
    Storage {
        /// Its size.
        size: String,
        /// Its class; without it the cluster's default.
        storage_class: String,
    }

    /// On which nodes servers run.
    Affinity {
        /// Whether no two on one.
        enable_pod_anti_affinity: Option<bool>,
        /// `required`, or `preferred` where a node has to take two.
        pod_anti_affinity_type: String,
        /// The label that tells nodes apart.
        topology_key: String,
        /// Labels that nodes must have.
        node_selector: BTreeMap<String, String>,
    }

    /// What the first server makes.
    Bootstrap {
        /// A new database.
        initdb: Option<InitDb>,
    }

    /// A new database.
    InitDb {
        /// Its name.
        database: String,
        /// Its owner, whose Secret is `<cluster>-app`.
        owner: String,
        /// Whether pages have checksums.
        data_checksums: Option<bool>,
    }

    /// Settings of PostgreSQL.
    PostgreSql {
        /// By name.
        parameters: BTreeMap<String, String>,
        /// Lines before the operator's own.
        #[serde(rename = "pg_hba")]
        pg_hba: Vec<String>,
        /// How many standbys have a commit before it is told.
        synchronous: Option<Synchronous>,
        /// Whether SQL can change settings.
        enable_alter_system: Option<bool>,
    }

    /// How many standbys have a commit before it is told.
    Synchronous {
        /// `any` of them.
        method: String,
        /// How many.
        number: i64,
        /// `required`: without them none commits; `preferred`: then it commits alone.
        data_durability: String,
    }

    /// What the operator says of metrics.
    Monitoring {
        /// Whether it makes a PodMonitor, which is deprecated.
        enable_pod_monitor: Option<bool>,
    }

    /// Where backups go.
    Backup {
        /// An object store.
        barman_object_store: Option<ObjectStore>,
        /// How long they are kept, such as `30d`.
        retention_policy: String,
        /// Which server makes them: `prefer-standby`.
        target: String,
    }

    /// An object store.
    ObjectStore {
        /// Its URL.
        destination_path: String,
        /// Credentials for S3.
        s3_credentials: Option<S3Credentials>,
        /// Credentials for Azure.
        azure_credentials: Option<AzureCredentials>,
        /// Credentials for Google.
        google_credentials: Option<GoogleCredentials>,
        /// How the write-ahead log is kept.
        wal: Option<Archive>,
        /// How base backups are kept.
        data: Option<Archive>,
    }

    /// Credentials for S3.
    S3Credentials {
        /// Who.
        access_key_id: Option<SecretKey>,
        /// By what.
        secret_access_key: Option<SecretKey>,
    }

    /// Credentials for Azure.
    AzureCredentials {
        /// Address and key in one.
        connection_string: Option<SecretKey>,
    }

    /// Credentials for Google.
    GoogleCredentials {
        /// The account's file.
        application_credentials: Option<SecretKey>,
    }

    /// How files are kept in an object store.
    Archive {
        /// Such as `gzip`.
        compression: String,
    }

    /// Labels and annotations of all that is made for a cluster.
    InheritedMetadata {
        /// Labels.
        labels: BTreeMap<String, String>,
        /// Annotations.
        annotations: BTreeMap<String, String>,
    }

    /// When a cluster is backed up.
    ScheduledBackupSpec {
        /// The cluster.
        cluster: LocalRef,
        /// When: seconds, minutes, hours, day of the month, month, day of the week.
        schedule: String,
        /// How: `barmanObjectStore`.
        method: String,
        /// Whether at once too.
        immediate: Option<bool>,
        /// With whom the backups go: `self`, this object; `cluster`; `none`.
        backup_owner_reference: String,
    }
}

impl Kind for ClusterSpec {
    const API_VERSION: &'static str = "postgresql.cnpg.io/v1";
    const KIND: &'static str = "Cluster";
}

impl Kind for ScheduledBackupSpec {
    const API_VERSION: &'static str = "postgresql.cnpg.io/v1";
    const KIND: &'static str = "ScheduledBackup";
}

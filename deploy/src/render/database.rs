//! PostgreSQL, for CloudNativePG. What a service gets of it is the Secret `<name>-app`, which the operator makes.

mod backup;

use std::collections::BTreeMap;

use anyhow::Result;
use k8s_openapi::{
    api::core::v1::{
        Capabilities, PodSecurityContext, ResourceRequirements, SeccompProfile, SecurityContext,
        TopologySpreadConstraint,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::LabelSelector},
};

use super::meta;
use crate::{
    object::Object,
    resource::{
        Custom,
        cnpg::{Affinity, Bootstrap, ClusterSpec, InitDb, LocalRef, PostgreSql, Storage, Synchronous},
    },
    settings::{Database, Settings},
    versions,
};

/// The user that PostgreSQL runs as in CloudNativePG's images.
const UID: i64 = 26;
/// Name of the database and of its owner.
const DATABASE: &str = "app";
/// The label of all pods of a cluster.
const LABEL: &str = "cnpg.io/cluster";
/// Connections of a pod of rating-service where nobody says otherwise (`DATABASE_CONNECTIONS`).
const USUAL_CONNECTIONS: u32 = 8;
/// Connections for the operator, for migrations, and for people.
const OTHER_CONNECTIONS: u32 = 20;
/// What PostgreSQL has at least.
const LEAST_CONNECTIONS: u32 = 100;

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    for (name, database) in &settings.databases {
        let spec = cluster(settings, name, database)?;
        objects.push(Custom { metadata: meta::named(settings, name, name), spec }.into());
        if database.backup.is_some() {
            let spec = backup::daily(name);
            objects.push(Custom { metadata: meta::named(settings, name, name), spec }.into());
        }
    }
    Ok(objects)
}

fn cluster(settings: &Settings, name: &str, database: &Database) -> Result<ClusterSpec> {
    let several = database.instances > 1;
    let secrets = settings.images.pull_secrets.iter().map(|name| LocalRef { name: name.clone() });
    let initdb =
        InitDb { database: DATABASE.to_owned(), owner: DATABASE.to_owned(), data_checksums: Some(true) };
    Ok(ClusterSpec {
        instances: i32::from(database.instances),
        image_name: image(settings, database),
        image_pull_policy: "IfNotPresent".to_owned(),
        image_pull_secrets: secrets.collect(),
        storage: Some(Storage {
            size: database.disk.to_string(),
            storage_class: settings.cluster.storage_class.clone().unwrap_or_default(),
        }),
        resources: Some(resources(database)),
        affinity: Some(affinity(settings, several)),
        topology_spread_constraints: if several { vec![over_zones(name)] } else { Vec::new() },
        bootstrap: Some(Bootstrap { initdb: Some(initdb) }),
        postgresql: Some(postgresql(settings, name, database)?),
        enable_superuser_access: Some(false),
        // The budget of a single server would keep its node from ever being emptied.
        enable_pdb: Some(several),
        primary_update_strategy: "unsupervised".to_owned(),
        primary_update_method: if several { "switchover" } else { "restart" }.to_owned(),
        backup: database.backup.as_ref().map(|url| backup::to(name, url)).transpose()?,
        pod_security_context: Some(pod_security()),
        security_context: Some(container_security()),
        ..ClusterSpec::default()
    })
}

/// The image. Its tag stands beside its digest, for the operator reads PostgreSQL's version there. For backups it needs the
/// programs of Barman, which are in the larger `system` images alone.
fn image(settings: &Settings, database: &Database) -> String {
    let mut image = versions::get("POSTGRES_IMAGE").to_owned();
    if database.backup.is_some() {
        image = image.replace("-minimal-", "-system-");
    }
    match settings.images.digests.get("postgres") {
        Some(digest) => format!("{image}@{digest}"),
        None => image,
    }
}

fn resources(database: &Database) -> ResourceRequirements {
    let limits = &database.limits;
    let of = |cpu: String| {
        let memory = ("memory".to_owned(), Quantity(limits.memory.to_string()));
        Some(BTreeMap::from([("cpu".to_owned(), Quantity(cpu)), memory]))
    };
    ResourceRequirements {
        requests: of(limits.cpu.to_string()),
        limits: of(limits.cpu_limit.to_string()),
        ..ResourceRequirements::default()
    }
}

/// No two servers on one node: a node that dies takes one copy with it.
fn affinity(settings: &Settings, several: bool) -> Affinity {
    Affinity {
        enable_pod_anti_affinity: Some(several),
        pod_anti_affinity_type: if several { "required" } else { "" }.to_owned(),
        topology_key: if several { "kubernetes.io/hostname" } else { "" }.to_owned(),
        node_selector: settings.cluster.node_selector.clone(),
    }
}

fn over_zones(name: &str) -> TopologySpreadConstraint {
    let own = BTreeMap::from([(LABEL.to_owned(), name.to_owned())]);
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: "topology.kubernetes.io/zone".to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(LabelSelector { match_labels: Some(own), ..LabelSelector::default() }),
        ..TopologySpreadConstraint::default()
    }
}

fn postgresql(settings: &Settings, name: &str, database: &Database) -> Result<PostgreSql> {
    let megabytes = database.limits.memory.milli() / 1000 / (1 << 20);
    let parameters = [
        ("max_connections", connections(settings, name)?.to_string()),
        // A quarter of the memory, as PostgreSQL's manual advises.
        ("shared_buffers", format!("{}MB", (megabytes / 4).max(16))),
        ("password_encryption", "scram-sha-256".to_owned()),
    ];
    // Three servers can lose one and still have each commit twice. Of two, the one that is left goes on alone.
    let durability = if database.instances > 2 { "required" } else { "preferred" };
    Ok(PostgreSql {
        parameters: parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        // Nobody speaks to it but by TLS.
        pg_hba: vec![
            "hostssl all all all scram-sha-256".to_owned(),
            "hostnossl all all all reject".to_owned(),
        ],
        synchronous: (database.instances > 1).then(|| Synchronous {
            method: "any".to_owned(),
            number: 1,
            data_durability: durability.to_owned(),
        }),
        enable_alter_system: Some(false),
    })
}

/// Connections for all pods that there can be, those included that a roll-out adds.
fn connections(settings: &Settings, name: &str) -> Result<u32> {
    let mut all = OTHER_CONNECTIONS;
    for (key, service) in &settings.services {
        if service.database.as_deref() != Some(name) {
            continue;
        }
        let each = match service.env.get("DATABASE_CONNECTIONS") {
            None => USUAL_CONNECTIONS,
            Some(text) => text.parse().map_err(|_| {
                anyhow::anyhow!("services.{key}.env.DATABASE_CONNECTIONS: {text:?} is no number")
            })?,
        };
        let pods = u32::from(service.scaling.max);
        all = all.saturating_add(each.saturating_mul(pods + pods.div_ceil(4)));
    }
    Ok(all.max(LEAST_CONNECTIONS))
}

fn seccomp() -> Option<SeccompProfile> {
    Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None })
}

fn pod_security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(UID),
        run_as_group: Some(UID),
        fs_group: Some(UID),
        seccomp_profile: seccomp(),
        ..PodSecurityContext::default()
    }
}

fn container_security() -> SecurityContext {
    let capabilities = Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() };
    SecurityContext {
        allow_privilege_escalation: Some(false),
        privileged: Some(false),
        read_only_root_filesystem: Some(true),
        run_as_non_root: Some(true),
        capabilities: Some(capabilities),
        seccomp_profile: seccomp(),
        ..SecurityContext::default()
    }
}

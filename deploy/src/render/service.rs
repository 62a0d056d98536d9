//! A service.

use anyhow::Result;
use k8s_openapi::{
    api::core::v1::{EnvVar, PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};

use super::{
    files::{self, File},
    images, meta, migrations, network,
    variables::{self, Variables, variables},
    workload::Workload,
};
use crate::{
    grace,
    object::Object,
    settings::{Range, Service, Settings, Sqlite},
    worker,
};

/// How long it may take until its private listener is there: it connects to NATS and to its database first.
const STARTUP_SECONDS: i32 = 60;
/// The folder of an SQLite file, and that of what SQLite sorts beside it.
const DATA: &str = "/data";
const SORTED: (&str, &str) = ("/tmp", "64Mi");

/// Its objects.
pub(super) fn render(settings: &Settings, name: &str, service: &Service) -> Result<Vec<Object>> {
    let (env, files) = environment(settings, name, service);
    let config = worker::config(settings, name, service)?;
    let waits = if service.migrations { migrations::WAIT_SECONDS } else { 0 };
    let workload = Workload {
        settings,
        name,
        component: "service",
        image: images::own(settings, service.image.as_deref().unwrap_or(name))?,
        limits: &service.limits,
        env,
        files,
        serves_http: false,
        replicas: Range { min: service.scaling.min, max: service.scaling.max },
        startup: STARTUP_SECONDS + waits,
        drain: grace::worker(&config),
        // A volume is one pod's at a time, and so is the file on it.
        alone: service.sqlite.is_some(),
    };
    let mut objects: Vec<Object> =
        vec![workload.account().into(), network::service(settings, name, service)?.into()];
    objects.extend(service.sqlite.as_ref().map(|sqlite| claim(settings, name, sqlite).into()));
    if let (true, Some(database)) = (service.migrations, &service.database) {
        let job = migrations::name(name);
        objects.push(network::migrations(settings, &job, database).into());
        objects.push(migrations::job(&workload, &job, service).into());
    }
    objects.push(workload.deployment().into());
    objects.extend(workload.disruption().map(Object::from));
    Ok(objects)
}

/// Its variables, and the files that they name.
fn environment(settings: &Settings, name: &str, service: &Service) -> (Vec<EnvVar>, Vec<File>) {
    let (mut all, mut files) = variables::nats(settings, name);
    all.extend(variables::log());
    all.extend(variables::telemetry(settings));
    if service.sqlite.is_some() {
        all.insert("DATABASE_URL".to_owned(), format!("sqlite://{DATA}/{name}.db"));
        files.push(files::claimed("data", &data(name), DATA));
        files.push(files::in_memory("tmp", SORTED.0, SORTED.1));
    }
    if service.migrations {
        all.extend(migrations::awaited());
    }
    let (verified, authority) = database(service);
    all.extend(verified);
    files.extend(authority);
    // Last, for what is set by hand goes over all.
    all.extend(worker::environment(settings, name, service));
    (with_address(all, service), files)
}

/// How the driver verifies that it speaks to the database and to nobody else, and the certificate of who issued the server's. (The
/// Secret has the authority's key, too, which no service gets.)
pub(super) fn database(service: &Service) -> (Variables, Option<File>) {
    let Some(database) = &service.database else { return (Variables::new(), None) };
    let authority = files::secret("database-ca", &format!("{database}-ca"), "ca.crt");
    let all = variables([("PGSSLMODE", "verify-full".to_owned()), ("PGSSLROOTCERT", authority.path.clone())]);
    (all, Some(authority))
}

/// Variables, and the one with address and password of the database, as the operator writes them.
pub(super) fn with_address(all: Variables, service: &Service) -> Vec<EnvVar> {
    let mut all = variables::plain(all);
    if let Some(database) = &service.database {
        all.push(variables::from_secret("DATABASE_URL", &format!("{database}-app"), "uri"));
    }
    all
}

/// The name of its volume.
fn data(name: &str) -> String {
    format!("{name}-data")
}

/// The volume of an SQLite file.
fn claim(settings: &Settings, name: &str, sqlite: &Sqlite) -> PersistentVolumeClaim {
    let size = [("storage".to_owned(), Quantity(sqlite.disk.to_string()))];
    let spec = PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        storage_class_name: settings.cluster.storage_class.clone(),
        resources: Some(VolumeResourceRequirements {
            requests: Some(size.into()),
            ..VolumeResourceRequirements::default()
        }),
        ..PersistentVolumeClaimSpec::default()
    };
    PersistentVolumeClaim {
        metadata: meta::named(settings, name, &data(name)),
        spec: Some(spec),
        status: None,
    }
}

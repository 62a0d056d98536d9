//! A program that runs in pods: its Deployment and what belongs to it.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::{
            Container, ContainerPort, EnvVar, Lifecycle, LifecycleHandler, PodSpec, PodTemplateSpec, Service,
            ServiceAccount, ServicePort, ServiceSpec, SleepAction,
        },
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use super::{
    files::File,
    images, meta,
    pod::{self, ADMIN, HTTP},
};
use crate::{
    grace,
    settings::{Limits, Range, Settings},
    worker::ADMIN_PORT,
};

/// The port for clients of a program that serves HTTP.
pub(super) const HTTP_PORT: u16 = 8080;
/// Old states of a Deployment that one can go back to.
const HISTORY: i32 = 5;

/// What differs between workloads.
#[derive(Clone, Debug)]
pub(super) struct Workload<'a> {
    pub(super) settings: &'a Settings,
    /// Its name, by which its pods are found.
    pub(super) name: &'a str,
    /// What it is to the platform: `proxy`, `service`, `frontend`, `migrations`.
    pub(super) component: &'static str,
    /// The image, with tag or digest.
    pub(super) image: String,
    pub(super) limits: &'a Limits,
    pub(super) env: Vec<EnvVar>,
    pub(super) files: Vec<File>,
    /// Whether it has a port for clients; the private listener is there in any case.
    pub(super) serves_http: bool,
    pub(super) replicas: Range,
    /// How long it may take until it has a listener, in seconds.
    pub(super) startup: i32,
    /// How long it may take to end after SIGTERM, in seconds.
    pub(super) drain: u64,
    /// Whether two of its pods may never run at once.
    pub(super) alone: bool,
}

impl Workload<'_> {
    /// Labels of it and all its pods. What selects them takes fewer.
    fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = meta::labels(self.name);
        labels.insert("app.kubernetes.io/component".to_owned(), self.component.to_owned());
        labels.insert("app.kubernetes.io/version".to_owned(), images::version(&self.image));
        labels
    }

    /// Its account, which has no right and whose token no pod gets: nothing of ours speaks to the API server.
    pub(super) fn account(&self) -> ServiceAccount {
        ServiceAccount {
            metadata: meta::named(self.settings, self.name, self.name),
            automount_service_account_token: Some(false),
            ..ServiceAccount::default()
        }
    }

    /// The Deployment. Where something scales it, it says no number, or each apply would undo what was scaled.
    pub(super) fn deployment(&self) -> Deployment {
        let Range { min, max } = self.replicas;
        let rolling = RollingUpdateDeployment {
            max_unavailable: Some(IntOrString::Int(0)),
            max_surge: Some(IntOrString::String("25%".to_owned())),
        };
        let strategy = DeploymentStrategy {
            type_: Some(if self.alone { "Recreate" } else { "RollingUpdate" }.to_owned()),
            rolling_update: (!self.alone).then_some(rolling),
        };
        let spec = DeploymentSpec {
            replicas: (min == max).then(|| i32::from(min)),
            revision_history_limit: Some(HISTORY),
            selector: meta::selector(self.name),
            strategy: Some(strategy),
            template: self.template(),
            ..DeploymentSpec::default()
        };
        let metadata = ObjectMeta {
            labels: Some(self.labels()),
            annotations: self.automation(),
            ..meta::named(self.settings, self.name, self.name)
        };
        Deployment { metadata, spec: Some(spec), status: None }
    }

    /// Its pods.
    pub(super) fn template(&self) -> PodTemplateSpec {
        let volumes = self.files.iter().map(|file| file.volume.clone()).collect::<Vec<_>>();
        let pre_stop = if self.serves_http { grace::PRE_STOP } else { 0 };
        let spec = PodSpec {
            service_account_name: Some(self.name.to_owned()),
            automount_service_account_token: Some(false),
            // Variables with the addresses of all services would be there, some of which programs read.
            enable_service_links: Some(false),
            security_context: Some(pod::security()),
            image_pull_secrets: pod::pull_secrets(self.settings),
            node_selector: pod::nodes(self.settings),
            topology_spread_constraints: Some(pod::spread(self.name)),
            termination_grace_period_seconds: i64::try_from(pre_stop + self.drain + grace::MARGIN).ok(),
            containers: vec![self.container()],
            volumes: (!volumes.is_empty()).then_some(volumes),
            ..PodSpec::default()
        };
        let metadata = ObjectMeta { labels: Some(self.labels()), ..ObjectMeta::default() };
        PodTemplateSpec { metadata: Some(metadata), spec: Some(spec) }
    }

    fn container(&self) -> Container {
        let mounts = self.files.iter().map(|file| file.mount.clone()).collect::<Vec<_>>();
        let port = |name: &str, number: u16| ContainerPort {
            name: Some(name.to_owned()),
            container_port: i32::from(number),
            ..ContainerPort::default()
        };
        let mut ports = vec![port(ADMIN, ADMIN_PORT)];
        if self.serves_http {
            ports.insert(0, port(HTTP, HTTP_PORT));
        }
        let seconds = i64::try_from(grace::PRE_STOP).unwrap_or_default();
        let sleep = LifecycleHandler { sleep: Some(SleepAction { seconds }), ..LifecycleHandler::default() };
        let lifecycle = Lifecycle { pre_stop: Some(sleep), ..Lifecycle::default() };
        Container {
            name: self.name.to_owned(),
            image: Some(self.image.clone()),
            image_pull_policy: Some("IfNotPresent".to_owned()),
            env: Some(self.env.clone()),
            ports: Some(ports),
            volume_mounts: (!mounts.is_empty()).then_some(mounts),
            resources: Some(pod::resources(self.limits)),
            security_context: Some(pod::container_security()),
            startup_probe: Some(pod::startup(self.startup)),
            liveness_probe: Some(pod::liveness()),
            readiness_probe: Some(pod::readiness()),
            // The image has no shell that could sleep.
            lifecycle: self.serves_http.then_some(lifecycle),
            ..Container::default()
        }
    }

    /// For Flux: it may put a newer image into this Deployment's container.
    fn automation(&self) -> Option<BTreeMap<String, String>> {
        self.settings.images.automation.then(|| {
            BTreeMap::from([
                ("fluxcd.io/automated".to_owned(), "true".to_owned()),
                (format!("fluxcd.io/tag.{}", self.name), "semver:*".to_owned()),
            ])
        })
    }

    /// Its name within the cluster, for the gateway.
    pub(super) fn service(&self) -> Service {
        let port = ServicePort {
            name: Some(HTTP.to_owned()),
            port: i32::from(HTTP_PORT),
            target_port: Some(IntOrString::String(HTTP.to_owned())),
            app_protocol: Some("http".to_owned()),
            ..ServicePort::default()
        };
        let spec = ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(meta::selected(self.name)),
            ports: Some(vec![port]),
            ..ServiceSpec::default()
        };
        Service { metadata: meta::named(self.settings, self.name, self.name), spec: Some(spec), status: None }
    }

    /// One pod at a time may be taken away, if there can be several. Those that are not ready may be taken in any case, or a
    /// workload that does not start would keep a node from being emptied.
    pub(super) fn disruption(&self) -> Option<PodDisruptionBudget> {
        let spec = PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(meta::selector(self.name)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        };
        let metadata = meta::named(self.settings, self.name, self.name);
        (self.replicas.max > 1).then_some(PodDisruptionBudget { metadata, spec: Some(spec), status: None })
    }
}

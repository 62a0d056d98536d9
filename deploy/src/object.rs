//! The kinds of objects that are rendered.

use anyhow::{Context as _, Result, bail};
use k8s_openapi::{
    Metadata, Resource,
    api::{
        apps::v1::Deployment,
        autoscaling::v2::HorizontalPodAutoscaler,
        batch::v1::Job,
        core::v1::{ConfigMap, Namespace, PersistentVolumeClaim, Secret, Service, ServiceAccount},
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::Serialize;
use serde_json::Value;

use crate::resource::{Custom, certificate, cnpg, gateway, keda::ScaledObject, monitoring, nack};

/// Makes the enum of all kinds, and what is the same for each.
macro_rules! objects {
    ($($(#[$doc:meta])* $variant:ident($kind:ty),)*) => {
        /// An object for a cluster. Each is typed, so that policies can look at it.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Object {
            $($(#[$doc])* $variant(Box<$kind>),)*
        }

        $(impl From<$kind> for Object {
            fn from(object: $kind) -> Self {
                Self::$variant(Box::new(object))
            }
        })*

        impl Object {
            /// Its kind, such as `Deployment`.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$kind as Resource>::KIND,)*
                }
            }

            /// Its API version, such as `apps/v1`.
            #[must_use]
            pub fn api_version(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$kind as Resource>::API_VERSION,)*
                }
            }

            /// Its metadata.
            #[must_use]
            pub fn metadata(&self) -> &ObjectMeta {
                match self {
                    $(Self::$variant(object) => object.metadata(),)*
                }
            }

            /// Reads an object of a kind that is known here.
            ///
            /// # Errors
            /// When its kind is not known, or a field has no place in its type or has a wrong value.
            pub fn from_value(value: Value) -> Result<Self> {
                let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
                let (api_version, kind) = (text("apiVersion"), text("kind"));
                $(if kind == <$kind as Resource>::KIND && api_version == <$kind as Resource>::API_VERSION {
                    let object: $kind = serde_path_to_error::deserialize(&value)
                        .with_context(|| format!("{kind} {}", value["metadata"]["name"]))?;
                    let object = Self::from(object);
                    object.holds_all_of(&value)?;
                    return Ok(object);
                })*
                bail!("objects of kind {kind:?} ({api_version}) are not known here")
            }
        }
    };
}

objects! {
    /// A namespace.
    Namespace(Namespace),
    /// A service account.
    ServiceAccount(ServiceAccount),
    /// Files and variables that are no secret.
    ConfigMap(ConfigMap),
    /// Secrets. None is ever rendered; `check` refuses those that somebody adds.
    Secret(Secret),
    /// A name within the cluster for pods.
    Service(Service),
    /// A volume.
    PersistentVolumeClaim(PersistentVolumeClaim),
    /// Pods that run for ever.
    Deployment(Deployment),
    /// Pods that run once.
    Job(Job),
    /// How many pods may be away at a time.
    PodDisruptionBudget(PodDisruptionBudget),
    /// Scales by the use of processors.
    HorizontalPodAutoscaler(HorizontalPodAutoscaler),
    /// Who may speak to whom.
    NetworkPolicy(NetworkPolicy),
    /// How NACK reaches NATS.
    Account(Custom<nack::AccountSpec>),
    /// A stream, for NACK.
    Stream(Custom<nack::StreamSpec>),
    /// A consumer, for NACK.
    Consumer(Custom<nack::ConsumerSpec>),
    /// Scales by what waits in streams, for KEDA.
    ScaledObject(Custom<ScaledObject>),
    /// The listeners of the way in.
    Gateway(Custom<gateway::GatewaySpec>),
    /// How kgateway runs the proxies of a gateway.
    GatewayParameters(Custom<gateway::GatewayParametersSpec>),
    /// Which path goes where.
    HttpRoute(Custom<gateway::HttpRouteSpec>),
    /// A PostgreSQL cluster, for CloudNativePG.
    Cluster(Custom<cnpg::ClusterSpec>),
    /// When a PostgreSQL cluster is backed up.
    ScheduledBackup(Custom<cnpg::ScheduledBackupSpec>),
    /// A certificate, for cert-manager.
    Certificate(Custom<certificate::Certificate>),
    /// Who issues certificates, for cert-manager.
    Issuer(Custom<certificate::Issuer>),
    /// Which pods Prometheus scrapes.
    PodMonitor(Custom<monitoring::PodMonitorSpec>),
    /// Alerts and recorded series.
    PrometheusRule(Custom<monitoring::PrometheusRuleSpec>),
}

impl Object {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metadata().name.as_deref().unwrap_or_default()
    }

    /// As people speak of it: `Deployment http-to-nats-proxy`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.kind(), self.name())
    }

    /// It as JSON.
    ///
    /// # Errors
    /// When it cannot be written, which no object of ours does.
    pub fn to_value(&self) -> Result<Value> {
        serde_json::to_value(self).with_context(|| self.title())
    }

    /// Types drop what they do not know; this tells it.
    fn holds_all_of(&self, value: &Value) -> Result<()> {
        let kept = self.to_value()?;
        let mut lost = Vec::new();
        missing(value, &kept, &mut String::new(), &mut lost);
        anyhow::ensure!(lost.is_empty(), "{}: unknown field {}", self.title(), lost.join(", "));
        Ok(())
    }
}

/// The paths of what `value` has and `kept` has not. Nothing, and what is empty, may be left out.
fn missing(value: &Value, kept: &Value, path: &mut String, lost: &mut Vec<String>) {
    let end = path.len();
    let mut look = |key: String, value: &Value, kept: &Value| {
        path.push_str(&key);
        missing(value, kept, path, lost);
        path.truncate(end);
    };
    match (value, kept) {
        (Value::Null, _) => {}
        (Value::Object(fields), kept) if kept.is_object() || fields.is_empty() => {
            fields.iter().for_each(|(name, value)| look(format!(".{name}"), value, &kept[name]));
        }
        (Value::Array(items), Value::Array(kept)) if items.len() == kept.len() => {
            let pairs = items.iter().zip(kept).enumerate();
            pairs.for_each(|(index, (item, kept))| look(format!("[{index}]"), item, kept));
        }
        (Value::Array(items), Value::Null) if items.is_empty() => {}
        (_, Value::Null) => lost.push(path.trim_start_matches('.').to_owned()),
        _ => {}
    }
}

//! Variables that several workloads have.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};

use super::files::{self, File, NATS_CERTIFICATE};
use crate::settings::Settings;

/// Variables by name.
pub(super) type Variables = BTreeMap<String, String>;

/// The port of OTLP by gRPC; all others are taken for OTLP by HTTP.
const OTLP_GRPC: &str = ":4317";

/// Variables of these names and values.
pub(super) fn variables<const N: usize>(all: [(&str, String); N]) -> Variables {
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How to reach NATS as `user`, and the files for it: its password, and where NATS speaks TLS, the certificate of who issued
/// the server's.
pub(super) fn nats(settings: &Settings, user: &str) -> (Variables, Vec<File>) {
    let password = files::secret("nats", &format!("nats-user-{user}"), "password");
    let scheme = if settings.nats.tls { "tls" } else { "nats" };
    let mut all = variables([
        ("NATS_URL", format!("{scheme}://nats:4222")),
        ("NATS_USER", user.to_owned()),
        ("NATS_PASSWORD_FILE", password.path.clone()),
        ("UPTAKE_ROOT", settings.root.clone()),
    ]);
    let mut mounted = vec![password];
    if settings.nats.tls {
        let authority = files::secret("nats-ca", NATS_CERTIFICATE, "ca.crt");
        all.insert("NATS_CA_FILE".to_owned(), authority.path.clone());
        mounted.push(authority);
    }
    (all, mounted)
}

/// The form of the log, for whoever collects it.
pub(super) fn log() -> Variables {
    variables([("LOG_FORMAT", "json".to_owned())])
}

/// Where traces go, and which requests have any.
pub(super) fn telemetry(settings: &Settings) -> Variables {
    let mut all = Variables::new();
    let Some(endpoint) = &settings.telemetry.endpoint else { return all };
    let protocol = if endpoint.trim_end_matches('/').ends_with(OTLP_GRPC) { "grpc" } else { "http/protobuf" };
    all.insert("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), endpoint.clone());
    all.insert("OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(), protocol.to_owned());
    // Prometheus fetches metrics from the private listener: sent as well, each would be there twice.
    all.insert("OTEL_METRICS_EXPORTER".to_owned(), "none".to_owned());
    if let Some(ratio) = &settings.telemetry.ratio {
        all.insert("OTEL_TRACES_SAMPLER".to_owned(), "parentbased_traceidratio".to_owned());
        all.insert("OTEL_TRACES_SAMPLER_ARG".to_owned(), ratio.clone());
    }
    all
}

/// Variables as a container has them.
pub(super) fn plain(all: Variables) -> Vec<EnvVar> {
    let plain = |(name, value)| EnvVar { name, value: Some(value), ..EnvVar::default() };
    all.into_iter().map(plain).collect()
}

/// A variable from a Secret, for what is read from no file.
pub(super) fn from_secret(name: &str, secret: &str, key: &str) -> EnvVar {
    let reference =
        SecretKeySelector { name: secret.to_owned(), key: key.to_owned(), ..SecretKeySelector::default() };
    let source = EnvVarSource { secret_key_ref: Some(reference), ..EnvVarSource::default() };
    EnvVar { name: name.to_owned(), value_from: Some(source), ..EnvVar::default() }
}

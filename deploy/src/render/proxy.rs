//! The proxy.

use anyhow::{Result, anyhow};
use k8s_openapi::api::core::v1::EnvVar;

use super::{
    files::{self, File},
    images, network,
    variables::{self, variables},
    workload::{HTTP_PORT, Workload},
};
use crate::{grace, object::Object, settings::Settings, worker::ADMIN_PORT};

/// The name of the program, of its image and of its Deployment.
pub(super) const NAME: &str = "http-to-nats-proxy";
/// How long it may take to be connected to NATS for the first time: a little more than it waits itself.
const STARTUP_SECONDS: i32 = 60;
/// What a connection of HTTP/1.1 may have read ahead, in octets.
const CONNECTION_OCTETS: u64 = 128 << 10;
/// The parts of the memory for requests, for answers and for connections; the fourth is the program's own.
const PARTS: u64 = 4;
/// The smallest limit on octets in flight that the proxy takes: one body.
const MIN_IN_FLIGHT: u64 = 524_288;
/// Envoy closes connections that are idle for an hour. Until then the proxy leaves it to the gateway, so that no request meets
/// a connection that is just being closed. In seconds.
pub(super) const HEAD_TIMEOUT: u64 = 3_900;

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    let (env, files) = environment(settings);
    let grace_period = env.iter().find(|variable| variable.name == "PROXY_GRACE_PERIOD");
    let grace_period = grace_period.and_then(|variable| variable.value.as_deref()).unwrap_or_default();
    let grace_period = uptake::config::seconds(grace_period)
        .map_err(|error| anyhow!("proxy.env.PROXY_GRACE_PERIOD: {error}"))?;
    let workload = Workload {
        settings,
        name: NAME,
        component: "proxy",
        image: images::own(settings, NAME)?,
        limits: &settings.proxy.limits,
        env,
        files,
        serves_http: true,
        replicas: settings.proxy.replicas,
        startup: STARTUP_SECONDS,
        drain: grace::server(grace::whole(grace_period)),
        alone: false,
    };
    let mut objects: Vec<Object> = vec![
        workload.account().into(),
        network::proxy(settings, NAME)?.into(),
        workload.service().into(),
        workload.deployment().into(),
    ];
    objects.extend(workload.disruption().map(Object::from));
    Ok(objects)
}

/// Its variables, and the files that they name.
fn environment(settings: &Settings) -> (Vec<EnvVar>, Vec<File>) {
    let proxy = &settings.proxy;
    let (mut all, mut files) = variables::nats(settings, "proxy");
    let secret = files::secret("job-secret", "uptake-job-secret", "secret");
    let operator = files::secret("operator", "nats-user-operator", "password");
    let budget = u64::from(proxy.budget_seconds);
    let part = proxy.limits.memory.units() / PARTS;
    all.extend(variables([
        ("PROXY_LISTEN", format!("0.0.0.0:{HTTP_PORT}")),
        ("PROXY_ADMIN_LISTEN", format!("0.0.0.0:{ADMIN_PORT}")),
        ("PROXY_THREADS", proxy.limits.cpu_limit.units().clamp(1, 256).to_string()),
        ("PROXY_STRIP_PREFIX", proxy.path.clone()),
        ("PROXY_BUDGET", budget.to_string()),
        ("PROXY_GRACE_PERIOD", (budget + grace::BEYOND_BUDGET).to_string()),
        ("PROXY_HEAD_TIMEOUT", HEAD_TIMEOUT.to_string()),
        ("PROXY_MAX_CONNECTIONS", (part / CONNECTION_OCTETS).max(1).to_string()),
        ("PROXY_MAX_IN_FLIGHT_BYTES", part.clamp(MIN_IN_FLIGHT, u64::from(u32::MAX)).to_string()),
        ("PROXY_JOB_SECRET_FILE", secret.path.clone()),
        ("PROXY_OPERATOR_NATS_USER", "operator".to_owned()),
        ("PROXY_OPERATOR_NATS_PASSWORD_FILE", operator.path.clone()),
    ]));
    files.extend([secret, operator]);
    if proxy.console {
        let token = files::secret("console", "uptake-console", "token");
        // Where the image has it.
        all.insert("PROXY_CONSOLE_DIR".to_owned(), "/console".to_owned());
        all.insert("PROXY_CONSOLE_TOKEN_FILE".to_owned(), token.path.clone());
        files.push(token);
    }
    all.extend(variables::log());
    all.extend(variables::telemetry(settings));
    all.extend(proxy.env.clone());
    (variables::plain(all), files)
}

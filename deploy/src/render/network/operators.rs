//! The paths of what charts and operators run in our namespace.

use k8s_openapi::api::networking::v1::NetworkPolicy;

use super::{
    super::{meta, proxy, workload::HTTP_PORT},
    peers::{
        GATEWAY, NATS, POSTGRES, all_of, api_server, block, dns, from, gateway_namespace, labelled,
        nats as to_nats, pods, pods_in, policy, prometheus, to, workload,
    },
};
use crate::settings::Settings;

/// Ports of nats-server and of the exporter beside it.
const NATS_ROUTES: u16 = 6222;
const NATS_MONITORING: u16 = 8222;
const NATS_EXPORTER: u16 = 7777;
/// Ports of an instance of CloudNativePG besides PostgreSQL's: what the operator asks, and metrics.
const POSTGRES_STATUS: u16 = 8000;
const POSTGRES_METRICS: u16 = 9187;
/// Where kgateway's controller tells its proxies what to do.
const XDS: u16 = 9977;
/// Where a proxy of kgateway listens for the Gateway's ports 80 and 443, as it may not bind those, and where it has metrics.
const GATEWAY_PORTS: [u16; 4] = [80, 443, 8080, 8443];
const GATEWAY_METRICS: u16 = 9091;
/// Where cert-manager answers the questions of an issuer that asks by HTTP.
const SOLVER: u16 = 8089;

/// The pods of NACK's chart.
const NACK: (&str, &str) = ("app", "nack");

/// NATS: our programs and NACK sign in, servers speak to each other, KEDA and Prometheus read figures.
pub(in super::super) fn nats(settings: &Settings) -> NetworkPolicy {
    let keda = settings.cluster.keda_namespace.as_deref().unwrap_or("keda");
    // By name: the pods of the gateway have the component `proxy` too.
    let mut clients = vec![workload(proxy::NAME)];
    clients.extend(settings.services.keys().map(|name| workload(name)));
    clients.push(pods(&[NACK]));
    let ingress = vec![
        from(clients, &[NATS]),
        from(vec![workload("nats")], &[NATS_ROUTES]),
        from(vec![pods_in(keda, &[("app.kubernetes.io/name", "keda-operator")])], &[NATS_MONITORING]),
        from(vec![prometheus(settings)], &[NATS_EXPORTER]),
    ];
    let egress = vec![dns(), to(vec![workload("nats")], &[NATS_ROUTES])];
    policy(settings, ("nats", "nats"), meta::selector("nats"), ingress, egress)
}

/// NACK: reads what is wanted from the API server, and makes it at NATS.
pub(in super::super) fn nack(settings: &Settings) -> NetworkPolicy {
    let egress = vec![dns(), to_nats(), api_server(settings)];
    policy(settings, ("nack", "nack"), labelled(&[NACK]), Vec::new(), egress)
}

/// A PostgreSQL cluster: its services, its migrations, its operator, and its instances among themselves.
pub(in super::super) fn database(settings: &Settings, name: &str) -> NetworkPolicy {
    let own = [("cnpg.io/cluster", name)];
    let users = settings.services.iter().filter(|(_, service)| service.database.as_deref() == Some(name));
    let mut clients = vec![pods(&own)];
    for (user, service) in users {
        clients.push(workload(user));
        if service.migrations {
            clients.push(workload(&super::super::migrations::name(user)));
        }
    }
    let operator = settings.cluster.database_namespace.as_deref().unwrap_or("cnpg-system");
    let ingress = vec![
        from(clients, &[POSTGRES]),
        from(vec![pods(&own), all_of(operator)], &[POSTGRES_STATUS]),
        from(vec![all_of(operator)], &[POSTGRES]),
        from(vec![prometheus(settings)], &[POSTGRES_METRICS]),
    ];
    let egress = vec![dns(), to(vec![pods(&own)], &[POSTGRES, POSTGRES_STATUS]), api_server(settings)];
    policy(settings, (name, name), labelled(&own), ingress, egress)
}

/// The Gateway's proxies, which kgateway runs beside the Gateway: the one way in from outside.
pub(in super::super) fn gateway(settings: &Settings) -> NetworkPolicy {
    let ingress = vec![
        from(vec![block("0.0.0.0/0"), block("::/0")], &GATEWAY_PORTS),
        from(vec![prometheus(settings)], &[GATEWAY_METRICS]),
    ];
    let egress = vec![
        dns(),
        to(vec![all_of(gateway_namespace(settings))], &[XDS]),
        to(vec![workload(proxy::NAME), workload("frontend")], &[HTTP_PORT]),
        to(vec![pods(&[SOLVER_PODS])], &[SOLVER]),
    ];
    policy(settings, ("gateway", "gateway"), labelled(&[GATEWAY]), ingress, egress)
}

/// What cert-manager runs while a certificate is asked for.
const SOLVER_PODS: (&str, &str) = ("acme.cert-manager.io/http01-solver", "true");

/// An issuer asks through the Gateway whether the host name is ours.
pub(in super::super) fn certificates(settings: &Settings) -> Option<NetworkPolicy> {
    settings.gateway.issuer.as_ref()?;
    let ingress = vec![from(vec![pods(&[GATEWAY])], &[SOLVER])];
    let names = ("gateway", "certificate-solver");
    Some(policy(settings, names, labelled(&[SOLVER_PODS]), ingress, Vec::new()))
}

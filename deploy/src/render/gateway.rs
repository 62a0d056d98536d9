//! The way in: the Gateway and its routes. Only the proxy and the web frontend are behind it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::{PodSecurityContext, SeccompProfile};

use super::{meta, pod};
use crate::{
    object::Object,
    resource::{
        Custom, Kind as _,
        gateway::{
            AllowedRoutes, BackendRef, Filter, GatewayParametersSpec, GatewaySpec, HttpRouteSpec,
            Infrastructure, Listener, ListenerTls, Match, ParametersRef, ParentRef, PathMatch, PathModifier,
            ProxyDeployment, ProxyPod, ProxyPods, Redirect, RouteNamespaces, Rule, SecretRef, Timeouts,
        },
    },
    settings::Settings,
};

/// The Gateway, and the workload that it and its routes belong to.
const GATEWAY: &str = "uptake";
/// The listener for plain HTTP.
const HTTP: &str = "http";
/// The port of the Services behind it.
const BACKEND_PORT: i32 = 8080;
/// The longest `Prefer: wait` where nobody says otherwise (`PROXY_MAX_WAIT`).
const USUAL_WAIT: f64 = 60.0;
/// What the gateway waits beyond what the proxy may take, in seconds, so that it is the proxy that tells what happened.
const BEYOND: f64 = 10.0;
/// Time for a file of the web frontend, in seconds.
const PAGE_SECONDS: u32 = 60;
/// What the paths of the proxy's own lie below.
const PROXYS_OWN: &str = "/-";

/// Its objects.
pub(super) fn render(settings: &Settings) -> Result<Vec<Object>> {
    let mut objects = vec![gateway(settings)];
    objects.extend(parameters(settings));
    if is_https(settings) {
        objects.push(route(settings, "https-redirect", to_https()));
    }
    let proxy = HttpRouteSpec {
        parent_refs: vec![parent(settings, host_of(settings, settings.proxy.host.as_ref()))],
        hostnames: host_of(settings, settings.proxy.host.as_ref()).cloned().into_iter().collect(),
        rules: proxy_rules(settings)?,
    };
    objects.push(route(settings, "http-to-nats-proxy", proxy));
    if let Some(page) = &settings.frontend {
        let host = host_of(settings, page.host.as_ref());
        let frontend = HttpRouteSpec {
            parent_refs: vec![parent(settings, host)],
            hostnames: host.cloned().into_iter().collect(),
            rules: page_rules(settings, &page.path),
        };
        objects.push(route(settings, "frontend", frontend));
    }
    Ok(objects)
}

fn is_https(settings: &Settings) -> bool {
    settings.gateway.issuer.is_some()
}

fn host_of<'a>(settings: &'a Settings, own: Option<&'a String>) -> Option<&'a String> {
    own.or(settings.gateway.host.as_ref())
}

/// All host names, each once.
fn hosts(settings: &Settings) -> BTreeSet<&String> {
    let page = settings.frontend.as_ref().and_then(|page| host_of(settings, page.host.as_ref()));
    host_of(settings, settings.proxy.host.as_ref()).into_iter().chain(page).collect()
}

fn gateway(settings: &Settings) -> Object {
    let mut listeners =
        vec![Listener { name: HTTP.to_owned(), port: 80, protocol: "HTTP".to_owned(), ..listener() }];
    if is_https(settings) {
        listeners.extend(hosts(settings).into_iter().map(|host| https(host)));
    }
    let mut annotations = settings.gateway.annotations.clone();
    if settings.gateway.dns {
        let names = hosts(settings).into_iter().map(String::as_str).collect::<Vec<_>>().join(",");
        annotations.insert("external-dns.alpha.kubernetes.io/hostname".to_owned(), names);
    }
    let parameters_ref = is_kgateway(settings).then(|| ParametersRef {
        group: "gateway.kgateway.dev".to_owned(),
        kind: GatewayParametersSpec::KIND.to_owned(),
        name: GATEWAY.to_owned(),
    });
    let infrastructure =
        Some(Infrastructure { annotations, parameters_ref }).filter(|one| *one != Infrastructure::default());
    let spec = GatewaySpec { gateway_class_name: settings.gateway.class.clone(), listeners, infrastructure };
    let mut metadata = meta::named(settings, GATEWAY, GATEWAY);
    // cert-manager makes a certificate for each listener that has a host name, and renews it.
    metadata.annotations = settings
        .gateway
        .issuer
        .clone()
        .map(|issuer| BTreeMap::from([("cert-manager.io/cluster-issuer".to_owned(), issuer)]));
    Custom { metadata, spec }.into()
}

/// Whether it is kgateway's controller that makes the proxies.
fn is_kgateway(settings: &Settings) -> bool {
    settings.gateway.class == "kgateway"
}

/// The proxies of kgateway as the namespace's pod security wants them (their own default has no seccomp profile), and as many as
/// there are proxies of ours at least.
fn parameters(settings: &Settings) -> Option<Object> {
    let seccomp = SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None };
    let security_context = PodSecurityContext {
        run_as_non_root: Some(true),
        seccomp_profile: Some(seccomp),
        ..PodSecurityContext::default()
    };
    let kube = ProxyPods {
        deployment: Some(ProxyDeployment { replicas: Some(i32::from(settings.proxy.replicas.min)) }),
        pod_template: Some(ProxyPod {
            security_context: Some(security_context),
            topology_spread_constraints: pod::spread(GATEWAY),
        }),
    };
    let metadata = meta::named(settings, GATEWAY, GATEWAY);
    let spec = GatewayParametersSpec { kube: Some(kube) };
    is_kgateway(settings).then(|| Custom { metadata, spec }.into())
}

/// What all listeners have: no other namespace brings routes.
fn listener() -> Listener {
    let namespaces = RouteNamespaces { from: "Same".to_owned() };
    Listener { allowed_routes: Some(AllowedRoutes { namespaces: Some(namespaces) }), ..Listener::default() }
}

fn https(host: &str) -> Listener {
    let certificate = SecretRef { name: format!("{}-tls", host.replace('.', "-")) };
    Listener {
        name: https_name(host),
        port: 443,
        protocol: "HTTPS".to_owned(),
        hostname: host.to_owned(),
        tls: Some(ListenerTls { mode: "Terminate".to_owned(), certificate_refs: vec![certificate] }),
        ..listener()
    }
}

fn https_name(host: &str) -> String {
    format!("https-{}", host.replace('.', "-"))
}

fn route(settings: &Settings, name: &str, spec: HttpRouteSpec) -> Object {
    Custom { metadata: meta::named(settings, GATEWAY, name), spec }.into()
}

/// The listener that a host's routes are for: where there is HTTPS, no other.
fn parent(settings: &Settings, host: Option<&String>) -> ParentRef {
    let section_name = host.filter(|_| is_https(settings)).map_or(HTTP.to_owned(), |host| https_name(host));
    ParentRef { name: GATEWAY.to_owned(), section_name }
}

/// Plain HTTP leads nowhere but to HTTPS. Issuers that ask by HTTP are answered all the same: their path is longer.
fn to_https() -> HttpRouteSpec {
    let redirect = Redirect { scheme: "https".to_owned(), status_code: Some(301), ..Redirect::default() };
    let rule = Rule { matches: below("/"), filters: vec![redirected(redirect)], ..Rule::default() };
    HttpRouteSpec {
        parent_refs: vec![ParentRef { name: GATEWAY.to_owned(), section_name: HTTP.to_owned() }],
        hostnames: Vec::new(),
        rules: vec![rule],
    }
}

/// Nothing is ever tried again here: only the proxy knows what may be.
fn proxy_rules(settings: &Settings) -> Result<Vec<Rule>> {
    let path = settings.proxy.path.trim_end_matches('/');
    Ok(vec![
        // Streams of events, and who waits for a job: the proxy ends them.
        to_backend("own", &format!("{path}{PROXYS_OWN}"), "http-to-nats-proxy", "0s".to_owned()),
        to_backend("services", &settings.proxy.path, "http-to-nats-proxy", answered(settings)?),
    ])
}

/// The longest time from a request to its answer.
fn answered(settings: &Settings) -> Result<String> {
    let wait = match settings.proxy.env.get("PROXY_MAX_WAIT") {
        None => USUAL_WAIT,
        Some(text) => {
            text.parse().with_context(|| format!("proxy.env.PROXY_MAX_WAIT: {text:?} is no number"))?
        }
    };
    Ok(format!("{}s", (f64::from(settings.proxy.budget_seconds).max(wait) + BEYOND).ceil()))
}

fn page_rules(settings: &Settings, path: &str) -> Vec<Rule> {
    let mut rules = vec![to_backend("page", path, "frontend", format!("{PAGE_SECONDS}s"))];
    let page = settings.frontend.as_ref().and_then(|page| host_of(settings, page.host.as_ref()));
    let is_shared = page == host_of(settings, settings.proxy.host.as_ref());
    let root_is_free = path != "/" && (!is_shared || settings.proxy.path != "/");
    if root_is_free {
        let path = PathModifier {
            kind: "ReplaceFullPath".to_owned(),
            replace_full_path: format!("{}/", path.trim_end_matches('/')),
        };
        let redirect = Redirect { path: Some(path), status_code: Some(302), ..Redirect::default() };
        let exact = PathMatch { kind: "Exact".to_owned(), value: "/".to_owned() };
        let matches = vec![Match { path: Some(exact) }];
        let name = "root".to_owned();
        rules.push(Rule { name, matches, filters: vec![redirected(redirect)], ..Rule::default() });
    }
    rules
}

fn to_backend(name: &str, path: &str, backend: &str, request: String) -> Rule {
    Rule {
        name: name.to_owned(),
        matches: below(path),
        backend_refs: vec![BackendRef { name: backend.to_owned(), port: Some(BACKEND_PORT) }],
        timeouts: Some(Timeouts { request, ..Timeouts::default() }),
        ..Rule::default()
    }
}

fn below(path: &str) -> Vec<Match> {
    let path = PathMatch { kind: "PathPrefix".to_owned(), value: path.to_owned() };
    vec![Match { path: Some(path) }]
}

fn redirected(redirect: Redirect) -> Filter {
    Filter { kind: "RequestRedirect".to_owned(), request_redirect: Some(redirect) }
}

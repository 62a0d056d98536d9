//! The Gateway API, version 1.5, standard channel (<https://gateway-api.sigs.k8s.io/reference/spec/>).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PodSecurityContext, TopologySpreadConstraint};

use super::Kind;

fields! {
    /// The listeners of a gateway.
    GatewaySpec {
        /// The GatewayClass, whose controller makes it.
        gateway_class_name: String,
        /// Where it listens.
        listeners: Vec<Listener>,
        /// What the load balancer and its proxies get.
        infrastructure: Option<Infrastructure>,
    }

    /// Where a gateway listens.
    Listener {
        /// Its name, by which routes refer to it.
        name: String,
        /// Its port.
        port: i32,
        /// `HTTP` or `HTTPS`.
        protocol: String,
        /// The host name; any without it.
        hostname: String,
        /// Its certificate.
        tls: Option<ListenerTls>,
        /// Which routes may refer to it.
        allowed_routes: Option<AllowedRoutes>,
    }

    /// How a listener speaks TLS.
    ListenerTls {
        /// `Terminate`: clients' TLS ends here.
        mode: String,
        /// The Secrets with the certificate.
        certificate_refs: Vec<SecretRef>,
    }

    /// A Secret, in the same namespace.
    SecretRef {
        /// Its name.
        name: String,
    }

    /// Which routes may refer to a listener.
    AllowedRoutes {
        /// Of which namespaces.
        namespaces: Option<RouteNamespaces>,
    }

    /// Of which namespaces routes may be.
    RouteNamespaces {
        /// `Same`: of the gateway's own.
        from: String,
    }

    /// What the load balancer and its proxies get.
    Infrastructure {
        /// Annotations of their objects.
        annotations: BTreeMap<String, String>,
        /// What its controller alone understands.
        parameters_ref: Option<ParametersRef>,
    }

    /// An object of the controller's own, in the same namespace.
    ParametersRef {
        /// Its group.
        group: String,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    }

    /// How kgateway runs the proxies of a gateway (<https://kgateway.dev/docs/latest/reference/api/>).
    GatewayParametersSpec {
        /// As pods.
        kube: Option<ProxyPods>,
    }

    /// The pods of the proxies.
    ProxyPods {
        /// Their Deployment.
        deployment: Option<ProxyDeployment>,
        /// Each of them.
        pod_template: Option<ProxyPod>,
    }

    /// The Deployment of the proxies.
    ProxyDeployment {
        /// How many there are.
        replicas: Option<i32>,
    }

    /// A pod of a proxy.
    ProxyPod {
        /// What it may do.
        security_context: Option<PodSecurityContext>,
        /// Where it may be, by where the others are.
        topology_spread_constraints: Vec<TopologySpreadConstraint>,
    }

    /// Which path goes where.
    HttpRouteSpec {
        /// The listeners.
        parent_refs: Vec<ParentRef>,
        /// The host names; those of the listeners without any.
        hostnames: Vec<String>,
        /// What matches goes where; the most specific match wins.
        rules: Vec<Rule>,
    }

    /// A listener of a gateway.
    ParentRef {
        /// The gateway.
        name: String,
        /// The listener; all that allow it without one.
        section_name: String,
    }

    /// What matches goes where.
    Rule {
        /// Its name in the route.
        name: String,
        /// What is matched; one suffices.
        matches: Vec<Match>,
        /// What is done with a request.
        filters: Vec<Filter>,
        /// Where it goes.
        backend_refs: Vec<BackendRef>,
        /// How long it may take.
        timeouts: Option<Timeouts>,
    }

    /// What is matched.
    Match {
        /// The path.
        path: Option<PathMatch>,
    }

    /// A path.
    PathMatch {
        /// `PathPrefix`: by whole segments; `Exact`.
        #[serde(rename = "type")]
        kind: String,
        /// The path or the prefix.
        value: String,
    }

    /// What is done with a request.
    Filter {
        /// `RequestRedirect`.
        #[serde(rename = "type")]
        kind: String,
        /// Where the client is sent.
        request_redirect: Option<Redirect>,
    }

    /// Where a client is sent.
    Redirect {
        /// Another scheme.
        scheme: String,
        /// Another path.
        path: Option<PathModifier>,
        /// Such as 301.
        status_code: Option<i32>,
    }

    /// Another path.
    PathModifier {
        /// `ReplaceFullPath`.
        #[serde(rename = "type")]
        kind: String,
        /// The path.
        replace_full_path: String,
    }

    /// A Service, in the same namespace.
    BackendRef {
        /// Its name.
        name: String,
        /// Its port.
        port: Option<i32>,
    }

    /// How long a request may take, as Go writes durations; `0s` for ever.
    Timeouts {
        /// From the request to the end of its answer.
        request: String,
        /// The same, of one go at the backend.
        backend_request: String,
    }
}

impl Kind for GatewaySpec {
    const API_VERSION: &'static str = "gateway.networking.k8s.io/v1";
    const KIND: &'static str = "Gateway";
}

impl Kind for HttpRouteSpec {
    const API_VERSION: &'static str = "gateway.networking.k8s.io/v1";
    const KIND: &'static str = "HTTPRoute";
}

impl Kind for GatewayParametersSpec {
    const API_VERSION: &'static str = "gateway.kgateway.dev/v1alpha1";
    const KIND: &'static str = "GatewayParameters";
}

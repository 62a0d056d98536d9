//! The certificate of NATS. Its names are those within the cluster, which no public issuer signs: the namespace has an authority
//! of its own, whose certificate lies beside the key, as `ca.crt`, for clients to verify.

use crate::{
    object::Object,
    resource::{
        Custom,
        certificate::{CaIssuer, Certificate, Issuer, IssuerRef, PrivateKey, SelfSigned},
    },
    settings::Settings,
};

use super::{files::NATS_CERTIFICATE, meta};

/// The workload.
const NATS: &str = "nats";
/// The authority, its Secret and the issuer that signs by it.
const AUTHORITY: &str = "nats-authority";
/// What signs the authority's own certificate.
const SELF_SIGNED: &str = "nats-self-signed";
/// Ten years: a new authority means that every client must get its certificate first.
const AUTHORITY_HOLDS: &str = "87600h";

/// The certificate, and who issues it, where NATS speaks TLS.
pub(super) fn render(settings: &Settings) -> Vec<Object> {
    if !settings.nats.tls {
        return Vec::new();
    }
    let issuer = |name: &str, spec| Custom { metadata: meta::named(settings, NATS, name), spec }.into();
    let certificate = |name: &str, spec| Custom { metadata: meta::named(settings, NATS, name), spec }.into();
    let ca = CaIssuer { secret_name: AUTHORITY.to_owned() };
    vec![
        issuer(SELF_SIGNED, Issuer { self_signed: Some(SelfSigned::default()), ..Issuer::default() }),
        certificate(AUTHORITY, authority()),
        issuer(AUTHORITY, Issuer { ca: Some(ca), ..Issuer::default() }),
        certificate(NATS_CERTIFICATE, servers(settings)),
    ]
}

fn authority() -> Certificate {
    Certificate {
        secret_name: AUTHORITY.to_owned(),
        common_name: AUTHORITY.to_owned(),
        is_ca: Some(true),
        duration: AUTHORITY_HOLDS.to_owned(),
        private_key: key("Never"),
        issuer_ref: issued_by(SELF_SIGNED),
        ..Certificate::default()
    }
}

/// For clients that come by the Service, and for servers, which know each other by the names of their pods.
fn servers(settings: &Settings) -> Certificate {
    let namespace = &settings.namespace;
    let names = |name: &str| {
        let ends = [
            String::new(),
            format!(".{namespace}"),
            format!(".{namespace}.svc"),
            format!(".{namespace}.svc.cluster.local"),
        ];
        ends.map(|end| format!("{name}{end}"))
    };
    Certificate {
        secret_name: NATS_CERTIFICATE.to_owned(),
        dns_names: [NATS, "nats-headless", "*.nats-headless"].iter().flat_map(|name| names(name)).collect(),
        usages: ["digital signature", "key encipherment", "server auth", "client auth"]
            .map(str::to_owned)
            .to_vec(),
        private_key: key("Always"),
        issuer_ref: issued_by(AUTHORITY),
        ..Certificate::default()
    }
}

fn key(rotation: &str) -> Option<PrivateKey> {
    Some(PrivateKey { algorithm: "ECDSA".to_owned(), size: Some(256), rotation_policy: rotation.to_owned() })
}

fn issued_by(name: &str) -> IssuerRef {
    IssuerRef { name: name.to_owned(), kind: "Issuer".to_owned(), group: "cert-manager.io".to_owned() }
}

//! How NACK reaches NATS. Its program takes no user and no password; only this object can name the Secret that has them.

use crate::{
    nats::CERTIFICATE,
    object::Object,
    render::meta,
    resource::{
        Custom,
        nack::{AccountSpec, SecretName, TlsFiles, UserKeys},
    },
    settings::Settings,
};

/// Its name, which each stream and each consumer has to say.
pub(super) const ACCOUNT: &str = "uptake";
/// The workload that it belongs to.
const OWNER: &str = "nack";

pub(super) fn account(settings: &Settings) -> Object {
    let scheme = if settings.nats.tls { "tls" } else { "nats" };
    let secret = |name: &str| SecretName { name: name.to_owned() };
    let user = UserKeys {
        secret: secret("nats-user-nack"),
        user: "user".to_owned(),
        password: "password".to_owned(),
    };
    let tls = TlsFiles { secret: secret(CERTIFICATE), ca: "ca.crt".to_owned() };
    let spec = AccountSpec {
        name: ACCOUNT.to_owned(),
        servers: vec![format!("{scheme}://nats:4222")],
        user: Some(user),
        tls: settings.nats.tls.then_some(tls),
    };
    Custom { metadata: meta::named(settings, OWNER, ACCOUNT), spec }.into()
}

//! The secret of a platform: job ids and tenants' hashes are made with it, so that nobody can compute them.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _, digest::Key};
use http::{Request, header};
use sha2::{Digest as _, Sha256};

use super::Tenant;
use crate::wire::JobId;

/// The secret that all proxies share.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A secret of these octets; any number of them will do.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        let mut key = Key::<Hmac<Sha256>>::default();
        for (to, from) in key.iter_mut().zip(Sha256::digest(octets)) {
            *to = from;
        }
        Self(Hmac::new(&key))
    }

    /// The id of the job that this key stands for.
    #[must_use]
    pub fn job_id(&self, tenant: &str, method: &str, target: &str, key: &str) -> JobId {
        JobId::from_bits(self.hash(&["job", tenant, method, target, key]))
    }

    /// What stands for a tenant in records; empty for nobody.
    #[must_use]
    pub fn tenant(&self, tenant: &Tenant) -> String {
        let bits = match tenant {
            Tenant::Subject(subject) => self.hash(&["subject", subject]),
            Tenant::Credentials(hash) => self.hash(&["credentials", hash]),
            Tenant::None => return String::new(),
        };
        format!("{bits:032x}")
    }

    /// The first 128 bits over these parts; each goes with its length, so that no two lists are alike.
    fn hash(&self, parts: &[&str]) -> u128 {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let octets = mac.finalize().into_bytes();
        octets.iter().take(16).fold(0, |bits, octet| bits << 8 | u128::from(*octet))
    }
}

/// What tells a repeat from another request: SHA-256 of method, target, content type and body, in hex.
#[must_use]
pub fn fingerprint<B: AsRef<[u8]>>(request: &Request<B>) -> String {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let mut hash = Sha256::new();
    let mut part = |octets: &[u8]| {
        hash.update((octets.len() as u64).to_be_bytes());
        hash.update(octets);
    };
    part(request.method().as_str().as_bytes());
    part(target.as_bytes());
    let content_type = request.headers().get(header::CONTENT_TYPE);
    part(content_type.map_or(&[], |value| value.as_bytes()));
    part(request.body().as_ref());
    let mut text = String::with_capacity(64);
    for octet in hash.finalize() {
        let _ = write!(text, "{octet:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_another_one_for_another_tenant_method_target_key_or_secret() {
        let secret = Secret::new(b"secret");
        let id = |tenant, method, target, key| secret.job_id(tenant, method, target, key);
        let one = id("t", "POST", "/users", "k");
        assert_eq!(one, id("t", "POST", "/users", "k"));
        for other in [
            id("", "POST", "/users", "k"),
            id("t", "PUT", "/users", "k"),
            id("t", "POST", "/user", "sk"),
            id("t", "POST", "/users", "l"),
            id("tP", "OST", "/users", "k"),
            Secret::new(b"other").job_id("t", "POST", "/users", "k"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn nobody_is_empty_and_tenants_differ() {
        let secret = Secret::new(b"");
        assert_eq!(secret.tenant(&Tenant::None), "");
        let subject = secret.tenant(&Tenant::Subject("a".to_owned()));
        assert_eq!(subject.len(), 32);
        assert_ne!(subject, secret.tenant(&Tenant::Credentials("a".to_owned())));
        assert_ne!(subject, Secret::new(b"0").tenant(&Tenant::Subject("a".to_owned())));
    }

    #[test]
    fn a_fingerprint_tells_requests_apart() {
        let request = |method: &str, target: &str, content_type: &str, body: &str| {
            let request = Request::builder().method(method).uri(target).header("content-type", content_type);
            fingerprint(&request.body(body.to_owned()).unwrap())
        };
        let one = request("POST", "/a?b", "text/plain", "c");
        assert_eq!(one.len(), 64);
        assert_eq!(one, request("POST", "/a?b", "text/plain", "c"));
        for other in [
            request("PUT", "/a?b", "text/plain", "c"),
            request("POST", "/a?", "text/plain", "c"),
            request("POST", "/a?b", "text/plai", "nc"),
            request("POST", "/a?b", "text/plain", ""),
        ] {
            assert_ne!(one, other);
        }
    }
}

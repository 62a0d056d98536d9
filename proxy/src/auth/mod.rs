//! Who calls: tokens (JWT, RFC 7519) in the field `Authorization` (RFC 6750 §2.1), verified with the public keys of whoever
//! issues them.

pub(crate) mod config;
mod key;
mod keys;
mod paths;
mod seen;
mod source;
mod token;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use http::{HeaderMap, header};
use uptake::{Fault, Identity, client::Failure, wire::IdentityError};

use config::AuthConfig;
use keys::Keys;
use paths::Paths;
use seen::Seen;
use source::Source;
use token::{Refusal, Rules};

/// Tells who calls. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Auth(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: Keys,
    rules: Rules,
    seen: Seen,
    paths: Paths,
}

impl Auth {
    /// `None` without a JWKS: then nobody looks at tokens.
    ///
    /// # Errors
    /// When settings contradict each other, or the file cannot be used.
    pub(crate) async fn start(config: &AuthConfig) -> anyhow::Result<Option<Self>> {
        let Some(jwks) = &config.auth_jwks else { return Ok(None) };
        let paths = Paths::new(config)?;
        let named = || format!("--auth-jwks {jwks}");
        let keys = Keys::start(Source::new(jwks).with_context(named)?).await.with_context(named)?;
        Ok(Some(Self(Arc::new(Inner { keys, rules: Rules::new(config), seen: Seen::default(), paths }))))
    }

    /// Who calls; `None` for a caller without a token, where that is allowed. `path` is as services see it.
    ///
    /// # Errors
    /// When a token is needed and there is none, when there is one that is not valid, or when that cannot be told.
    pub(crate) async fn identify(&self, fields: &HeaderMap, path: &str) -> Result<Option<Identity>, Failure> {
        match bearer(fields)? {
            Some(token) => Ok(Some(self.verify(token).await?)),
            None if self.0.paths.need_token(path) => Err(Fault::Unauthenticated.into()),
            None => Ok(None),
        }
    }

    async fn verify(&self, token: &str) -> Result<Identity, Failure> {
        let Inner { keys, rules, seen, .. } = &*self.0;
        let attempt = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            let keys = keys.get()?;
            if let Some(identity) = seen.get(token, &keys, now) {
                return Some(Ok(identity));
            }
            let verified = token::verify(token, &keys, rules, now);
            if let Ok(identity) = &verified {
                seen.insert(token, &keys, identity.clone(), rules.end_of(identity));
            }
            Some(verified)
        };
        let mut verified = attempt();
        // A key may be newer than ours, or ours may still be on their way.
        if matches!(verified, None | Some(Err(Refusal::UnknownKey))) && keys.look_again().await {
            verified = attempt();
        }
        match verified {
            Some(Ok(identity)) => Ok(identity),
            Some(Err(refusal)) => {
                tracing::debug!(%refusal, "a token is refused");
                Err(fault(refusal).into())
            }
            None => {
                let retry_after = Some(Duration::from_secs(1));
                Err(Failure { fault: Fault::IdentityUnavailable, retry_after })
            }
        }
    }
}

/// The token of a request. Other schemes than `Bearer` are for services.
///
/// # Errors
/// When there is more than one `Authorization`, or a token that is none: a service may read it otherwise than we do.
pub(crate) fn bearer(fields: &HeaderMap) -> Result<Option<&str>, Fault> {
    let mut values = fields.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Fault::InvalidToken);
    }
    let octets = value.as_bytes();
    let end = octets.iter().position(|octet| b" \t,".contains(octet)).unwrap_or(octets.len());
    let (scheme, token) = octets.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    match std::str::from_utf8(token.trim_ascii()) {
        Ok(token) if !token.is_empty() => Ok(Some(token)),
        _ => Err(Fault::InvalidToken),
    }
}

fn fault(refusal: Refusal) -> Fault {
    match refusal {
        // It may be valid; no message can carry it.
        Refusal::TooLong
        | Refusal::Identity(IdentityError::SubjectTooLong | IdentityError::ClaimsTooLarge) => {
            Fault::FieldsTooLarge
        }
        Refusal::Malformed
        | Refusal::Critical
        | Refusal::Type
        | Refusal::Algorithm
        | Refusal::UnknownKey
        | Refusal::Signature
        | Refusal::NoExpiry
        | Refusal::Expired
        | Refusal::NotYet
        | Refusal::Issuer
        | Refusal::Audience
        | Refusal::Identity(IdentityError::NoSubject) => Fault::InvalidToken,
    }
}

#[cfg(test)]
mod tests;

//! From a token to an identity: pure, apart from the keys and the clock that it is given (RFC 7519, RFC 8725).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};
use uptake::{Identity, wire::IdentityError};

use super::{
    config::AuthConfig,
    key::{Algorithm, KeySet},
};

/// Longest token, in octets: the claims alone may have 8 KiB, and grow by a third in base64.
const MAX_TOKEN_OCTETS: usize = 16 * 1024;

/// What must hold of a token besides its signature.
#[derive(Debug)]
pub(crate) struct Rules {
    issuer: Option<String>,
    audience: Vec<String>,
    leeway_seconds: f64,
    algorithms: Vec<Algorithm>,
}

impl Rules {
    pub(crate) fn new(config: &AuthConfig) -> Self {
        Self {
            issuer: config.auth_issuer.clone(),
            audience: config.auth_audience.clone(),
            leeway_seconds: config.auth_leeway.into(),
            algorithms: config.auth_algorithms.clone(),
        }
    }

    /// When the token of an identity ends to be valid, in seconds since 1970.
    pub(crate) fn end_of(&self, identity: &Identity) -> f64 {
        identity.claims().get("exp").and_then(Value::as_f64).unwrap_or_default() + self.leeway_seconds
    }
}

/// Why a token identifies nobody.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    #[error("it has more than {MAX_TOKEN_OCTETS} octets")]
    TooLong,
    #[error("it is no signed JWT in compact form")]
    Malformed,
    #[error("its header asks for what is not understood here (crit)")]
    Critical,
    #[error("it is of another type than an access token or plain JWT")]
    Type,
    #[error("its algorithm is not allowed")]
    Algorithm,
    #[error("none of the keys has signed it, and it may be signed by a newer one")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it has no expiry")]
    NoExpiry,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYet,
    #[error("it has another issuer")]
    Issuer,
    #[error("it is for another audience")]
    Audience,
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default)]
    crit: Value,
}

/// Verifies a token.
///
/// # Errors
/// When it is not one of the issuer's, or `now`, in seconds since 1970, is outside of its time.
pub(crate) fn verify(token: &str, keys: &KeySet, rules: &Rules, now: f64) -> Result<Identity, Refusal> {
    if token.len() > MAX_TOKEN_OCTETS {
        return Err(Refusal::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Refusal::Malformed)?;
    let header: Header = decoded(header)?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
    check_header(&header)?;
    let algorithm = header.alg.parse().ok().filter(|algorithm| rules.algorithms.contains(algorithm));
    let algorithm = algorithm.ok_or(Refusal::Algorithm)?;

    let id = header.kid.as_deref();
    let mut is_sure = false;
    let has_signed = keys.candidates(id).any(|key| {
        is_sure |= key.id.is_some() && id.is_some();
        key.has_signed(algorithm, message.as_bytes(), &signature)
    });
    if !has_signed {
        return Err(if is_sure { Refusal::Signature } else { Refusal::UnknownKey });
    }
    let claims: Map<String, Value> = decoded(payload)?;
    check_claims(&claims, rules, now)?;
    Ok(Identity::new(claims)?)
}

/// A part of a token: JSON in base64.
fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Refusal::Malformed)
}

/// What the key signs for other ends, such as logouts or proofs of possession, says nothing of who calls (RFC 8725 §3.11).
fn check_header(header: &Header) -> Result<(), Refusal> {
    if !header.crit.is_null() {
        return Err(Refusal::Critical);
    }
    let typ = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    if ["jwt", "at+jwt"].contains(&typ) { Ok(()) } else { Err(Refusal::Type) }
}

/// Time, issuer and audience (RFC 7519 §4.1).
fn check_claims(claims: &Map<String, Value>, rules: &Rules, now: f64) -> Result<(), Refusal> {
    let time = |name| claims.get(name).map(|time| time.as_f64().ok_or(Refusal::Malformed)).transpose();
    let expiry = time("exp")?.ok_or(Refusal::NoExpiry)?;
    if now >= expiry + rules.leeway_seconds {
        return Err(Refusal::Expired);
    }
    if time("nbf")?.is_some_and(|not_before| now < not_before - rules.leeway_seconds) {
        return Err(Refusal::NotYet);
    }
    if rules.issuer.is_some() && claims.get("iss").and_then(Value::as_str) != rules.issuer.as_deref() {
        return Err(Refusal::Issuer);
    }
    let ours =
        |name: &Value| name.as_str().is_some_and(|name| rules.audience.iter().any(|ours| ours == name));
    // A token that names an audience is for nobody else, nor for one that has no name (RFC 7519 §4.1.3).
    let is_for_us = match claims.get("aud") {
        None => rules.audience.is_empty(),
        Some(Value::Array(names)) => names.iter().any(ours),
        Some(name) => ours(name),
    };
    if is_for_us { Ok(()) } else { Err(Refusal::Audience) }
}

#[cfg(test)]
mod tests;

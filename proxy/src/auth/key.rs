//! Public keys and the signatures that they verify (RFC 7517, RFC 7518 §3, RFC 8037).

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;

/// Most keys that are taken of one set: a token that names no key is tried with all.
const MAX_KEYS: usize = 32;

/// How a token may be signed. `none` is no such way, and those with a shared secret neither: a set of public keys has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The value of `alg`.
    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    fn scheme(self) -> Scheme {
        match self {
            Self::Rs256 => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
            Self::Es256 => Scheme::Point(Curve::P256, &signature::ECDSA_P256_SHA256_FIXED),
            Self::Es384 => Scheme::Point(Curve::P384, &signature::ECDSA_P384_SHA384_FIXED),
            Self::EdDsa => Scheme::Point(Curve::Ed25519, &signature::ED25519),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            match text {
                "HS256" | "HS384" | "HS512" => {
                    format!("{text} needs a secret, and a JWKS has public keys: use one of {known}")
                }
                _ => format!("{text:?} is none of {known}"),
            }
        })
    }
}

/// What an algorithm needs of a key.
enum Scheme {
    Rsa(&'static RsaParameters),
    Point(Curve, &'static dyn VerificationAlgorithm),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    Ed25519,
}

#[derive(Debug)]
enum Material {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    Point(Curve, Vec<u8>),
}

/// One public key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: Option<String>,
    /// The only algorithm that it may be used with, if its owner says so.
    algorithm: Option<String>,
    material: Material,
}

/// A key as a JWKS has it (RFC 7517 §4), as far as it concerns us.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Key {
    /// A key that can verify signatures; `None` for all others, which a set may hold too (RFC 7517 §5).
    fn from_jwk(jwk: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let signs = jwk.usage.is_none_or(|usage| usage == "sig")
            && jwk.key_ops.is_none_or(|operations| operations.iter().any(|name| name == "verify"));
        let octets = |member: Option<String>| BASE64_URL_SAFE_NO_PAD.decode(member?).ok();
        let coordinate = |member, length| octets(member).filter(|octets| octets.len() == length);
        let point = |curve, x, y, length| {
            let point = [&[4], &coordinate(x, length)?[..], &coordinate(y, length)?[..]].concat();
            Some(Material::Point(curve, point))
        };
        let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                // A number, so leading zeros mean nothing; the crypto library refuses them.
                let number = |member| {
                    octets(member).map(|octets| octets.into_iter().skip_while(|&octet| octet == 0).collect())
                };
                Some(Material::Rsa(RsaPublicKeyComponents { n: number(jwk.n)?, e: number(jwk.e)? }))
            }
            ("EC", Some("P-256")) => point(Curve::P256, jwk.x, jwk.y, 32),
            ("EC", Some("P-384")) => point(Curve::P384, jwk.x, jwk.y, 48),
            ("OKP", Some("Ed25519")) => Some(Material::Point(Curve::Ed25519, coordinate(jwk.x, 32)?)),
            _ => None,
        };
        let material = material.filter(|_| signs)?;
        Some(Self { id: jwk.kid, algorithm: jwk.alg, material })
    }

    /// Whether this key has signed a message, in this way.
    pub(crate) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if self.algorithm.as_ref().is_some_and(|only| only != algorithm.name()) {
            return false;
        }
        match (algorithm.scheme(), &self.material) {
            (Scheme::Rsa(parameters), Material::Rsa(key)) => {
                key.verify(parameters, message, signature).is_ok()
            }
            (Scheme::Point(curve, verify), Material::Point(of, point)) if curve == *of => {
                UnparsedPublicKey::new(verify, point).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// A set of public keys.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a JWKS (RFC 7517 §5), and leaves out what is no key for signatures, or of a kind that is unknown here.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Jwks {
            keys: Vec<Value>,
        }
        let Jwks { keys } = serde_json::from_slice(document)?;
        Ok(Self(keys.into_iter().filter_map(Key::from_jwk).take(MAX_KEYS).collect()))
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The keys that may have signed a token: those of its key id, or those without any if none has it, or all if it
    /// names none.
    pub(crate) fn candidates(&self, id: Option<&str>) -> impl Iterator<Item = &Key> {
        let known = id.is_some_and(|id| self.0.iter().any(|key| key.id.as_deref() == Some(id)));
        let named = if known { id } else { None };
        self.0.iter().filter(move |key| id.is_none() || key.id.as_deref() == named)
    }
}

#[cfg(test)]
mod tests;

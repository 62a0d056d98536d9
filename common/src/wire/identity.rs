//! Who calls: a subject and claims that a proxy has verified.

use std::sync::Arc;

use async_nats::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    DecodeError, ascii_json,
    fields::{percent_decode, percent_encode},
    insert, is_plain, names, required,
};

/// Most octets of a subject, in UTF-8.
pub const MAX_SUBJECT_OCTETS: usize = 256;
/// Most octets of all claims, as the JSON that travels.
pub const MAX_CLAIMS_OCTETS: usize = 8 * 1024;

/// The verified identity of a caller: the claims of its token ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)).
///
/// Only a proxy that is told whom to trust makes one, and it travels with the calls that a handler makes. In a handler
/// it is an extractor of axum: `Identity` answers 401 where nobody has shown who he is, `Option<Identity>` leaves that to
/// the handler.
///
/// Clones share the claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    subject: String,
    claims: Map<String, Value>,
    /// The claims as they travel, kept because every call that a handler makes carries them on.
    encoded: String,
}

/// Why claims are no identity.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum IdentityError {
    /// There is no `sub`, or it is no string, or empty.
    #[error("the claims name no subject")]
    NoSubject,
    /// The subject exceeds [`MAX_SUBJECT_OCTETS`].
    #[error("the subject has more than {MAX_SUBJECT_OCTETS} octets")]
    SubjectTooLong,
    /// The claims exceed [`MAX_CLAIMS_OCTETS`].
    #[error("the claims have more than {MAX_CLAIMS_OCTETS} octets")]
    ClaimsTooLarge,
}

impl Identity {
    /// An identity by its claims, which somebody has verified; `sub` is its subject.
    ///
    /// # Errors
    /// When there is no subject, or subject or claims are too large to travel.
    pub fn new(claims: Map<String, Value>) -> Result<Self, IdentityError> {
        // A map of JSON values can always be written.
        let encoded = ascii_json(&claims).map_err(|_| IdentityError::NoSubject)?;
        Self::with_encoded(claims, encoded)
    }

    fn with_encoded(claims: Map<String, Value>, encoded: String) -> Result<Self, IdentityError> {
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        if subject.is_empty() {
            return Err(IdentityError::NoSubject);
        }
        if subject.len() > MAX_SUBJECT_OCTETS {
            return Err(IdentityError::SubjectTooLong);
        }
        if encoded.len() > MAX_CLAIMS_OCTETS {
            return Err(IdentityError::ClaimsTooLarge);
        }
        Ok(Self(Arc::new(Inner { subject: subject.to_owned(), claims, encoded })))
    }

    /// Who calls: the claim `sub`, 1 to [`MAX_SUBJECT_OCTETS`] octets of whatever text the issuer uses.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// All claims of the token, `sub` among them.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.0.claims
    }

    /// The claims as a type of one's own.
    ///
    /// ```
    /// # let claims = serde_json::json!({"sub": "ada", "roles": ["admin"]}).as_object().cloned().unwrap();
    /// # let identity = uptake::Identity::new(claims).unwrap();
    /// #[derive(serde::Deserialize)]
    /// struct Claims {
    ///     #[serde(default)]
    ///     roles: Vec<String>,
    /// }
    /// let claims: Claims = identity.claims_as()?;
    /// assert_eq!(claims.roles, ["admin"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// When they do not fit it.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0.claims)
    }

    pub(super) fn encode(&self, headers: &mut HeaderMap, octets: &mut usize) {
        insert(headers, octets, names::AUTH_SUBJECT, &percent_encode(self.0.subject.as_bytes()));
        insert(headers, octets, names::AUTH_CLAIMS, &self.0.encoded);
    }

    /// Reads it back. Only a message without either header is anonymous.
    ///
    /// # Errors
    /// When one of the two headers is missing, there twice or malformed, or they contradict each other: what was meant to
    /// have an identity must not run without it, or with another.
    pub(super) fn decode(headers: &HeaderMap) -> Result<Option<Self>, DecodeError> {
        let (subject, claims) = match (
            once(headers, names::AUTH_SUBJECT, "Uptake-Auth-Subject"),
            once(headers, names::AUTH_CLAIMS, "Uptake-Auth-Claims"),
        ) {
            (Err(DecodeError::Missing(_)), Err(DecodeError::Missing(_))) => return Ok(None),
            (subject, claims) => (subject?, claims?),
        };
        let malformed = DecodeError::Malformed("Uptake-Auth-Claims");
        let parsed = serde_json::from_str(claims).ok().filter(|_| is_plain(claims.as_bytes()));
        let parsed = parsed.ok_or(malformed.clone())?;
        let identity = Self::with_encoded(parsed, claims.to_owned()).map_err(|_| malformed)?;
        if percent_decode(subject).as_deref() != Some(identity.subject().as_bytes()) {
            return Err(DecodeError::Malformed("Uptake-Auth-Subject"));
        }
        Ok(Some(identity))
    }
}

/// The value of a header that must be there exactly once.
fn once<'a>(headers: &'a HeaderMap, name: HeaderName, label: &'static str) -> Result<&'a str, DecodeError> {
    let value = required(headers, name.clone(), label)?;
    if headers.get_all(name).count() > 1 { Err(DecodeError::Malformed(label)) } else { Ok(value) }
}

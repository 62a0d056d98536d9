//! Whose a job is.

use http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

use crate::Identity;

/// Who a request belongs to: what one tenant has asked for, no other sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tenant {
    /// A subject that was verified.
    Subject(String),
    /// Whoever knows these credentials, which nobody has verified: SHA-256 of `Authorization`, in lower-case hex.
    Credentials(String),
    /// All who show nothing.
    #[default]
    None,
}

impl Tenant {
    /// Tells whose a request is, by its identity if it was verified, else by the credentials among its fields.
    #[must_use]
    pub fn of(identity: Option<&Identity>, fields: &HeaderMap) -> Self {
        if let Some(identity) = identity {
            return Self::Subject(identity.subject().to_owned());
        }
        // No field value holds a line feed: what is joined by it can be told apart.
        let values: Vec<_> =
            fields.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes()).collect();
        if values.is_empty() {
            return Self::None;
        }
        let digest = Sha256::digest(values.join(&b'\n'));
        Self::Credentials(digest.iter().map(|octet| format!("{octet:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_verified_subject_counts_before_credentials_and_these_are_not_kept_as_they_are() {
        let mut fields = HeaderMap::new();
        assert_eq!(Tenant::of(None, &fields), Tenant::None);
        fields.append(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        let hash = "3b5df731e406b121bc33f7379b179c5d9273521083bbef410f70ec677f7f9a92";
        assert_eq!(Tenant::of(None, &fields), Tenant::Credentials(hash.to_owned()));
        let ada = Identity::new(json!({"sub": "ada"}).as_object().unwrap().clone()).ok();
        assert_eq!(Tenant::of(ada.as_ref(), &fields), Tenant::Subject("ada".to_owned()));
        fields.append(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpj"));
        assert_ne!(Tenant::of(None, &fields), Tenant::Credentials(hash.to_owned()));
    }
}

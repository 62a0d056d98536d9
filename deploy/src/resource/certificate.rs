//! Certificates of cert-manager (<https://cert-manager.io/docs/reference/api-docs/>).

use super::Kind;

fields! {
    /// A certificate and the Secret that it is written to.
    Certificate {
        /// The Secret.
        secret_name: String,
        /// The name that people know it by.
        common_name: String,
        /// The names that it is for.
        dns_names: Vec<String>,
        /// What it is for, such as `server auth`.
        usages: Vec<String>,
        /// How long it holds, as Go writes durations; 90 days without it.
        duration: String,
        /// Whether it may issue others.
        #[serde(rename = "isCA")]
        is_ca: Option<bool>,
        /// The key.
        private_key: Option<PrivateKey>,
        /// Who issues it.
        issuer_ref: IssuerRef,
    }

    /// The key of a certificate.
    PrivateKey {
        /// `ECDSA`, `RSA` or `Ed25519`.
        algorithm: String,
        /// Its size in bits.
        size: Option<i64>,
        /// `Always`: a new one with each certificate.
        rotation_policy: String,
    }

    /// Who issues a certificate.
    IssuerRef {
        /// Its name.
        name: String,
        /// `Issuer`, of the same namespace, or `ClusterIssuer`.
        kind: String,
        /// Its API group.
        group: String,
    }

    /// An issuer of the namespace.
    Issuer {
        /// Issues certificates that are their own issuers.
        self_signed: Option<SelfSigned>,
        /// Issues by the certificate in a Secret.
        ca: Option<CaIssuer>,
    }

    /// Issues certificates that are their own issuers.
    SelfSigned {}

    /// Issues by the certificate in a Secret.
    CaIssuer {
        /// The Secret.
        secret_name: String,
    }
}

impl Kind for Certificate {
    const API_VERSION: &'static str = "cert-manager.io/v1";
    const KIND: &'static str = "Certificate";
}

impl Kind for Issuer {
    const API_VERSION: &'static str = "cert-manager.io/v1";
    const KIND: &'static str = "Issuer";
}

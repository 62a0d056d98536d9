//! PostgreSQL that speaks TLS alone, as an operator such as CloudNativePG sets it up.

use std::{net::IpAddr, process::Command, time::Duration};

use http::Method;
use rating_service::{Db, OpenError, router};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use test_support::Postgres;

use crate::support::{config, request, send};

/// An authority that no system knows, and a certificate of it for `name`, with its key.
fn certificate(name: &str) -> (String, String, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    (authority.pem(), certificate.pem(), key.serialize_pem())
}

async fn open(url: &str) -> Result<Db, OpenError> {
    let mut config = config(url.to_owned());
    // A certificate that is refused now may be a good one soon: it is tried again until this time is over.
    config.database_connect_timeout = Duration::from_secs(2);
    Db::open(&config).await
}

#[tokio::test]
async fn a_session_is_encrypted_and_its_server_verified_as_the_url_or_the_environment_says() {
    let address = IpAddr::from([127, 0, 0, 1]).to_string();
    let (authority, certificate, key) = certificate(&address);
    let server = Postgres::start_with_tls(&certificate, &key).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let (known, foreign) = (file("ca.crt", &authority), file("foreign.crt", &self::certificate("x").0));
    let url = server.url("postgres");

    for parameters in
        [String::new(), "?sslmode=require".to_owned(), format!("?sslmode=verify-full&sslrootcert={known}")]
    {
        let db = open(&format!("{url}{parameters}")).await.unwrap_or_else(|error| {
            panic!("{parameters}: {}", uptake::telemetry::causes(&error));
        });
        let users = send(router(db.clone()), request(Method::GET, "/users", None)).await;
        assert_eq!(users.status, 200, "{parameters}");
        db.close().await;
    }
    let renamed = url.replace(&address, "localhost");
    let (right, wrong) = (
        format!("?sslmode=verify-full&sslrootcert={known}"),
        format!("?sslmode=verify-full&sslrootcert={foreign}"),
    );
    for (url, parameters, why) in [
        (&url, "?sslmode=verify-full", "certificate"),
        (&url, &wrong, "certificate"),
        (&renamed, &right, "certificate"),
        (&url, "?sslmode=disable", "no encryption"),
    ] {
        let error = open(&format!("{url}{parameters}")).await.unwrap_err();
        let text = uptake::telemetry::causes(&error);
        assert!(matches!(error, OpenError::Open { .. }) && text.contains(why), "{parameters}: {text}");
    }
    // As a cluster says it, for its URL does not.
    for (authority, opens) in [(&known, true), (&foreign, false)] {
        let output = Command::new(env!("CARGO_BIN_EXE_rating-service"))
            .args(["--migrations=only", "--database-connect-timeout=2"])
            .envs([("DATABASE_URL", &url), ("PGSSLROOTCERT", authority)])
            .env("PGSSLMODE", "verify-full")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), opens, "{text}");
        assert!(opens || text.contains("certificate"), "{text}");
    }
    // Whose name does not matter to the client.
    let parameters = format!("?sslmode=verify-ca&sslrootcert={known}");
    open(&format!("{renamed}{parameters}")).await.unwrap().close().await;
}

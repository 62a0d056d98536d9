use std::fs;

use clap::Parser as _;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use test_support::{
    Issuer,
    issuer::{in_seconds, jwks},
};

use super::*;

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    auth: AuthConfig,
}

/// Settings with a file of keys, and what else is given.
fn settings(keys: &[&Issuer], others: &[&str]) -> (TempDir, AuthConfig) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    fs::write(&file, jwks(keys)).unwrap();
    let arguments = [&["proxy", "--auth-jwks", file.to_str().unwrap()], others].concat();
    (folder, Settings::parse_from(arguments).auth)
}

fn fields(values: &[&str]) -> HeaderMap {
    let values = values
        .iter()
        .map(|value| (header::AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap()));
    let mut fields = HeaderMap::new();
    for (name, value) in values {
        fields.append(name, value);
    }
    fields
}

async fn outcome(auth: &Auth, values: &[&str], path: &str) -> Result<Option<String>, Fault> {
    let identified = auth.identify(&fields(values), path).await.map_err(|failure| failure.fault)?;
    Ok(identified.map(|identity| identity.subject().to_owned()))
}

#[tokio::test]
async fn a_token_is_verified_wherever_it_is_sent_and_needed_only_where_it_is_required() {
    let (ada, stranger) = (Issuer::new("k1"), Issuer::new("k1"));
    let (_folder, config) =
        settings(&[&ada], &["--auth-required", "/admin", "--auth-optional", "/admin/login"]);
    let auth = Auth::start(&config).await.unwrap().unwrap();
    let good = format!("Bearer {}", ada.token_of("ada"));
    let bad = format!("Bearer {}", stranger.token_of("ada"));
    for path in ["/", "/admin", "/admin/login"] {
        assert_eq!(outcome(&auth, &[&good], path).await, Ok(Some("ada".to_owned())), "{path}");
        assert_eq!(outcome(&auth, &[&bad], path).await, Err(Fault::InvalidToken), "{path}");
    }
    assert_eq!(outcome(&auth, &[], "/admin/x").await, Err(Fault::Unauthenticated));
    assert_eq!(outcome(&auth, &["Basic YTpi"], "/admin/x").await, Err(Fault::Unauthenticated));
    for path in ["/", "/admin/login"] {
        assert_eq!(outcome(&auth, &[], path).await, Ok(None), "{path}");
        assert_eq!(outcome(&auth, &["Basic YTpi"], path).await, Ok(None), "{path}");
    }
}

#[tokio::test]
async fn there_is_one_authorization_and_its_scheme_is_read_as_rfc_9110_has_it() {
    let ada = Issuer::new("k1");
    let (_folder, config) = settings(&[&ada], &[]);
    let auth = Auth::start(&config).await.unwrap().unwrap();
    let token = ada.token_of("ada");
    for scheme in ["Bearer ", "bearer ", "BEARER  ", "Bearer\t"] {
        assert_eq!(
            outcome(&auth, &[&format!("{scheme}{token}")], "/").await,
            Ok(Some("ada".to_owned())),
            "{scheme:?}"
        );
    }
    let good = format!("Bearer {token}");
    for values in [
        &[good.as_str(), good.as_str()][..],
        &[&good, "Basic YTpi"],
        &["Basic YTpi", &good],
        &["Basic YTpi", "Basic YTpi"],
        &["Bearer"],
        &["Bearer "],
        &["Bearer,"],
        &["Bearer \u{fc}"],
        &[&format!("{good}, {good}")],
        &[&format!("Bearer {token} {token}")],
        &[&format!("{good},")],
    ] {
        assert_eq!(outcome(&auth, values, "/").await, Err(Fault::InvalidToken), "{values:?}");
    }
    for other in ["Basic YTpi", "Bearers x", "", "DPoP x"] {
        assert_eq!(outcome(&auth, &[other], "/").await, Ok(None), "{other:?}");
    }
}

#[tokio::test]
async fn what_no_message_can_carry_is_told_apart_from_what_is_not_valid() {
    let ada = Issuer::new("k1");
    let (_folder, config) = settings(&[&ada], &[]);
    let auth = Auth::start(&config).await.unwrap().unwrap();
    for octets in [9_000, 20_000] {
        let large = ada.token(&json!({"sub": "ada", "exp": in_seconds(9), "x": "x".repeat(octets)}));
        assert_eq!(outcome(&auth, &[&format!("Bearer {large}")], "/").await, Err(Fault::FieldsTooLarge));
    }
    let expired = ada.token(&json!({"sub": "ada", "exp": in_seconds(-31)}));
    assert_eq!(outcome(&auth, &[&format!("Bearer {expired}")], "/").await, Err(Fault::InvalidToken));
    assert_eq!(Fault::InvalidToken.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_file_that_changes_is_read_again_and_one_that_breaks_is_not_believed() {
    let (old, new) = (Issuer::new("k1"), Issuer::new("k2"));
    let (folder, config) = settings(&[&old], &[]);
    let auth = Auth::start(&config).await.unwrap().unwrap();
    let (old_token, new_token) =
        (format!("Bearer {}", old.token_of("ada")), format!("Bearer {}", new.token_of("ada")));
    assert_eq!(outcome(&auth, &[&new_token], "/").await, Err(Fault::InvalidToken));
    let file = folder.path().join("jwks.json");
    fs::write(&file, jwks(&[&old, &new])).unwrap();
    let soon = Duration::from_secs(20);
    let known = test_support::eventually(soon, async || outcome(&auth, &[&new_token], "/").await.is_ok());
    assert!(known.await, "the new key is not seen");
    fs::write(&file, "{").unwrap();
    let broken = async || auth.0.keys.look_again().await;
    assert!(test_support::eventually(soon, broken).await);
    assert_eq!(outcome(&auth, &[&old_token], "/").await, Ok(Some("ada".to_owned())));
    fs::write(&file, jwks(&[&new])).unwrap();
    let gone = test_support::eventually(soon, async || outcome(&auth, &[&old_token], "/").await.is_err());
    assert!(gone.await, "the old key is still believed");
}

#[tokio::test]
async fn settings_that_cannot_hold_are_refused_with_their_reason() {
    let refused = |arguments: &[&str]| match Settings::try_parse_from([&["proxy"], arguments].concat()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    for alone in [
        "--auth-issuer=x",
        "--auth-audience=x",
        "--auth-leeway=1",
        "--auth-algorithms=RS256",
        "--auth-required=/",
    ] {
        assert!(refused(&[alone]).contains("--auth-jwks"), "{alone}");
    }
    for (wrong, reason) in [
        ("--auth-algorithms=none", "RS256"),
        ("--auth-algorithms=RS256,HS256", "needs a secret"),
        ("--auth-required=admin", "no path prefix"),
        ("--auth-required=/%61dmin", "without %"),
        ("--auth-optional=/a/../b", "without %"),
        ("--auth-leeway=601", "601"),
        ("--auth-issuer=", "a value is required"),
        ("--auth-audience=a,", "a value is required"),
        ("--auth-required=", "no path prefix"),
    ] {
        assert!(refused(&["--auth-jwks=x", wrong]).contains(reason), "{wrong}: {}", refused(&[wrong]));
    }
    let ada = Issuer::new("k1");
    let start = async |folder: &str, others: &[&str]| {
        let (_folder, mut config) = settings(&[&ada], others);
        if !folder.is_empty() {
            config.auth_jwks = Some(folder.to_owned());
        }
        format!("{:#}", Auth::start(&config).await.unwrap_err())
    };
    assert!(start("", &["--auth-required=/", "--auth-optional=/x,/"]).await.contains("both name /"));
    for (jwks, reason) in [
        ("/nowhere/jwks.json", "No such file"),
        ("/dev/null", "no JSON"),
        ("/dev/zero", "octets"),
        ("ftp://x/y", "No such file"),
        ("https://u:p@id.example/", "without user"),
        ("http://", "--auth-jwks"),
    ] {
        let error = start(jwks, &[]).await;
        assert!(error.contains(reason) && error.contains(jwks), "{error}");
    }
    let (folder, config) = settings(&[], &[]);
    let error = format!("{:#}", Auth::start(&config).await.unwrap_err());
    assert!(error.contains("holds no public key"), "{error}");
    drop(folder);
}

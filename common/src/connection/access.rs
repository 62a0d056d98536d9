//! As whom one connects to NATS, and to whom: user, password and certificates.

use std::{
    io,
    path::{Path, PathBuf},
};

use async_nats::{Auth, AuthError, ConnectErrorKind, ConnectOptions};

use super::ConnectError;
use crate::{config::NatsConfig, wire::inbox_prefix};

/// What begins a certificate (RFC 7468).
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// How to sign in, and whether by TLS.
///
/// # Errors
/// When a file that is named cannot be read, or holds nothing.
pub(super) async fn options(config: &NatsConfig) -> Result<ConnectOptions, ConnectError> {
    let options = match (&config.nats_creds, &config.nats_user, &config.nats_password_file) {
        (None, None, None) => ConnectOptions::new(),
        (Some(path), None, None) => ConnectOptions::with_credentials_file(path)
            .await
            .map_err(|source| ConnectError::Credentials { path: path.display().to_string(), source })?,
        (None, Some(user), Some(path)) => as_user(user, path)?,
        _ => return Err(ConnectError::HalfUser),
    };
    let is_tls = config.address().split(',').any(|url| url.trim().starts_with("tls://"));
    // Not by the address alone: servers of a cluster that one hears of from another come without a scheme.
    let options = options.require_tls(is_tls || config.nats_ca_file.is_some());
    let Some(path) = &config.nats_ca_file else { return Ok(options) };
    match text_of(path) {
        Ok(text) if text.contains(CERTIFICATE) => Ok(options.add_root_certificates(path.clone())),
        Ok(_) => Err(io::Error::other("it holds no certificate in PEM form")),
        Err(error) => Err(error),
    }
    .map_err(|source| ConnectError::RootCertificates { path: path.display().to_string(), source })
}

/// The password is read at each connect, so that a rotated one holds from the next on. Nobody else can hear what is
/// answered below an inbox prefix of one's own, where the server's permissions say so.
fn as_user(user: &str, path: &Path) -> Result<ConnectOptions, ConnectError> {
    // A wrong path is told at the start, by its name.
    password(path).map_err(|source| ConnectError::Password {
        user: user.to_owned(),
        path: path.display().to_string(),
        source,
    })?;
    let (name, path) = (user.to_owned(), PathBuf::from(path));
    let options = ConnectOptions::with_auth_callback(move |_nonce| {
        let (name, password) = (name.clone(), password(&path));
        async move {
            let mut auth = Auth::new();
            auth.password = Some(password.map_err(AuthError::new)?);
            auth.username = Some(name);
            Ok(auth)
        }
    });
    Ok(options.custom_inbox_prefix(inbox_prefix(user)))
}

/// What a file with a password holds, without the line end that editors leave.
fn password(path: &Path) -> io::Result<String> {
    let text = text_of(path)?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() { Err(io::Error::other("it is empty")) } else { Ok(password.to_owned()) }
}

fn text_of(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// Why there is no connection, in words that name the setting that may be wrong.
pub(super) fn refusal(
    config: &NatsConfig,
    address: String,
    source: async_nats::ConnectError,
) -> ConnectError {
    let who = match (&config.nats_user, &config.nats_creds) {
        (Some(user), _) => format!("the user {user}; is the password in --nats-password-file right?"),
        (None, Some(_)) => "these credentials; are those of --nats-creds right?".to_owned(),
        (None, None) => "a client without a user; set --nats-user and --nats-password-file".to_owned(),
    };
    match source.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            ConnectError::Denied { address, who, source }
        }
        _ => ConnectError::Refused { address, source },
    }
}

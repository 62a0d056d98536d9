//! Where a JWKS comes from: a file, or an HTTP server.

use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;
use http::{StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::timeout;

/// Largest document, in octets.
const MAX_DOCUMENT_OCTETS: usize = 256 * 1024;
/// How long a server may take, from the connection to the last octet.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// A place to read a JWKS from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Url { client: Box<HttpClient>, url: Uri },
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    #[error("it has more than {MAX_DOCUMENT_OCTETS} octets")]
    TooLarge,
    #[error("the server cannot be reached")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("the server answers {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("the answer breaks off")]
    Body(#[source] uptake::BoxError),
    #[error("the server takes longer than {FETCH_TIMEOUT:?}")]
    Late,
}

impl Source {
    /// Reads a setting: what begins with http:// or https:// is a URL, all else a file.
    ///
    /// # Errors
    /// When the URL is none, or the system has no certificates to trust.
    pub(crate) fn new(text: &str) -> anyhow::Result<Self> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if !scheme.is_some_and(|scheme| scheme == "http" || scheme == "https") {
            return Ok(Self::File(text.into()));
        }
        let url: Uri = text.parse()?;
        anyhow::ensure!(
            url.authority().is_some_and(|authority| !authority.as_str().contains('@')),
            "write the URL without user and password"
        );
        // The authorities that this system trusts; SSL_CERT_FILE names others.
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        let connector = connector.https_or_http().enable_http1().build();
        // Asked once in minutes: a connection that is kept would only be stale.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self::Url { client: Box::new(client), url })
    }

    /// Reads the document.
    ///
    /// # Errors
    /// When it cannot be read, or not in time, or is too large.
    pub(crate) async fn read(&self) -> Result<Bytes, SourceError> {
        match self {
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || read_file(&path)).await.map_err(io::Error::other)?
            }
            Self::Url { client, url } => {
                timeout(FETCH_TIMEOUT, fetch(client, url)).await.unwrap_or(Err(SourceError::Late))
            }
        }
    }
}

fn read_file(path: &PathBuf) -> Result<Bytes, SourceError> {
    let mut document = Vec::new();
    File::open(path)?.take(MAX_DOCUMENT_OCTETS as u64 + 1).read_to_end(&mut document)?;
    if document.len() > MAX_DOCUMENT_OCTETS { Err(SourceError::TooLarge) } else { Ok(document.into()) }
}

async fn fetch(client: &HttpClient, url: &Uri) -> Result<Bytes, SourceError> {
    let mut request = http::Request::new(Empty::new());
    *request.uri_mut() = url.clone();
    let accept = http::HeaderValue::from_static("application/jwk-set+json, application/json");
    request.headers_mut().insert(header::ACCEPT, accept);
    let response = client.request(request).await?;
    if response.status() != StatusCode::OK {
        return Err(SourceError::Status(response.status()));
    }
    let body = Limited::new(response.into_body(), MAX_DOCUMENT_OCTETS).collect().await;
    body.map(|body| body.to_bytes()).map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            SourceError::TooLarge
        } else {
            SourceError::Body(error)
        }
    })
}

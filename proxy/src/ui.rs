//! The page: a folder of files that the proxy serves itself, such as a web frontend as its build has left it.
//!
//! All of it is read at the start and kept in memory. So no request reaches the file system, whatever its path is; no
//! disk is slow in the midst of requests; and what one proxy serves is of one release, until it is started again.

mod answer;
mod coding;
mod files;
mod index;
mod media;

use std::{collections::HashMap, path::Path, sync::Arc};

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use uptake::Fault;

use self::files::File;
use crate::{
    config::{RoutingConfig, UiConfig},
    error::Refusal,
    route::{covers, strip},
};

/// What all paths begin from, and what is shown at the paths that the page has for its own views.
const INDEX: &str = "index.html";
/// Below this, each name has a hash of what is in the file.
const ASSETS: &str = "assets/";

const ALLOW: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// What browsers are told of everything here (<https://www.w3.org/TR/CSP3/>): the page runs its own scripts alone, speaks
/// to its own origin alone, is framed by nobody and makes no script of text.
pub(crate) const SECURITY: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             font-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), \
             geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
             publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
        ),
    ),
];

/// The files of the page. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Ui {
    /// Without the slash at its end: empty if the page is at the root.
    path: Arc<str>,
    /// By name as it is in a path: `assets/main-4f2a.js`.
    files: Arc<HashMap<String, File>>,
}

impl Ui {
    /// Reads the files, if a folder is set.
    ///
    /// # Errors
    /// When the folder cannot be read, is too large or is no page, or its path belongs to others.
    pub(crate) fn read(config: &UiConfig, routing: &RoutingConfig) -> anyhow::Result<Option<Self>> {
        let Some(folder) = &config.ui_dir else { return Ok(None) };
        let path = config.path_beside(&routing.strip_prefix)?;
        Self::of(folder, "--ui-dir (PROXY_UI_DIR)", path, &routing.strip_prefix).map(Some)
    }

    /// Reads the files of a folder, which is named by a setting. The page is told its path, and the one of what it asks for.
    ///
    /// # Errors
    /// When the folder cannot be read, is too large or is no page.
    pub(crate) fn of(folder: &Path, setting: &str, path: &str, api: &str) -> anyhow::Result<Self> {
        let files = files::read(folder, |index| index::written(index, path, api))
            .with_context(|| format!("{setting}: {}", folder.display()))?;
        tracing::info!(files = files.len(), path = format!("{path}/"), folder = %folder.display(), "serving the page");
        Ok(Self { path: path.into(), files: Arc::new(files) })
    }

    /// What follows the path of the page, if it is the page that answers there. Its path and the prefix of the services may
    /// lie within each other: then the longer one counts.
    pub(crate) fn owns<'a>(&self, path: &'a str, services: &str) -> Option<&'a str> {
        let below = strip(path, &self.path)?;
        (services.len() < self.path.len() || !covers(services, path)).then_some(below)
    }

    /// The route that stands for all its paths.
    pub(crate) fn template(&self) -> String {
        format!("{}/*", self.path)
    }

    /// What is at a path, which is without that of the page itself.
    ///
    /// # Errors
    /// When nothing is there, or the method is not for reading.
    pub(crate) fn find(
        &self,
        method: &Method,
        path: &str,
        fields: &HeaderMap,
    ) -> Result<Response<Bytes>, Refusal> {
        let refuse = |fault: Fault| {
            SECURITY
                .into_iter()
                .fold(Refusal::from(fault), |refusal, (name, value)| refusal.with(name, value))
        };
        if ![Method::GET, Method::HEAD].contains(method) {
            return Err(refuse(Fault::MethodNotAllowed).with(header::ALLOW, ALLOW));
        }
        let name = path.strip_prefix('/').unwrap_or(path);
        let file = self.files.get(name).or_else(|| self.files.get(INDEX).filter(|_| is_view(name)));
        Ok(file.ok_or_else(|| refuse(Fault::NoRoute))?.answer(fields))
    }
}

/// Whether a name may be that of a view, which the page itself knows. A file that is missing must not look like a page:
/// a script that is none would only be found out by its reader.
fn is_view(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    !name.starts_with(ASSETS) && !last.contains('.')
}

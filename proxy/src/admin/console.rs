//! The console: a page for operators, and what it asks for. Nothing of it is there unless it is configured.
//!
//! Its files are public, for they are the same for everybody; all that they ask for is for who has signed in with the token.
//! Programs show the same token with each request, outside of the console.

mod attempts;
pub(crate) mod config;
mod history;
mod latest;
mod problem;
mod session;
mod sign_in;
#[cfg(test)]
mod tests;
mod watch;

use std::{convert::Infallible, error::Error, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Response, header, request::Parts};
use jiff::Timestamp;
use uptake::{Fault, job::Operator};

use self::{attempts::Attempts, config::ConsoleConfig, session::Sessions, watch::Watch};
use super::{guard, method_refused, operations};
use crate::{
    answer::Body,
    route::strip,
    ui::{SECURITY, Ui},
};

/// Where it is.
pub(super) const PATH: &str = "/console";
/// Below that: where the page finds what it asks for.
const API: &str = "/api";
/// How pictures of the platform are asked for.
const READ_METHODS: &str = "GET, HEAD";

/// The body of a request here: hyper's, or a test's.
pub(super) trait RequestBody:
    http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send
{
}

impl<B: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send> RequestBody for B {}

/// The console of this process. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    page: Ui,
    sessions: Arc<Sessions>,
    attempts: Arc<Attempts>,
    watch: Arc<Watch>,
}

/// What somebody who is signed in asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Overview,
    History,
    Operation(operations::Resource),
}

impl Console {
    /// Reads page and token, if there is to be a console.
    ///
    /// # Errors
    /// When the folder is no page, or the file holds no token.
    pub(crate) fn start(config: &ConsoleConfig) -> anyhow::Result<Option<Self>> {
        let Some((folder, token)) = config.folder_and_token()? else { return Ok(None) };
        let page = Ui::of(folder, "--console-dir (PROXY_CONSOLE_DIR)", PATH, &format!("{PATH}{API}"))?;
        let sessions = Arc::new(Sessions::new(&token));
        Ok(Some(Self { page, sessions, attempts: Arc::default(), watch: Arc::default() }))
    }

    /// Remembers what the platform looks like, for as long as the process lives.
    pub(super) async fn keep_history(&self, operator: &Operator) -> Infallible {
        self.watch.keep_history(operator).await
    }

    /// Answers what is asked at or below [`PATH`].
    pub(super) async fn answer(
        &self,
        operator: &Operator,
        parts: &Parts,
        body: impl RequestBody,
    ) -> Response<Body> {
        let path = strip(parts.uri.path(), PATH).unwrap_or_default();
        let Some(path) = strip(path, API) else { return self.file(parts, path) };
        let mut response = match self.admit(parts, path, body).await {
            Ok(Asked::Overview) => self.watch.overview(operator).await,
            Ok(Asked::History) => self.watch.history(),
            Ok(Asked::Operation(resource)) => {
                operations::answer(operator, resource, parts, guard::console).await
            }
            Err(response) => response,
        };
        response.headers_mut().extend(SECURITY);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// The answer to a program, unless it shows the token.
    pub(super) fn program_refused(&self, parts: &Parts) -> Option<Response<Body>> {
        sign_in::refused(&self.sessions, &self.attempts, parts)
    }

    /// A file of the page.
    fn file(&self, parts: &Parts, path: &str) -> Response<Body> {
        match self.page.find(&parts.method, path, &parts.headers) {
            Ok(found) => found.map(Body::from),
            Err(refusal) => refusal.plain(),
        }
    }

    /// What is asked for, by whom may ask; or the answer.
    async fn admit(
        &self,
        parts: &Parts,
        path: &str,
        body: impl RequestBody,
    ) -> Result<Asked, Response<Body>> {
        // Before all else: no page of another origin has wrong tokens counted, or ends a session.
        guard::own_origin(&parts.headers, guard::reads(&parts.method))
            .map_err(|problem| problem.into_response().map(Body::Whole))?;
        if path == "/session" {
            return Err(match method_refused(parts, sign_in::METHODS) {
                Some(refused) => refused,
                None => sign_in::respond(&self.sessions, &self.attempts, parts, body).await,
            });
        }
        if self.sessions.expiry(&parts.headers, Timestamp::now()).is_none() {
            return Err(problem::sign_in_needed());
        }
        let asked = match path {
            "/overview" => Asked::Overview,
            "/history" => Asked::History,
            _ => match operations::Resource::at(path) {
                Some(resource) => return Ok(Asked::Operation(resource)),
                None => return Err(Fault::NoRoute.problem().into_response().map(Body::Whole)),
            },
        };
        method_refused(parts, READ_METHODS).map_or(Ok(asked), Err)
    }
}

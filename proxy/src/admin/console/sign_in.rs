//! `/console/api/session`: sign in, sign out, and whether one is. And the token of programs.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use uptake::Fault;

use super::{
    RequestBody,
    attempts::{Attempt, Attempts},
    problem,
    session::{Sessions, no_cookie},
};
use crate::{admin::answer, answer::Body, auth::bearer, connection::Connection};

/// Octets of a sign-in: a token, each of its characters escaped.
const MAX_OCTETS: usize = 4_096;
/// How long they may take to arrive.
const MAX_TIME: Duration = Duration::from_secs(5);

/// How it is asked for.
pub(super) const METHODS: &str = "GET, HEAD, POST, DELETE";

/// What is sent to sign in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    token: String,
}

/// Answers with one of [`METHODS`].
pub(super) async fn respond(
    sessions: &Sessions,
    attempts: &Attempts,
    parts: &Parts,
    body: impl RequestBody,
) -> Response<Body> {
    match parts.method {
        Method::POST => match read(&parts.headers, body).await {
            Ok(token) => sign_in(sessions, attempts, parts, &token),
            Err(refused) => refused,
        },
        // Whose session has ended signs out, too.
        Method::DELETE => done(no_cookie(is_over_https(&parts.headers))),
        _ => match sessions.expiry(&parts.headers, Timestamp::now()) {
            Some(expiry) => answer(StatusCode::OK, &json!({"signedIn": true, "expires": expiry})),
            None => problem::sign_in_needed(),
        },
    }
}

/// The answer to a program, unless it shows the token (RFC 6750 §2.1): in each request, and without a session.
pub(super) fn refused(sessions: &Sessions, attempts: &Attempts, parts: &Parts) -> Option<Response<Body>> {
    let Some(token) = bearer(&parts.headers).ok().flatten() else { return Some(problem::token_needed()) };
    match attempt(sessions, attempts, parts, token) {
        Attempt::Right => None,
        Attempt::Wrong => Some(problem::wrong_token(problem::BEARER)),
        Attempt::TooMany(rest) => Some(problem::too_many_wrong_tokens(rest)),
    }
}

fn sign_in(sessions: &Sessions, attempts: &Attempts, parts: &Parts, token: &str) -> Response<Body> {
    match attempt(sessions, attempts, parts, token) {
        Attempt::Right => {
            tracing::info!(from = from(parts), "somebody signs in at the console");
            done(sessions.cookie(Timestamp::now(), is_over_https(&parts.headers)))
        }
        Attempt::Wrong => problem::wrong_token(problem::COOKIE),
        Attempt::TooMany(rest) => problem::too_many_wrong_tokens(rest),
    }
}

/// Looks at a token, unless its sender had too many wrong ones.
fn attempt(sessions: &Sessions, attempts: &Attempts, parts: &Parts, token: &str) -> Attempt {
    let sender = parts.extensions.get::<Connection>().map(Connection::peer);
    let attempt = attempts.attempt(sender, || sessions.is_token(token));
    if attempt == Attempt::Wrong {
        tracing::warn!(from = from(parts), "a wrong token at the console");
    }
    attempt
}

/// Who sent a request, for the log.
fn from(parts: &Parts) -> String {
    let sender = parts.extensions.get::<Connection>().map(Connection::peer);
    sender.map_or_else(|| "?".to_owned(), |sender: IpAddr| sender.to_string())
}

async fn read(fields: &HeaderMap, body: impl RequestBody) -> Result<String, Response<Body>> {
    if !is_json(fields) {
        // What forms of other pages can send is not even counted.
        return Err(problem::not_json());
    }
    let refused = |fault: Fault| fault.problem().into_response().map(Body::Whole);
    let read = timeout(MAX_TIME, Limited::new(body, MAX_OCTETS).collect()).await;
    let octets: Bytes = match read {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(refused(Fault::BodyTooLarge)),
        Ok(Err(_)) => return Err(refused(Fault::BodyIncomplete)),
        Err(_) => return Err(refused(Fault::BodyTimeout)),
    };
    let read = serde_json::from_slice::<SignIn>(&octets);
    read.map(|sign_in| sign_in.token).map_err(|_| problem::bad_sign_in())
}

fn is_json(fields: &HeaderMap) -> bool {
    let media_type = fields.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Whether who ends TLS in front of this listener says that the browser speaks it. Anybody may say so: it only keeps their
/// own cookie from being sent in the clear.
fn is_over_https(fields: &HeaderMap) -> bool {
    let scheme = fields.get(HeaderName::from_static("x-forwarded-proto"));
    scheme.is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

fn done(cookie: Option<HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    // Digits and Base64: always a field value.
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

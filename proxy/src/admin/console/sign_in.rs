//! `/console/api/session`: sign in, sign out, and whether one is.

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
use crate::{admin::answer, answer::Body, connection::Connection};

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

fn sign_in(sessions: &Sessions, attempts: &Attempts, parts: &Parts, token: &str) -> Response<Body> {
    let from = parts.extensions.get::<Connection>().map(Connection::peer);
    let shown = from.map_or_else(|| "?".to_owned(), |from: IpAddr| from.to_string());
    match attempts.attempt(from, || sessions.is_token(token)) {
        Attempt::Right => {
            tracing::info!(from = shown, "somebody signs in at the console");
            done(sessions.cookie(Timestamp::now(), is_over_https(&parts.headers)))
        }
        Attempt::Wrong => {
            tracing::warn!(from = shown, "a wrong token at the console");
            problem::wrong_token()
        }
        Attempt::TooMany(rest) => problem::too_many_wrong_tokens(rest),
    }
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

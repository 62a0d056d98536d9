//! What a browser is told when the console refuses something. docs/operations.md has the list.

use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};
use uptake::problem::Problem;

use crate::answer::Body;

/// What a 401 has to ask for (RFC 9110 §15.5.2). No browser knows it, so none opens a window of its own.
pub(super) const COOKIE: HeaderValue = HeaderValue::from_static("Cookie realm=\"uptake-console\"");
/// What a 401 asks programs for (RFC 6750 §3).
pub(super) const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"uptake-console\"");

/// A request without a session.
pub(super) fn sign_in_needed() -> Response<Body> {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "sign-in-needed", "Nobody is signed in")
        .detail("Sign in: the session has ended, or there was none.");
    with(problem, header::WWW_AUTHENTICATE, COOKIE)
}

/// A request of a program without the token.
pub(super) fn token_needed() -> Response<Body> {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "token-needed", "The token is needed").detail(
        "Send the field Authorization: Bearer, with the content of the file that the proxy has as --console-token-file.",
    );
    with(problem, header::WWW_AUTHENTICATE, BEARER)
}

/// Another token, and how the right one is to be shown.
pub(super) fn wrong_token(challenge: HeaderValue) -> Response<Body> {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "wrong-token", "Wrong token")
        .detail("It is the content of the file that the proxy has as --console-token-file.");
    with(problem, header::WWW_AUTHENTICATE, challenge)
}

/// A sign-in after too many of them.
pub(super) fn too_many_wrong_tokens(rest: Duration) -> Response<Body> {
    let title = "Too many wrong tokens";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-wrong-tokens", title)
        .detail("No token from this address is looked at for a while. Who is signed in stays so.");
    // Whole seconds, never too few.
    let seconds = rest.as_secs() + u64::from(rest.subsec_nanos() > 0);
    with(problem, header::RETRY_AFTER, HeaderValue::from(seconds))
}

/// A sign-in that is not as it has to be.
pub(super) fn bad_sign_in() -> Response<Body> {
    let problem = Problem::new(StatusCode::BAD_REQUEST, "bad-sign-in", "Bad sign-in")
        .detail("Send {\"token\": \"…\"}, and nothing else.");
    problem.into_response().map(Body::Whole)
}

/// A sign-in in another form.
pub(super) fn not_json() -> Response<Body> {
    let title = "The body must be JSON";
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", title)
        .detail("Send it as application/json.");
    with(problem, header::ACCEPT, HeaderValue::from_static("application/json"))
}

fn with(problem: Problem, name: header::HeaderName, value: HeaderValue) -> Response<Body> {
    let mut response = problem.into_response().map(Body::Whole);
    response.headers_mut().insert(name, value);
    response
}

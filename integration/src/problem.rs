//! What an error answer of the platform must look like.

use test_support::RawResponse;

/// Asserts that a response is a problem (RFC 9457) of this status and type, made by the proxy: `Proxy-Status`
/// (RFC 9209) tells so, and names the request id that the client can quote.
///
/// # Panics
///
/// When it is not.
#[track_caller]
pub fn assert_problem(response: &RawResponse, status: u16, slug: &str) {
    let text = response.text();
    assert_eq!(response.status, status, "expected {slug}: {text}");
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{text}");
    let problem = response.json();
    assert_eq!(problem["type"], format!("urn:uptake:problem:{slug}"), "{text}");
    assert_eq!(problem["status"], status, "{text}");
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{text}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{text}");
    assert_eq!(problem["requestId"].as_str(), response.header("x-request-id"), "{text}");
    assert_fault(response, status, slug);
}

/// Asserts what is left of a problem without its body, as in the answer to a HEAD.
///
/// # Panics
///
/// When the fields do not tell of it.
#[track_caller]
pub fn assert_fault(response: &RawResponse, status: u16, slug: &str) {
    assert_eq!(response.status, status, "expected {slug}: {}", response.text());
    let proxy_status = response.header("proxy-status").unwrap_or_default();
    assert!(proxy_status.starts_with("uptake; error="), "Proxy-Status: {proxy_status:?}");
    assert!(proxy_status.contains(&format!("details=\"{slug}\"")), "Proxy-Status: {proxy_status:?}");
    assert!(response.header("x-request-id").is_some_and(|id| !id.is_empty()), "no request id");
}

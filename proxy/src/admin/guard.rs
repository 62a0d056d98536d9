//! Who may change something on the private listener: no web page of others, in the browser of somebody who reaches it.

use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use uptake::problem::Problem;

/// Must be there wherever something is changed: a browser adds it for no page of another origin without asking, and
/// nobody here answers such questions.
const ADMIN: HeaderName = HeaderName::from_static("uptake-admin");
/// Where a browser's request comes from (<https://www.w3.org/TR/fetch-metadata/>).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a method changes nothing.
pub(super) fn reads(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// Lets programs pass: a browser adds `Origin` to whatever is no GET or HEAD.
///
/// # Errors
/// When a web page may have sent this.
pub(super) fn program(fields: &HeaderMap) -> Result<(), Problem> {
    let passes = fields.contains_key(ADMIN) && !fields.contains_key(header::ORIGIN);
    let detail = "Send the field Uptake-Admin: 1, and no Origin, with all methods but GET and HEAD.";
    if passes { Ok(()) } else { Err(admin_field_required(detail)) }
}

/// Lets the console pass, and programs.
///
/// # Errors
/// When a page of another origin may have sent this.
pub(super) fn console(fields: &HeaderMap) -> Result<(), Problem> {
    if !fields.contains_key(ADMIN) {
        let detail = "Send the field Uptake-Admin: 1 with all methods but GET and HEAD.";
        return Err(admin_field_required(detail));
    }
    own_origin(fields, false)
}

/// Lets pass what no page of another origin has sent, as far as a browser tells. `reads`: it may have been typed.
///
/// # Errors
/// When a page of another origin has.
pub(super) fn own_origin(fields: &HeaderMap, reads: bool) -> Result<(), Problem> {
    let site = fields.get(SEC_FETCH_SITE).map(|site| site.as_bytes());
    let of_this_site = match site {
        None | Some(b"same-origin") => true,
        Some(b"none") => reads,
        // Also of the same site: whoever listens on another port of this host.
        Some(_) => false,
    };
    if of_this_site && is_of_this_host(fields) {
        return Ok(());
    }
    let title = "Not from a page of another origin";
    Err(Problem::new(StatusCode::FORBIDDEN, "foreign-origin", title)
        .detail("Only the console itself, at the same host and port, may ask for this from a browser."))
}

/// Whether `Origin`, if it is there, names the host that was asked (RFC 6454 §7). Not its scheme: who ends TLS in front of
/// this listener is not known here.
fn is_of_this_host(fields: &HeaderMap) -> bool {
    let mut origins = fields.get_all(header::ORIGIN).iter();
    match (origins.next().map(|origin| origin.to_str()), origins.next()) {
        (None, _) => true,
        (Some(Ok(origin)), None) => {
            let host = fields.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let of = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
            of.is_some_and(|of| !of.is_empty() && of.eq_ignore_ascii_case(host))
        }
        _ => false,
    }
}

fn admin_field_required(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "admin-field-required", "Not from a web page").detail(detail)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn slug(lets: fn(&HeaderMap) -> Result<(), Problem>, lines: &[&'static str]) -> Option<String> {
        let mut fields = HeaderMap::new();
        for line in ["host: localhost:8081"].iter().chain(lines) {
            let (name, value) = line.split_once(": ").unwrap();
            fields.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        lets(&fields).err().map(|problem| problem.slug().to_owned())
    }

    #[test]
    fn a_program_says_that_it_is_one() {
        assert_eq!(slug(program, &["uptake-admin: 1"]), None);
        for page in [&[][..], &["uptake-admin: 1", "origin: http://localhost:8081"], &["origin: null"]] {
            assert_eq!(slug(program, page).as_deref(), Some("admin-field-required"));
        }
    }

    #[test]
    fn the_console_comes_from_the_host_that_it_asks() {
        for own in [
            &[][..],
            &["origin: http://localhost:8081"],
            &["origin: https://LOCALHOST:8081", "sec-fetch-site: same-origin"],
        ] {
            assert_eq!(slug(console, &[&["uptake-admin: 1"], own].concat()), None, "{own:?}");
            assert_eq!(slug(console, own).as_deref(), Some("admin-field-required"), "{own:?}");
        }
        for foreign in [
            &["origin: http://localhost:8080"][..],
            &["origin: http://localhost"],
            &["origin: null"],
            &["origin: "],
            &["origin: localhost:8081"],
            &["origin: http://localhost:8081.evil.example"],
            &["origin: http://localhost:8081", "origin: http://evil.example"],
            &["sec-fetch-site: same-site"],
            &["sec-fetch-site: cross-site"],
            &["sec-fetch-site: none"],
            &["sec-fetch-site: Same-Origin"],
        ] {
            let foreign = [&["uptake-admin: 1"], foreign].concat();
            assert_eq!(slug(console, &foreign).as_deref(), Some("foreign-origin"), "{foreign:?}");
        }
        assert_eq!(slug(|fields| own_origin(fields, true), &["sec-fetch-site: none"]), None, "typed");
    }
}
